//! Lines of standard input, however long someone makes them.

use std::{
    io::{self, BufRead},
    thread,
};

use gossamer_node::api::DRAFT_MAX;
use tokio::sync::mpsc;

/// The longest line that is read, in bytes: the longest draft with every byte as `\u0000`, six
/// bytes each, and room for the command around it.
pub(crate) const MAX_LINE: usize = 6 * DRAFT_MAX + 4096;

/// One line of input without its line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// What it says.
    Text(String),
    /// It was longer than [`MAX_LINE`] and is gone.
    TooLong,
    /// It was not UTF-8 and is gone.
    NotText,
}

/// Reads standard input until it ends or nobody listens. Reading happens on a thread of its own,
/// because a read of a terminal or pipe cannot be interrupted when the program wants to end.
pub(crate) fn of_stdin() -> mpsc::Receiver<Line> {
    let (sender, receiver) = mpsc::channel(16);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Ok(Some(line)) = next(&mut input) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The next line, or `None` at the end. Holds no more than [`MAX_LINE`] bytes of it.
fn next(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut too_long = false;
    let mut started = false;
    loop {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if buffer.is_empty() && !started {
            return Ok(None);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = buffer
            .get(..end.unwrap_or(buffer.len()))
            .unwrap_or_default();
        if line.len() + part.len() > MAX_LINE {
            too_long = true;
            line = Vec::new();
        }
        if !too_long {
            line.extend_from_slice(part);
        }
        let ended = end.is_some() || buffer.is_empty();
        let used = part.len() + usize::from(end.is_some());
        started = true;
        input.consume(used);
        if ended {
            return Ok(Some(finish(line, too_long)));
        }
    }
}

fn finish(mut line: Vec<u8>, too_long: bool) -> Line {
    if too_long {
        return Line::TooLong;
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map_or(Line::NotText, Line::Text)
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use gossamer_node::api::Command;

    use super::*;

    fn all(input: &[u8]) -> Vec<Line> {
        // A tiny buffer makes every line arrive in parts.
        let mut input = BufReader::with_capacity(7, input);
        std::iter::from_fn(|| next(&mut input).unwrap()).collect()
    }

    fn text(text: &str) -> Line {
        Line::Text(text.to_owned())
    }

    #[test]
    fn lines_come_out_with_or_without_a_last_line_break() {
        assert_eq!(
            all(b"one\r\n\nthree"),
            [text("one"), text(""), text("three")]
        );
        assert_eq!(all(b"one\n"), [text("one")]);
        assert_eq!(all(b""), []);
    }

    #[test]
    fn a_line_of_the_limit_passes_and_one_more_byte_does_not() {
        let fits = "x".repeat(MAX_LINE);
        let input = format!("{fits}\n{fits}x\nnext\n");
        assert_eq!(
            all(input.as_bytes()),
            [text(&fits), Line::TooLong, text("next")]
        );
    }

    #[test]
    fn the_longest_text_passes_however_it_is_escaped() {
        let text = r"\u0078".repeat(DRAFT_MAX);
        let line = format!(r#"{{"cmd":"set_draft","conversation":"everyone","text":"{text}"}}"#);
        let read = all(format!("{line}\n").as_bytes());
        let [Line::Text(read)] = read.as_slice() else {
            panic!("it was not read");
        };
        assert_eq!(
            serde_json::from_str::<Command>(read).unwrap(),
            Command::SetDraft {
                conversation: "everyone".to_owned(),
                text: "x".repeat(DRAFT_MAX)
            }
        );
    }

    #[test]
    fn bytes_that_are_not_text_are_told_apart() {
        assert_eq!(all(b"\xff\xfe\nok\n"), [Line::NotText, text("ok")]);
    }
}
