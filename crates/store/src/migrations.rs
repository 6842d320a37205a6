//! Bringing a database to the newest format: numbered steps, each in its own transaction, never
//! changed once released.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use crate::{OpenError, private_file::sync_dir};

/// Every step in order; the database's format is how many of them it has seen.
pub(crate) const ALL: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_v2.sql"),
    include_str!("../migrations/0003_files.sql"),
    include_str!("../migrations/0004_admitted.sql"),
    include_str!("../migrations/0005_intended.sql"),
    include_str!("../migrations/0006_carrying.sql"),
    include_str!("../migrations/0007_seen.sql"),
    include_str!("../migrations/0008_contacts.sql"),
    include_str!("../migrations/0009_drafts.sql"),
];

/// Runs the steps that `db`, the database at `path`, has not seen. An existing one is copied
/// first, beside itself, still encrypted under its key; older copies go.
pub(crate) fn run(
    db: &mut Connection,
    path: &Path,
    steps: &[&str],
    explain: impl Fn(rusqlite::Error) -> OpenError,
) -> Result<(), OpenError> {
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let found = format(db).map_err(&explain)?;
    if found > known {
        return Err(OpenError::TooNew { found, known });
    }
    if found > 0 && found < known {
        db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
            .map_err(&explain)?;
        let copy = copy_path(path, found);
        copy_before(path, &copy, found)
            .map_err(|source| OpenError::Unavailable { path: copy, source })?;
    }
    for (format, step) in (1..).zip(steps).skip(found as usize) {
        apply(db, format, step).map_err(&explain)?;
    }
    Ok(())
}

fn format(db: &Connection) -> rusqlite::Result<u32> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn apply(db: &mut Connection, format: u32, step: &str) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    transaction.execute_batch(step)?;
    transaction.pragma_update(None, "user_version", format)?;
    transaction.commit()
}

fn copy_path(path: &Path, format: u32) -> PathBuf {
    path.with_extension(format!("before-{}.sqlite", format + 1))
}

/// Whether a copy of the database at `path` is beside it, of whichever format.
pub(crate) fn has_copy(path: &Path) -> io::Result<bool> {
    let (Some(dir), Some(stem)) = (path.parent(), path.file_stem()) else {
        return Ok(false);
    };
    let start = format!("{}.before-", stem.to_string_lossy());
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&start) && name.ends_with(".sqlite") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn copy_before(path: &Path, copy: &Path, format: u32) -> io::Result<()> {
    fs::copy(path, copy)?;
    fs::File::open(copy)?.sync_all()?;
    path.parent().map_or(Ok(()), sync_dir)?;
    for older in 0..format {
        match fs::remove_file(copy_path(path, older)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &[&str] = &[
        "CREATE TABLE pets (name TEXT NOT NULL) STRICT; INSERT INTO pets (name) VALUES ('rex');",
        "ALTER TABLE pets ADD COLUMN age INTEGER;",
        "ALTER TABLE pets ADD COLUMN owner TEXT;",
    ];

    fn migrate(path: &Path, steps: &[&str]) -> Result<Connection, OpenError> {
        let mut db = Connection::open(path).unwrap();
        run(&mut db, path, steps, OpenError::Database)?;
        Ok(db)
    }

    #[test]
    fn a_new_database_gets_every_step_and_no_copy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sqlite");
        let db = migrate(&path, STEPS).unwrap();
        assert_eq!(format(&db), Ok(3));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_older_one_is_copied_and_keeps_its_rows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sqlite");
        migrate(&path, &STEPS[..1]).unwrap();
        migrate(&path, &STEPS[..2]).unwrap();
        let db = migrate(&path, STEPS).unwrap();
        let name = "SELECT name FROM pets WHERE owner IS NULL";
        assert_eq!(
            db.query_row(name, [], |row| row.get(0)),
            Ok("rex".to_owned())
        );

        let copy = dir.path().join("a.before-3.sqlite");
        assert_eq!(format(&Connection::open(copy).unwrap()), Ok(2));
        assert!(!dir.path().join("a.before-2.sqlite").exists());
    }

    #[test]
    fn a_newer_one_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sqlite");
        migrate(&path, STEPS).unwrap();
        let error = migrate(&path, &STEPS[..2]).unwrap_err();
        assert!(matches!(error, OpenError::TooNew { found: 3, known: 2 }));
        assert_eq!(format(&Connection::open(&path).unwrap()), Ok(3));
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sqlite");
        migrate(&path, &STEPS[..1]).unwrap();
        let broken = "ALTER TABLE pets ADD COLUMN age INTEGER; ALTER TABLE nowhere ADD COLUMN a;";
        migrate(&path, &[STEPS[0], broken]).unwrap_err();
        let db = migrate(&path, &STEPS[..2]).unwrap();
        assert_eq!(format(&db), Ok(2));
    }
}
