//! Which links may leave the window, and what is asked before they do.

use gossamer_node::{
    api::{ApiError, ErrorCode},
    legible,
};
use tauri::Url;

use crate::question::Question;

/// The longest address that is opened, in bytes: the question shows all of it.
const LENGTH: usize = 2048;
/// What an address of mail may fill in. Some programs know more, such as which file to attach.
const MAIL_FIELDS: [&str; 5] = ["to", "cc", "bcc", "subject", "body"];

/// A link that leads to the web or to a mail program. Anything else in a message could start a
/// program or open a local file.
#[derive(Debug)]
pub(crate) struct Link(Url);

impl Link {
    /// Reads an address as it is in a message.
    ///
    /// # Errors
    /// When it is none, is too long to be shown, has what cannot be seen in it, or leads elsewhere.
    pub(crate) fn read(text: &str) -> Result<Self, ApiError> {
        let refused = |why: &str| Err(ApiError::new(ErrorCode::BadArgument, why));
        if text.len() > LENGTH {
            return refused("The link is too long to be opened. Copy the part of it you need.");
        }
        if text.chars().any(char::is_control) || legible::chars(text).any(|(_, tricks)| tricks) {
            return refused("The link has hidden characters in it, so it is not opened.");
        }
        let Ok(url) = Url::parse(text) else {
            return refused("This is not a complete link, so it cannot be opened.");
        };
        if url.as_str().len() > LENGTH {
            return refused("The link is too long to be opened. Copy the part of it you need.");
        }
        match url.scheme() {
            "http" | "https" => Ok(Self(url)),
            "mailto" if url.query_pairs().all(|(field, _)| is_mail_field(&field)) => Ok(Self(url)),
            "mailto" => refused("The link asks more of a mail program than to write a mail."),
            _ => refused("Only links to web pages and mail addresses are opened."),
        }
    }

    /// All of the address: in ASCII, so that letters of other scripts show as what they are.
    pub(crate) fn address(&self) -> &str {
        self.0.as_str()
    }

    /// What decides where it leads: the host, in punycode, or the address of mail.
    fn target(&self) -> &str {
        self.0.host_str().unwrap_or_else(|| self.0.path())
    }

    /// What is asked before it is opened.
    pub(crate) fn question(&self) -> Question {
        let mail = self.0.scheme() == "mailto";
        Question {
            title: if mail { "Write a mail?" } else { "Open link?" },
            text: format!(
                "{}\n\n{}\n\nIt opens outside Gossamer. Whoever sent it may be anyone.",
                self.target(),
                self.address()
            ),
            yes: if mail { "Write mail" } else { "Open link" },
        }
    }
}

fn is_mail_field(name: &str) -> bool {
    MAIL_FIELDS
        .iter()
        .any(|field| field.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_mail_are_allowed() {
        for url in [
            "https://example.org/a?b#c",
            "http://10.0.0.7:8080/",
            "https://www.example.org",
            "mailto:ana@example.org",
            "mailto:ana.b+list@mail.example.org",
            "mailto:ana@example.org?Subject=hello&body=ben",
        ] {
            assert!(Link::read(url).is_ok(), "{url}");
        }
    }

    fn assert_refused(url: &str) {
        let code = Link::read(url).map(|_| ()).unwrap_err().code;
        assert_eq!(code, ErrorCode::BadArgument, "{url}");
    }

    #[test]
    fn what_could_start_something_here_is_not() {
        for url in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,hello",
            "smb://10.0.0.7/share",
            "ms-settings:network",
            "tauri://localhost",
            "mailto:ben@example.org?attach=/etc/passwd",
            "mailto:ben@example.org?subject=a&%61ttachment=a",
            "/etc/passwd",
            "example.org",
            // The page says `https:` for these.
            "www.example.org",
            "ana@example.org",
            "",
        ] {
            assert_refused(url);
        }
    }

    #[test]
    fn what_cannot_be_seen_in_an_address_is_refused() {
        for hidden in [
            '\n', '\t', '\0', '\u{1b}', '\u{202e}', '\u{2066}', '\u{200e}', '\u{200b}',
        ] {
            assert_refused(&format!("https://example.org/{hidden}fdp.exe"));
        }
    }

    #[test]
    fn an_address_is_no_longer_than_what_can_be_shown() {
        let start = "https://example.org/";
        let long = |length: usize| format!("{start}{}", "a".repeat(length - start.len()));
        Link::read(&long(LENGTH)).unwrap();
        assert_refused(&long(LENGTH + 1));
        // What is shown of such a letter is six times as long.
        assert_refused(&format!("{start}{}", "\u{e9}".repeat(LENGTH / 4)));
    }

    #[test]
    fn the_question_shows_the_host_as_it_is_looked_up_and_the_whole_address() {
        let link = Link::read("https://example.org@\u{435}xample.org/a?b#c").unwrap();
        let question = link.question();
        assert!(
            question.text.starts_with("xn--xample-2of.org\n"),
            "{}",
            question.text
        );
        assert!(question.text.contains(link.address()));
        assert!(link.address().ends_with("/a?b#c"));
        assert!(question.text.is_ascii());
        let mail = Link::read("mailto:ana@example.org?subject=hello").unwrap();
        let asked = mail.question().text;
        assert!(asked.starts_with("ana@example.org\n"), "{asked}");
        assert!(
            asked.contains("mailto:ana@example.org?subject=hello\n"),
            "{asked}"
        );
    }
}
