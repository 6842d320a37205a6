//! What is on disk of files that are over, or that nobody knows any more.

use std::{
    collections::HashSet,
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
};

use gossamer_transfer::v2::Part;
use uuid::Uuid;

/// Removes what earlier runs left in a folder of ours, except what is `kept`; and the folder, once
/// nothing is in it. Files that do not have a name of ours stay.
pub(super) fn clear(dir: &Path, kept: &HashSet<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    let ours = entries.flatten().filter(is_ours);
    for path in ours.map(|entry| entry.path()) {
        // What is noted of a part stays as long as the part.
        let is_noted = path.extension().is_some_and(|kind| kind == "held")
            && kept.contains(&path.with_extension("part"));
        if !kept.contains(&path) && !is_noted {
            remove(&path);
        }
    }
    // It fails as long as anything is there.
    let _ = fs::remove_dir(dir);
}

/// Removes the part of a file with what is noted of it, if they are there.
pub(super) fn remove_part(path: &Path) {
    if let Err(error) = Part::remove(path) {
        tracing::warn!(%error, "a part of a file could not be removed");
    }
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "what is left of a file could not be removed");
        }
        _ => {}
    }
}

/// Whether it is a file with a name that a spool, a part, its notes or a copy have: an id, and what it is.
fn is_ours(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    let (id, kind) = name.split_once('.').unwrap_or((&name, ""));
    let is_id = matches!(id.len(), 32 | 36) && Uuid::try_parse(id).is_ok();
    let is_file = entry.file_type().is_ok_and(|it| it.is_file());
    is_id && is_file && matches!(kind, "" | "part" | "held" | "copy")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: &str = "abababababababababababababababab.part";
    const KEPT: &str = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd.part";
    const NOTES: &str = "abababababababababababababababab.held";
    const KEPT_NOTES: &str = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd.held";
    const SPOOL: &str = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    const COPY: &str = "6ba7b810-9dad-41d1-80b4-00c04fd430c8.copy";

    fn names_in(dir: &Path) -> Vec<String> {
        let name = |entry: io::Result<DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn only_names_of_ours_that_nobody_keeps_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let foreign = ["film.mkv.part", "notes.txt", "abab.part", ".part"];
        let kinds = [&foreign[..], &[PART, NOTES, KEPT, KEPT_NOTES, SPOOL, COPY]].concat();
        for name in kinds {
            fs::write(dir.path().join(name), b"").unwrap();
        }
        fs::create_dir(dir.path().join(PART.replace('a', "e"))).unwrap();

        clear(dir.path(), &HashSet::from([dir.path().join(KEPT)]));

        let mut left = [KEPT, KEPT_NOTES].map(ToOwned::to_owned).to_vec();
        left.push(PART.replace('a', "e"));
        left.extend(foreign.map(ToOwned::to_owned));
        left.sort();
        assert_eq!(names_in(dir.path()), left);
    }

    #[test]
    fn a_folder_with_nothing_in_it_goes_too() {
        let dir = tempfile::tempdir().unwrap();
        let arriving = dir.path().join("arriving");
        fs::create_dir(&arriving).unwrap();
        fs::write(arriving.join(PART), b"").unwrap();
        clear(&arriving, &HashSet::new());
        assert!(!arriving.exists());
        clear(&arriving, &HashSet::new());
    }
}
