//! `keiyaku restore`.
//!
//! The backup becomes a file beside the database, is checked and migrated there, and then takes its place in one step. Until
//! then nothing has changed, and whoever starts meanwhile finds the database locked.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::Failure;
use super::output::{Output, Shape};
use super::part::{Part, beside, is_same};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, Alone, Contents, DatabaseUrl, OpenError};

/// Put a backup in the place of the database.
///
/// Stop every process that uses the database first: while there is one, nothing is done. The backup is read first, every page
/// of it, and brought up to this release's schema. The database that was there is kept beside it.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku restore /backups/users-2026-11-27.db
  keiyaku restore /backups/latest.db --force

Variables: DATABASE_URL.")]
pub(super) struct Restore {
    /// The backup.
    file: PathBuf,
    /// Put the database aside that is there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    shape: Shape,
}

/// What is told of a database that is back.
#[derive(Serialize)]
struct Restored {
    database: PathBuf,
    users: i64,
    jobs: i64,
    /// Where the one before is.
    kept: Option<PathBuf>,
}

impl Restore {
    pub(super) fn run(self, config: &Config) -> Result<(), Failure> {
        let DatabaseUrl::Sqlite(database) = &config.database_url else {
            let said = format!("{} is a PostgreSQL database: restore it with pg_restore", config.database_url);
            return Err(Failure::new(said));
        };
        // A link stays one: what it leads to is replaced.
        let database = &match fs::read_link(database) {
            Ok(_) => fs::canonicalize(database)?,
            Err(_) => database.clone(),
        };
        if is_same(database, &self.file) {
            return Err(Failure::new(format!("{} is the database itself: name a backup of it", self.file.display())));
        }
        let is_there = database.try_exists()?;
        if is_there && !self.force {
            let said = "is there already: --force puts it aside, and the backup in its place";
            return Err(Failure::new(format!("{} {said}", database.display())));
        }
        let alone = if is_there { for_oneself(database)? } else { None };
        let (part, contents) = self.prepared(database)?;
        let kept = if is_there { Some(put_aside(database, &part)?) } else { None };
        remove_left_over(database, kept.as_deref())?;
        part.put_in_place()?;
        drop(alone);
        self.print(&Restored { database: database.clone(), users: contents.users, jobs: contents.jobs, kept })
    }

    /// The backup beside the database, checked and with this release's schema.
    fn prepared(&self, database: &Path) -> Result<(Part, Contents), Failure> {
        let shown = self.file.display();
        let refused = |error: &dyn std::fmt::Display| Failure::new(format!("{shown} cannot be restored: {error}"));
        if fs::metadata(beside(&self.file, "-wal")).is_ok_and(|wal| wal.len() > 0) {
            return Err(refused(&"a part of it is still in its -wal file; `keiyaku backup` makes backups of one file"));
        }
        let found = fs::metadata(&self.file).map_err(|error| refused(&error))?;
        if !found.is_file() {
            return Err(refused(&"it is no regular file"));
        }
        let mut backup = File::open(&self.file).map_err(|error| refused(&error))?;
        let mut part = Part::begin(database, &self.file)?;
        io::copy(&mut backup, &mut part.file).map_err(|error| refused(&error))?;
        let contents = db::check(part.path()).map_err(|error| match error {
            db::CheckError::Open(OpenError::NotADatabase(_)) => refused(&"it is not a SQLite database"),
            db::CheckError::Open(OpenError::Foreign(_)) => refused(&"it holds the tables of another program"),
            error => refused(&error),
        })?;
        db::migrate(&DatabaseUrl::Sqlite(part.path().to_owned())).map_err(|error| match error {
            OpenError::Newer { migration, .. } => {
                refused(&format_args!("a newer keiyaku made it (its schema has {migration}): upgrade this binary"))
            }
            error => refused(&error),
        })?;
        if fs::metadata(beside(part.path(), "-wal")).is_ok_and(|wal| wal.len() > 0) {
            return Err(refused(&"its schema could not be brought up to date for good"));
        }
        Ok((part, contents))
    }

    fn print(&self, restored: &Restored) -> Result<(), Failure> {
        let mut out = Output::new();
        if self.shape.json {
            out.json(restored)?;
        } else {
            let Restored { database, users, jobs, kept } = restored;
            writeln!(out, "{}: {users} users and {jobs} jobs are back", database.display())?;
            if let Some(kept) = kept {
                writeln!(out, "the database that was there is kept as {}", kept.display())?;
            }
        }
        out.done()
    }
}

/// Nobody else uses the database while the answer lives. One that is damaged so much that nobody can open it has no lock.
fn for_oneself(database: &Path) -> Result<Option<Alone>, Failure> {
    match db::alone(database) {
        Ok(Some(alone)) => Ok(Some(alone)),
        Ok(None) => Err(Failure::new(format!(
            "{} is in use: stop every process that has it open, keiyaku or not, and try again",
            database.display()
        ))),
        Err(OpenError::NotADatabase(_)) => Ok(None),
        Err(error) => Err(Failure::new(error)),
    }
}

/// Gives the database a second name and `part` its owner and mode. The first name stays until the backup takes it.
fn put_aside(database: &Path, part: &Part) -> Result<PathBuf, Failure> {
    let kept = beside(database, &format!(".before-{}", Clock::system().utc().format("%Y%m%dT%H%M%S%.6fZ")));
    let aside = || {
        let found = fs::metadata(database)?;
        chown(part.path(), Some(found.uid()), Some(found.gid()))?;
        part.file.set_permissions(found.permissions())?;
        fs::hard_link(database, &kept)
    };
    aside()
        .map_err(|error| Failure::new(format!("cannot keep {} as {}: {error}", database.display(), kept.display())))?;
    Ok(kept)
}

/// A log that is left would be taken for the backup's. After a clean end there is none.
fn remove_left_over(database: &Path, kept: Option<&Path>) -> Result<(), Failure> {
    for suffix in ["-wal", "-journal"] {
        let left = beside(database, suffix);
        let moved = match kept {
            Some(kept) => fs::rename(&left, beside(kept, suffix)),
            None => fs::remove_file(&left),
        };
        gone(moved)?;
    }
    gone(fs::remove_file(beside(database, "-shm")))
}

fn gone(removed: io::Result<()>) -> Result<(), Failure> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
