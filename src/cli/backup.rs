//! `keiyaku backup`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::Failure;
use super::output::{Output, Shape};
use super::part::{Part, is_same, part_of};
use crate::config::Config;
use crate::db::{self, Contents, DatabaseUrl, OpenError};

/// Copy the database into a file, as it is at one moment, while servers go on.
///
/// The copy is read again before it gets its name: every page, every index, every foreign key. It holds everybody's data, so
/// only its owner may read it. A PostgreSQL database is copied by pg_dump.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku backup /backups/users-$(date +%F).db
  keiyaku backup --force /backups/latest.db --json

Variables: DATABASE_URL.")]
pub(super) struct Backup {
    /// The file to make.
    file: PathBuf,
    /// Replace the file if it is there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    shape: Shape,
}

/// What is told of a copy.
#[derive(Serialize)]
struct Made {
    file: PathBuf,
    bytes: u64,
    users: i64,
    jobs: i64,
}

impl Backup {
    pub(super) fn run(self, config: &Config) -> Result<(), Failure> {
        let DatabaseUrl::Sqlite(database) = &config.database_url else {
            return Err(Failure::new(format!(
                "{} is a PostgreSQL database: copy it with pg_dump --format=custom",
                config.database_url
            )));
        };
        self.refuse_existing()?;
        if is_same(database, &self.file) {
            return Err(Failure::new(format!("{} is the database itself: name another file", self.file.display())));
        }
        let part = Part::begin(&self.file, database)?;
        db::copy(database, part.path()).map_err(Failure::new)?;
        let copied = db::check(part.path());
        let Contents { users, jobs } = copied
            .map_err(|error| Failure::new(format!("the copy of {} is of no use: {error}", database.display())))?;
        let bytes = part.file.metadata()?.len();
        // Somebody may have made it meanwhile.
        self.refuse_existing()?;
        part.put_in_place()?;
        self.print(&Made { file: self.file.clone(), bytes, users, jobs })
    }

    /// Only a file that is nobody's database at the moment is replaced.
    fn refuse_existing(&self) -> Result<(), Failure> {
        let Ok(found) = self.file.symlink_metadata() else { return Ok(()) };
        let shown = self.file.display();
        let refused = |said: &str| Err(Failure::new(format!("{shown} {said}")));
        if !found.is_file() {
            return refused("is there already and no regular file: name another file");
        }
        if !self.force {
            return refused("is there already: --force replaces it");
        }
        if part_of(&self.file).is_some_and(|database| database.exists()) {
            return refused("belongs to the database beside it: name another file");
        }
        match db::alone(&self.file) {
            Ok(None) => refused("is a database that a process has open: name another file"),
            Ok(Some(_)) | Err(OpenError::NotADatabase(_)) => Ok(()),
            Err(error) => Err(Failure::new(error)),
        }
    }

    fn print(&self, made: &Made) -> Result<(), Failure> {
        let mut out = Output::new();
        if self.shape.json {
            out.json(made)?;
        } else {
            let Made { file, bytes, users, jobs } = made;
            writeln!(out, "{}: {users} users and {jobs} jobs in {bytes} bytes, read again and sound", file.display())?;
        }
        out.done()
    }
}
