//! One JSON object per line: commands in, events out.

use std::io::{self, Write};

use gossamer_node::api::{ApiError, Command, ErrorCode, Event};

use crate::{
    face::Face,
    lines::{Line, MAX_LINE},
};

/// The face of a program rather than a person.
pub(crate) struct Json<W> {
    out: W,
}

impl<W: Write> Json<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out }
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.out.write_all(&line)?;
        self.out.flush()
    }
}

impl<W: Write> Face for Json<W> {
    fn read(&mut self, line: Line) -> io::Result<Vec<Command>> {
        match parse(&line) {
            Ok(command) => Ok(command.into_iter().collect()),
            Err(message) => {
                self.answer(Err(ApiError::new(ErrorCode::BadCommand, message)))?;
                Ok(Vec::new())
            }
        }
    }

    fn answer(&mut self, answer: Result<Event, ApiError>) -> io::Result<()> {
        let event =
            answer.unwrap_or_else(|ApiError { code, message }| Event::Error { code, message });
        self.write(&event)
    }

    fn event(&mut self, event: Event) -> io::Result<()> {
        self.write(&event)
    }
}

/// The command of a line; blank lines have none.
fn parse(line: &Line) -> Result<Option<Command>, String> {
    match line {
        Line::Text(text) if text.trim().is_empty() => Ok(None),
        Line::Text(text) => serde_json::from_str(text).map(Some).map_err(|error| {
            format!(
                "The line is not a command: {error}. Send one JSON object per line, such as \
                 {{\"cmd\":\"peers\"}}."
            )
        }),
        Line::TooLong => Err(format!(
            "The line is longer than {MAX_LINE} bytes and was not read. Send less at once."
        )),
        Line::NotText => Err("The line is not UTF-8 and was not read. Send UTF-8.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;

    fn read(line: Line) -> (Vec<Command>, String) {
        let mut json = Json::new(Vec::new());
        let commands = json.read(line).unwrap();
        (commands, String::from_utf8(json.out).unwrap())
    }

    fn text(text: &str) -> Line {
        Line::Text(text.to_owned())
    }

    #[test]
    fn a_command_is_passed_on_without_a_word() {
        let (commands, out) = read(text(r#"{"cmd":"send","to":"everyone","text":"hello"}"#));
        let expected = Command::Send {
            to: "everyone".to_owned(),
            text: "hello".to_owned(),
        };
        assert_eq!(commands, [expected]);
        assert_eq!(out, "");
    }

    #[test]
    fn what_is_not_a_command_is_answered_with_an_error_on_one_line() {
        for (line, part) in [
            (text("hello"), "not a command"),
            (text("[]"), "not a command"),
            (text(r#"{"cmd":"fly"}"#), "unknown variant `fly`"),
            (
                text(r#"{"cmd":"send","to":"everyone"}"#),
                "missing field `text`",
            ),
            (
                text(r#"{"cmd":"accept","transfer":7}"#),
                "expected a string",
            ),
            (Line::TooLong, "longer than"),
            (Line::NotText, "not UTF-8"),
        ] {
            let (commands, out) = read(line.clone());
            assert_eq!(commands, [], "{line:?}");
            assert_eq!(out.matches('\n').count(), 1, "{out}");
            let event: Value = serde_json::from_str(&out).unwrap();
            assert_eq!(event["event"], "error");
            assert_eq!(event["code"], "bad_command");
            assert!(event["message"].as_str().unwrap().contains(part), "{out}");
        }
    }

    #[test]
    fn blank_lines_mean_nothing() {
        assert_eq!(read(text("  ")), (Vec::new(), String::new()));
    }

    #[test]
    fn an_answer_and_a_refusal_are_events_alike() {
        let mut json = Json::new(Vec::new());
        json.answer(Ok(Event::Peers { peers: Vec::new() })).unwrap();
        json.answer(Err(ApiError::new(
            ErrorCode::UnknownTransfer,
            "No such transfer.",
        )))
        .unwrap();
        assert_eq!(
            String::from_utf8(json.out).unwrap(),
            "{\"event\":\"peers\",\"peers\":[]}\n\
             {\"event\":\"error\",\"code\":\"unknown_transfer\",\"message\":\"No such transfer.\"}\n"
        );
    }

    /// One of each.
    fn samples() -> Vec<Value> {
        vec![
            json!({"cmd": "send", "to": "everyone", "text": "hello"}),
            json!({"cmd": "send_file", "to": "everyone", "path": "/tmp/plan.txt"}),
            json!({"cmd": "peers"}),
            json!({"cmd": "add_contact", "peer": "1a"}),
            json!({"cmd": "remove_contact", "peer": "1a"}),
            json!({"cmd": "set_relay", "relay": "everyone"}),
            json!({"cmd": "connect", "addr": "10.0.0.7"}),
            json!({"cmd": "accept", "transfer": "1a"}),
            json!({"cmd": "decline", "transfer": "1a"}),
            json!({"cmd": "cancel", "transfer": "1a"}),
            json!({"cmd": "history", "conversation": "everyone"}),
            json!({"cmd": "mark_read", "conversation": "everyone", "message": "1a"}),
            json!({"cmd": "set_draft", "conversation": "everyone", "text": "half"}),
            json!({"cmd": "drafts"}),
            json!({"cmd": "retry", "message": "1a"}),
            json!({"cmd": "transfers"}),
            json!({"cmd": "clear_transfers"}),
            json!({"cmd": "quit"}),
        ]
    }

    /// The names of all commands, as the reader of them lists them.
    fn names() -> BTreeSet<String> {
        let error = serde_json::from_value::<Command>(json!({"cmd": "?"})).unwrap_err();
        let error = error.to_string();
        let (_, listed) = error.split_once("expected one of ").unwrap();
        listed
            .split(", ")
            .map(|name| name.trim_matches('`').to_owned())
            .collect()
    }

    #[test]
    fn what_a_command_does_not_know_is_refused_by_every_one() {
        let mut tried = BTreeSet::new();
        for sample in samples() {
            tried.insert(sample["cmd"].as_str().unwrap().to_owned());
            serde_json::from_value::<Command>(sample.clone()).unwrap();
            let mut more = sample.clone();
            more["until"] = json!(1);
            for text in [
                more.to_string(),
                format!(r#"{{"until":1,{}"#, &sample.to_string()[1..]),
            ] {
                let read = serde_json::from_str::<Command>(&text);
                let error = read.expect_err(&text).to_string();
                assert!(error.contains("unknown field `until`"), "{text}: {error}");
            }
        }
        assert_eq!(tried, names(), "one sample for each command");
    }
}
