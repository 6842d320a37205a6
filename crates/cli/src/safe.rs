//! Text from others, made harmless for a terminal.
//!
//! A name, a file name or a message may hold escape sequences that move the cursor, rename the
//! window or fake a prompt, and direction marks that make a file name read backwards. They are
//! shown, not obeyed. What shows nothing or tricks the eye is told by the same rule as in names.

use gossamer_node::legible;

use crate::wrap::INDENT;

/// `text` on one line: line breaks and tabs become spaces.
pub(crate) fn one_line(text: &str) -> String {
    let shown = legible::chars(text).map(|(c, tricks)| match c {
        c if c.is_whitespace() => ' ',
        c if c.is_control() => picture(c),
        _ if tricks => legible::INSTEAD,
        c => c,
    });
    legible::footing(text).into_iter().chain(shown).collect()
}

/// `text` with its line breaks kept, each further line indented.
pub(crate) fn many_lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            shown.push('\n');
            shown.push_str(INDENT);
        }
        shown.push_str(&one_line(line));
    }
    shown
}

fn picture(c: char) -> char {
    match c {
        // U+2400 and up picture the control characters of U+0000 and up.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(legible::INSTEAD),
        '\u{7f}' => '\u{2421}',
        _ => legible::INSTEAD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_instead_of_obeyed() {
        assert_eq!(one_line("\u{1b}[2Jben\u{7}"), "␛[2Jben␇");
        assert_eq!(one_line("\u{9b}31m"), "\u{fffd}31m");
    }

    #[test]
    fn a_name_cannot_start_a_line_of_its_own() {
        assert_eq!(one_line("ben\r\n> /quit\u{2028}x"), "ben  > /quit x");
    }

    #[test]
    fn a_file_name_cannot_read_backwards() {
        assert_eq!(one_line("photo\u{202e}gpj.exe"), "photo\u{fffd}gpj.exe");
    }

    #[test]
    fn a_message_keeps_its_lines_and_its_script() {
        assert_eq!(many_lines("שלום\r\nΓειά 👋"), "שלום\n      Γειά 👋");
    }

    #[test]
    fn what_shows_nothing_is_shown() {
        for hidden in ["\u{200b}", "\u{3164}", "\u{115f}", "\u{2800}", "\u{e0062}"] {
            assert_eq!(one_line(&format!("b{hidden}en")), "b\u{fffd}en");
        }
        let family = "👩\u{200d}👩\u{200d}👧 ❤\u{fe0f} می\u{200c}خواهم";
        assert_eq!(one_line(family), family);
    }

    #[test]
    fn a_mark_of_ben_does_not_change_what_is_printed_before_it() {
        assert_eq!(one_line("\u{338}ben"), "\u{25cc}\u{338}ben");
    }

    #[test]
    fn nothing_shown_is_a_control_character() {
        let everything: String = (0..0x3000).filter_map(char::from_u32).collect();
        assert!(!one_line(&everything).chars().any(char::is_control));
    }
}
