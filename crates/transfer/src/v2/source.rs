//! The file on disk that is offered, and the watch over its changes.

use std::{
    fmt,
    fs::{File, Metadata},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::Refusal;

/// A file as it was when it was offered.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// In bytes.
    pub size: u64,
    /// When it was changed last, where the file system tells.
    pub modified: Option<SystemTime>,
}

impl Source {
    /// Looks at a file to offer. Blocking.
    ///
    /// # Errors
    /// When it cannot be read, or is not a regular file.
    pub fn look(path: &Path) -> io::Result<Self> {
        let metadata = File::open(path)?.metadata()?;
        if !metadata.is_file() {
            let kind = io::ErrorKind::InvalidInput;
            return Err(io::Error::new(kind, "not a regular file"));
        }
        Ok(Self {
            path: path.to_owned(),
            size: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }

    /// Opens it, if it is what it was.
    pub(super) fn open(&self) -> Result<File, Refusal> {
        let file = File::open(&self.path).map_err(|_| Refusal::Gone)?;
        self.check(&file)?;
        Ok(file)
    }

    /// Whether an open file is still what it was.
    pub(super) fn check(&self, file: &File) -> Result<(), Refusal> {
        let metadata = file.metadata().map_err(|_| Refusal::Gone)?;
        if self.is_same(&metadata) {
            Ok(())
        } else {
            Err(Refusal::Changed)
        }
    }

    fn is_same(&self, metadata: &Metadata) -> bool {
        let modified = metadata.modified().ok();
        metadata.is_file() && metadata.len() == self.size && modified == self.modified
    }
}

/// Without the path.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_file_that_grew_was_touched_or_is_gone_is_not_served() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("plan.pdf");
        fs::write(&path, b"one").unwrap();
        let source = Source::look(&path).unwrap();
        source.open().unwrap();

        fs::write(&path, b"three").unwrap();
        assert_eq!(source.open().unwrap_err(), Refusal::Changed);

        let source = Source::look(&path).unwrap();
        let earlier = source.modified.unwrap() - Duration::from_secs(60);
        File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_modified(earlier))
            .unwrap();
        assert_eq!(source.open().unwrap_err(), Refusal::Changed);

        fs::remove_file(&path).unwrap();
        assert_eq!(source.open().unwrap_err(), Refusal::Gone);
        Source::look(dir.path()).unwrap_err();
    }
}
