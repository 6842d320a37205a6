//! What a person types.

use std::path::PathBuf;

use gossamer_node::RelayMode;

/// The meaning of a typed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Nothing was typed.
    Nothing,
    /// A text for everyone.
    Say(String),
    /// `/send PATH...`
    Send(Vec<PathBuf>),
    /// `/peers`
    Peers,
    /// `/files`
    Files,
    /// `/history`
    History,
    /// `/contact NAME`
    Contact(String),
    /// `/forget NAME`
    Forget(String),
    /// `/relay WHO`
    Relay(RelayMode),
    /// `/connect ADDR`
    Connect(String),
    /// `/accept [N]`
    Accept(Option<usize>),
    /// `/decline [N]`
    Decline(Option<usize>),
    /// `/cancel [N]`
    Cancel(Option<usize>),
    /// `/help`
    Help,
    /// `/quit`
    Quit,
    /// Something that cannot be done; says what instead.
    Wrong(String),
}

/// What `/help` says.
pub(crate) const HELP: &str = "\
Type a message and press Enter to send it to everyone. Or:
  /peers            who is around
  /send PATH...     send files to everyone; quote names with spaces
  /accept [N]       take offered file N, or the latest one
  /decline [N]      refuse it
  /cancel [N]       stop a file that is on its way
  /files            files offered, moving and done
  /history          the latest messages
  /contact NAME     prefer somebody; /peers shows contacts with a star
  /forget NAME      prefer them no more
  /relay WHO        pass files on for everyone, contacts or nobody
  /connect ADDR     reach a device by its address, such as 10.0.0.7:9999
  /quit             leave (also Ctrl-D)
Start a message with // to send one that begins with a slash.";

/// Reads a typed line.
pub(crate) fn parse(line: &str) -> Ask {
    let line = line.trim();
    if line.is_empty() {
        return Ask::Nothing;
    }
    let Some(command) = line.strip_prefix('/') else {
        return Ask::Say(line.to_owned());
    };
    if command.starts_with('/') {
        return Ask::Say(command.to_owned());
    }
    let (name, rest) = command
        .split_once(char::is_whitespace)
        .unwrap_or((command, ""));
    let rest = rest.trim();
    match (name, rest) {
        ("send", "") => Ask::Wrong("Which file? /send PATH".to_owned()),
        ("send", paths) => Ask::Send(words(paths).into_iter().map(home).collect()),
        ("peers", _) => Ask::Peers,
        ("files", _) => Ask::Files,
        ("history", _) => Ask::History,
        ("contact", "") => Ask::Wrong("Whom? /contact NAME, as /peers shows it.".to_owned()),
        ("forget", "") => Ask::Wrong("Whom? /forget NAME, as /peers shows it.".to_owned()),
        ("forget", name) => Ask::Forget(name.to_owned()),
        ("contact", name) => Ask::Contact(name.to_owned()),
        ("relay", "everyone") => Ask::Relay(RelayMode::Everyone),
        ("relay", "contacts") => Ask::Relay(RelayMode::Contacts),
        ("relay", "nobody") => Ask::Relay(RelayMode::Nobody),
        ("relay", _) => Ask::Wrong("For whom? /relay everyone, contacts or nobody.".to_owned()),
        ("connect", "") => Ask::Wrong("To which address? /connect 10.0.0.7:9999".to_owned()),
        ("connect", addr) => Ask::Connect(addr.to_owned()),
        ("accept", number) => numbered(number, Ask::Accept),
        ("decline", number) => numbered(number, Ask::Decline),
        ("cancel", number) => numbered(number, Ask::Cancel),
        ("help", _) => Ask::Help,
        ("quit", _) => Ask::Quit,
        _ => Ask::Wrong(format!("There is no /{name}. /help lists what there is.")),
    }
}

fn numbered(text: &str, ask: fn(Option<usize>) -> Ask) -> Ask {
    match text.parse() {
        _ if text.is_empty() => ask(None),
        Ok(number) => ask(Some(number)),
        Err(_) => {
            Ask::Wrong("Give the number in front of the file, as /files shows it.".to_owned())
        }
    }
}

/// Splits at white space outside quotes. A backslash keeps the next character, except on Windows,
/// where it separates folders.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            ('\\', None | Some('"')) if !cfg!(windows) => {
                word.get_or_insert_default()
                    .push(chars.next().unwrap_or('\\'));
            }
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// `~/` as a shell would read it.
fn home(word: String) -> PathBuf {
    match (word.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => word.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_for_everyone() {
        assert_eq!(
            parse("  hello there \n"),
            Ask::Say("hello there".to_owned())
        );
        assert_eq!(parse("//peers"), Ask::Say("/peers".to_owned()));
        assert_eq!(parse("   "), Ask::Nothing);
    }

    #[test]
    fn numbers_may_be_left_out_but_not_misspelt() {
        assert_eq!(parse("/accept"), Ask::Accept(None));
        assert_eq!(parse("/decline 2"), Ask::Decline(Some(2)));
        assert!(matches!(parse("/cancel two"), Ask::Wrong(_)));
    }

    #[test]
    fn what_is_missing_or_unknown_is_said() {
        for line in ["/send", "/connect", "/contact", "/forget", "/dance"] {
            assert!(matches!(parse(line), Ask::Wrong(_)), "{line}");
        }
    }

    #[test]
    fn quotes_keep_names_with_spaces_together() {
        assert_eq!(
            parse(r#"/send "a file.pdf" 'b "c".txt' d.txt"#),
            Ask::Send(vec![
                "a file.pdf".into(),
                r#"b "c".txt"#.into(),
                "d.txt".into()
            ])
        );
    }

    #[cfg(not(windows))]
    #[test]
    fn a_dropped_path_with_backslashes_is_understood() {
        assert_eq!(
            parse(r"/send a\ file.pdf"),
            Ask::Send(vec!["a file.pdf".into()])
        );
    }
}
