//! Texts that the user wrote and sends as files. The node reads a file for as long as it offers it,
//! also after a restart, so they are kept in a folder of the profile.

use std::{
    collections::HashSet,
    fs::{self, DirBuilder, DirEntry, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use gossamer_node::api::{ApiError, DRAFT_MAX, ErrorCode};

/// The longest text that becomes a file, in bytes: what is kept of a text that is being written.
/// Whoever has more of it has it in a file already.
const MAX_TEXT_FILE: usize = DRAFT_MAX;
/// How many texts of one minute are told apart by a number.
const MAX_NUMBER: u32 = 99;

const START: &str = "Message ";
const END: &str = ".txt";

/// The folder of such texts, which only its owner can read.
#[derive(Debug)]
pub(crate) struct Texts {
    dir: PathBuf,
}

impl Texts {
    /// Those of the profile in directory `profile`.
    pub(crate) fn of(profile: &Path) -> Self {
        Self {
            dir: profile.join("outgoing"),
        }
    }

    /// Writes a text into a file of its own, named after when it was `written`: `2026-12-01 14.05`.
    ///
    /// # Errors
    /// When it is too long, `written` is no such moment, or the file cannot be written.
    pub(crate) fn write(&self, text: &str, written: &str) -> Result<PathBuf, ApiError> {
        if text.len() > MAX_TEXT_FILE {
            let message = "The text is too long for a file: 1 MiB fit. Shorten it, or save it with \
                           another program and send that file.";
            return Err(ApiError::new(ErrorCode::LimitReached, message));
        }
        if !is_moment(written) {
            let message = "A text is named after when it was written, such as 2026-12-01 14.05.";
            return Err(ApiError::new(ErrorCode::BadArgument, message));
        }
        let (path, mut file) = self.create(written).map_err(|error| unwritten(&error))?;
        let filled = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all());
        if let Err(error) = filled {
            remove(&path);
            return Err(unwritten(&error));
        }
        Ok(path)
    }

    /// Removes the texts whose paths are not among those `named`; and the folder, once nothing is in
    /// it. What does not have a name of ours stays.
    pub(crate) fn clear(&self, named: &HashSet<String>) {
        let Ok(entries) = fs::read_dir(&self.dir) else {
            return;
        };
        for entry in entries.flatten().filter(is_ours) {
            let path = entry.path();
            if !named.contains(&path.display().to_string()) {
                remove(&path);
            }
        }
        // It fails as long as anything is there.
        let _ = fs::remove_dir(&self.dir);
    }

    fn create(&self, written: &str) -> io::Result<(PathBuf, File)> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        builder.create(&self.dir)?;
        let numbered = (1..=MAX_NUMBER).map(|number| format!("_{number}"));
        for number in std::iter::once(String::new()).chain(numbered) {
            let path = self.dir.join(format!("{START}{written}{number}{END}"));
            match options.open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => return opened.map(|file| (path, file)),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// Whether it has the shape of `2026-12-01 14.05`, and nothing else that could be in a name.
fn is_moment(written: &str) -> bool {
    let shape = b"0000-00-00 00.00";
    let fits = |(is, wanted): (u8, &u8)| match wanted {
        b'0' => is.is_ascii_digit(),
        mark => is == *mark,
    };
    written.len() == shape.len() && written.bytes().zip(shape).all(fits)
}

fn is_ours(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    let is_file = entry.file_type().is_ok_and(|it| it.is_file());
    is_file && name.starts_with(START) && name.ends_with(END)
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(%error, "a text that was sent as a file could not be removed");
    }
}

fn unwritten(error: &io::Error) -> ApiError {
    let code = if error.kind() == io::ErrorKind::StorageFull {
        ErrorCode::DiskFull
    } else {
        ErrorCode::FileUnwritable
    };
    let message = format!(
        "No file could be made of the text: {error}. It is still where you wrote it. Free some \
         space, or look at the folder of the profile, and try again."
    );
    ApiError::new(code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = "2026-12-01 14.05";

    fn named<const N: usize>(paths: [&Path; N]) -> HashSet<String> {
        paths.map(|path| path.display().to_string()).into()
    }

    #[test]
    fn a_text_is_in_a_file_that_is_named_after_when_it_was_written() {
        let profile = tempfile::tempdir().unwrap();
        let texts = Texts::of(profile.path());
        let path = texts.write("hello \u{1f44b}", WRITTEN).unwrap();
        assert_eq!(path.file_name().unwrap(), "Message 2026-12-01 14.05.txt");
        assert_eq!(fs::read_to_string(path).unwrap(), "hello \u{1f44b}");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let profile = tempfile::tempdir().unwrap();
        let path = Texts::of(profile.path()).write("hello", WRITTEN).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }

    #[test]
    fn texts_of_one_minute_do_not_replace_each_other() {
        let profile = tempfile::tempdir().unwrap();
        let texts = Texts::of(profile.path());
        let first = texts.write("one", WRITTEN).unwrap();
        let second = texts.write("two", WRITTEN).unwrap();
        assert_eq!(
            second.file_name().unwrap(),
            "Message 2026-12-01 14.05_1.txt"
        );
        assert_eq!(fs::read_to_string(first).unwrap(), "one");
        for _ in 2..=MAX_NUMBER {
            texts.write("", WRITTEN).unwrap();
        }
        let refused = texts.write("", WRITTEN).unwrap_err();
        assert_eq!(refused.code, ErrorCode::FileUnwritable);
    }

    #[test]
    fn a_name_is_a_moment_and_leads_nowhere() {
        let profile = tempfile::tempdir().unwrap();
        for written in [
            "",
            "../../../../evil",
            "2026-12-01 14:05",
            "2026-12-01 14.05/a",
            "2026-12-01/14.05",
            "2026-12-01\\14.05",
            "2026-12-01 14.0\0",
            "\u{661}026-12-01 14.5",
        ] {
            let refused = Texts::of(profile.path()).write("a", written).unwrap_err();
            assert_eq!(refused.code, ErrorCode::BadArgument, "{written}");
        }
        assert_eq!(fs::read_dir(profile.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_too_long_is_refused_before_anything_is_written() {
        let profile = tempfile::tempdir().unwrap();
        let texts = Texts::of(profile.path());
        let refused = texts.write(&"a".repeat(MAX_TEXT_FILE + 1), WRITTEN);
        assert_eq!(refused.unwrap_err().code, ErrorCode::LimitReached);
        assert_eq!(fs::read_dir(profile.path()).unwrap().count(), 0);
        texts.write(&"a".repeat(MAX_TEXT_FILE), WRITTEN).unwrap();
    }

    #[test]
    fn what_nobody_names_any_more_goes_and_the_folder_with_the_last() {
        let profile = tempfile::tempdir().unwrap();
        let texts = Texts::of(profile.path());
        texts.clear(&HashSet::new());
        let sent = texts.write("one", WRITTEN).unwrap();
        let unsent = texts.write("two", WRITTEN).unwrap();
        texts.clear(&named([&sent]));
        assert!(sent.exists() && !unsent.exists());

        let own = texts.dir.join("notes.txt");
        fs::write(&own, "mine").unwrap();
        texts.clear(&HashSet::new());
        assert!(
            own.exists() && !sent.exists(),
            "a file that is not ours stays"
        );
        fs::remove_file(own).unwrap();
        texts.clear(&HashSet::new());
        assert!(!texts.dir.exists());
    }
}
