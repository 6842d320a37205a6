//! File names from strangers, made safe for every system.

/// The longest name given to a file, in bytes of UTF-8. File systems take 255; the rest is room
/// for a number and for partial files beside it.
pub const MAX_NAME: usize = 200;

/// What a file is called when nothing usable is left of its name.
const FALLBACK: &str = "file";

/// An extension longer than this is no extension worth keeping whole.
const MAX_EXTENSION: usize = 32;

/// How many files of one name are told apart by a number.
const MAX_NUMBER: u32 = 9_999;

/// A name that cannot be meant honestly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It leads somewhere: a separator, a drive, `.` or `..`.
    #[error("its name is a path, which could place it anywhere on this device")]
    Path,
    /// It has a NUL in it, where some systems would end it.
    #[error("its name has an invisible end in the middle, which hides what it is")]
    Nul,
}

/// Makes a sender's file name safe to use on Windows, macOS and Linux alike: at most
/// [`MAX_NAME`] bytes, never empty, a single component, free of control characters and of marks
/// that change the reading direction (`gpj.exe` must not look like `exe.jpg`), not a device name
/// of Windows. An honest name stays as it is.
///
/// # Errors
/// A path is refused rather than repaired: nobody sends one by accident.
pub fn safe_name(claimed: &str) -> Result<String, NameError> {
    if claimed.contains('\0') {
        return Err(NameError::Nul);
    }
    if is_path(claimed) {
        return Err(NameError::Path);
    }
    let clean: String = claimed
        .chars()
        .filter(|&c| !c.is_control() && !changes_direction(c))
        .map(|c| if forbidden_on_windows(c) { '_' } else { c })
        .collect();
    // A byte is left for the underscore.
    let mut name = shorten(trim(&clean), MAX_NAME - 1);
    if is_device(&name) {
        name.insert(0, '_');
    }
    if name.is_empty() {
        name.push_str(FALLBACK);
    }
    Ok(name)
}

/// The first of `name.ext`, `name_1.ext`, `name_2.ext` … that is not `taken`; `None` after 9999.
/// Every candidate is as safe as the name, and fits into [`MAX_NAME`] bytes.
pub fn free_name(name: &str, mut taken: impl FnMut(&str) -> bool) -> Option<String> {
    candidates(name).find(|candidate| !taken(candidate))
}

/// The names that [`free_name`] tries.
pub(crate) fn candidates(name: &str) -> impl Iterator<Item = String> {
    let (stem, extension) = split_extension(name);
    let numbered = (1..=MAX_NUMBER).map(move |number| {
        let tail = format!("_{number}{extension}");
        let stem = cut(stem, (MAX_NAME - 1).saturating_sub(tail.len()));
        format!("{stem}{tail}")
    });
    std::iter::once(name.to_owned()).chain(numbered)
}

fn is_path(name: &str) -> bool {
    let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    name.contains(['/', '\\']) || drive || matches!(name.trim(), "." | "..")
}

/// Marks, embeddings, overrides and isolates of the bidirectional algorithm, and the byte order
/// mark.
fn changes_direction(c: char) -> bool {
    matches!(
        c,
        '\u{061c}'
            | '\u{200e}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

fn forbidden_on_windows(c: char) -> bool {
    matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*')
}

/// Windows drops dots and spaces at the end; a space at the start is only ever a disguise.
fn trim(name: &str) -> &str {
    name.trim_start()
        .trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

/// Whether Windows takes the name for a device, whatever its extension and case.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_uppercase();
    let numbered = |device: &str| {
        let number = stem.strip_prefix(device).unwrap_or_default();
        let mut digits = number.chars();
        matches!(digits.next(), Some('0'..='9' | '¹' | '²' | '³')) && digits.next().is_none()
    };
    matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) || numbered("COM")
        || numbered("LPT")
}

fn shorten(name: &str, limit: usize) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    let (stem, extension) = split_extension(name);
    let stem = cut(stem, limit.saturating_sub(extension.len()));
    trim(&format!("{stem}{extension}")).to_owned()
}

/// The name up to its last dot, and the rest with the dot.
fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= MAX_EXTENSION => name.split_at(dot),
        _ => (name, ""),
    }
}

/// At most `limit` bytes of the text, whole characters only.
fn cut(text: &str, limit: usize) -> &str {
    let ends = text.char_indices().map(|(start, c)| start + c.len_utf8());
    let end = ends.take_while(|&end| end <= limit).last().unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_honest_name_stays() {
        for name in [
            "plan.pdf",
            "Grüße aus Köln 🕸.tar.gz",
            ".bashrc",
            "no extension",
            "console.log",
            "com10.txt",
            "a..b",
            "日本語.txt",
        ] {
            assert_eq!(safe_name(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn a_path_is_refused() {
        for name in [
            "../x",
            "..",
            ".",
            " .. ",
            "/etc/passwd",
            "a/b",
            "..\\x",
            "\\\\host\\share",
            "C:evil.exe",
            "c:",
        ] {
            assert_eq!(safe_name(name), Err(NameError::Path), "{name}");
        }
        assert_eq!(safe_name("a.txt\0.exe"), Err(NameError::Nul));
    }

    #[test]
    fn a_disguise_is_taken_off() {
        for (claimed, name) in [
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\u{2066}b\u{200f}.txt", "ab.txt"),
            ("two\r\nlines\u{7}.txt", "twolines.txt"),
            ("notes.txt. . .", "notes.txt"),
            ("  notes.txt  ", "notes.txt"),
            ("a<b>|\"c\"?*.txt", "a_b___c___.txt"),
            ("notes.txt:stream", "notes.txt_stream"),
        ] {
            assert_eq!(safe_name(claimed).as_deref(), Ok(name));
        }
    }

    #[test]
    fn a_device_of_windows_is_no_name() {
        for name in [
            "con",
            "NUL.txt",
            "Aux.tar.gz",
            "COM1",
            "lpt9.log",
            "COM¹",
            "prn .txt",
        ] {
            assert_eq!(safe_name(name), Ok(format!("_{name}")));
        }
    }

    #[test]
    fn nothing_left_becomes_a_plain_name() {
        for name in ["", "   ", "...", "\u{202e}", "\n"] {
            assert_eq!(safe_name(name).as_deref(), Ok("file"), "{name:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = safe_name(&format!("{}.tar", "ä".repeat(300))).unwrap();
        assert!(name.len() <= MAX_NAME && name.len() > MAX_NAME - 4);
        assert!(name.ends_with("ä.tar"));
        let hidden_device = safe_name(&format!("CON{}x", " ".repeat(300)));
        assert_eq!(hidden_device.as_deref(), Ok("_CON"));
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let taken = ["plan.pdf", "plan_1.pdf"];
        let free = free_name("plan.pdf", |name| taken.contains(&name));
        assert_eq!(free.as_deref(), Some("plan_2.pdf"));
        let free = free_name(".profile", |name| name == ".profile");
        assert_eq!(free.as_deref(), Some(".profile_1"));
        assert_eq!(free_name("plan.pdf", |_| true), None);
    }

    #[test]
    fn a_number_never_makes_a_name_too_long() {
        let name = format!("{}.txt", "x".repeat(MAX_NAME - 4));
        let free = free_name(&name, |candidate| *candidate == name).unwrap();
        assert_eq!(free.len(), MAX_NAME - 1);
        assert!(free.ends_with("x_1.txt"));
        assert_eq!(safe_name(&free), Ok(free));
    }

    proptest! {
        #[test]
        fn every_name_is_safe_or_refused(claimed in "(\\PC|[./\\\\: \u{0}-\u{1f}\u{202e}]){0,400}") {
            if let Ok(name) = safe_name(&claimed) {
                prop_assert!(!name.is_empty() && name.len() <= MAX_NAME);
                let harmful = name.contains(['/', '\\', '\0', ':', '\u{202e}']);
                prop_assert!(!harmful);
                prop_assert!(!name.ends_with(['.', ' ']));
                prop_assert_eq!(safe_name(&name), Ok(name.clone()), "safe names stay as they are");
            }
        }

        #[test]
        fn numbered_names_stay_safe(claimed in "\\PC{1,300}") {
            if let Ok(name) = safe_name(&claimed) {
                for candidate in candidates(&name).take(12) {
                    prop_assert_eq!(safe_name(&candidate), Ok(candidate.clone()));
                }
            }
        }
    }
}
