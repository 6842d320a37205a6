//! Which links may leave the window.

use gossamer_node::api::{ApiError, ErrorCode};
use tauri::Url;

/// The link, if it leads to the web or to a mail program. Anything else in a message could start
/// a program or open a local file.
pub(crate) fn allowed(text: &str) -> Result<Url, ApiError> {
    let refused = |why| Err(ApiError::new(ErrorCode::BadArgument, why));
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https" | "mailto") => Ok(url),
        Ok(_) => refused("Only links to web pages and mail addresses are opened."),
        Err(_) => refused("This is not a complete link, so it cannot be opened."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_mail_are_allowed() {
        for url in [
            "https://example.org/a?b#c",
            "http://10.0.0.7:8080/",
            "mailto:ana@example.org",
        ] {
            assert!(allowed(url).is_ok(), "{url}");
        }
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
            "/etc/passwd",
            "example.org",
            "",
        ] {
            assert_eq!(
                allowed(url).unwrap_err().code,
                ErrorCode::BadArgument,
                "{url}"
            );
        }
    }
}
