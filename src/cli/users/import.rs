//! `keiyaku users import`.
//!
//! One thread reads and checks, the database's writer stores: a batch is a transaction. Who is there already, by the key of the
//! address, is passed over, so an import that was killed goes on where it was when it is started again.

mod source;

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use diesel::QueryResult;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::sync::mpsc::{Sender, channel};

use super::{Column, Format, columns};
use crate::api::Operation;
use crate::api::models::UserCreate;
use crate::app::App;
use crate::cli::Failure;
use crate::cli::output::{Output, Shape, note};
use crate::db::AnyConnection;
use crate::handlers::users::{created, new_user};
use crate::jobs::profile;
use crate::json::Object;
use crate::models::users::{self, NewUser};
use crate::models::{jobs, profiles, signups};
use source::Source;

/// Users of one transaction; their parameters stay below what SQLite takes.
const BATCH: usize = 2_000;
/// Lines that are put in the order of their addresses. Without an order each user changes another page of the addresses' index,
/// and a transaction writes them all: with a million users in it, that takes several times as long.
const WINDOW: usize = 50_000;
/// The same in bytes, so that long lines do not fill the memory.
const WINDOW_BYTES: u64 = 16 << 20;

/// Take users in, as POST /users would, but without a welcome mail.
///
/// Every line is checked by the contract in the running mode. Those that do not fit are told with their number and all that is
/// wrong, and the others are taken in. Whoever is there already, by the e-mail address, is passed over: an import that was
/// stopped is finished by starting it again.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku users import users.jsonl --dry-run
  zcat users.csv.gz | keiyaku users import - --format csv

Variables: DATABASE_URL, DURABILITY, VALIDATION_MODE, BODY_LIMIT.")]
pub(super) struct Import {
    /// The file, or - for standard input.
    file: PathBuf,
    /// How users are written; without it, CSV in a file called so, else JSON Lines.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Check every line, and whether the address is taken, and take nobody in.
    #[arg(long)]
    dry_run: bool,
    /// Leave what follows from a sign-up to jobs, the welcome mail among it.
    #[arg(long)]
    welcome: bool,
    #[command(flatten)]
    shape: Shape,
}

/// What became of the lines.
#[derive(Default, Serialize)]
struct Sum {
    imported: usize,
    already_there: usize,
    refused: usize,
}

/// What would become of them, as a dry run prints it.
#[derive(Serialize)]
struct Forecast {
    would_import: usize,
    already_there: usize,
    refused: usize,
}

/// The addresses that a dry run has met, each by two hashes of its key: two keys that have both in common are not to be
/// expected, and of millions of users the addresses themselves would fill the memory.
#[derive(Default)]
struct Known {
    met: HashSet<(u64, u64)>,
    hashers: (RandomState, RandomState),
}

impl Known {
    /// How many of a batch neither the database nor a line before has.
    async fn new_ones(&mut self, app: &App, batch: Batch) -> Result<usize, Failure> {
        let keys: Vec<String> = batch.users.into_iter().map(|user| user.email_key).collect();
        let (keys, there) = app
            .db
            .read(move |conn| {
                let there = users::taken(conn, &keys)?;
                Ok((keys, there))
            })
            .await?;
        let there: HashSet<String> = there.into_iter().collect();
        let mut is_new = |key: &&String| {
            !there.contains(*key) && self.met.insert((self.hashers.0.hash_one(key), self.hashers.1.hash_one(key)))
        };
        Ok(keys.iter().filter(|key| is_new(key)).count())
    }
}

/// Users of one transaction, and what is told beside them.
struct Batch {
    users: Vec<NewUser>,
    /// What the contract does not declare, of each of them.
    extras: Vec<Object>,
    /// What is wrong with others.
    refused: Vec<String>,
    /// Bytes up to their end.
    read: u64,
}

impl Import {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let source = Source::open(&self.file, self.format)?;
        let columns = columns(app)?;
        let bar = bar(source.bytes());
        let (sender, mut batches) = channel(2);
        let reader = {
            let app = app.clone();
            tokio::task::spawn_blocking(move || check_all(&app, source, &columns, &sender))
        };
        let mut sum = Sum::default();
        let mut known = self.dry_run.then(Known::default);
        while let Some(batch) = batches.recv().await {
            sum.refused += batch.refused.len();
            bar.suspend(|| batch.refused.iter().for_each(|said| note(said)));
            let (given, read) = (batch.users.len(), batch.read);
            let imported = match &mut known {
                Some(known) => known.new_ones(app, batch).await?,
                None => self.store(app, batch).await?,
            };
            sum.imported += imported;
            sum.already_there += given - imported;
            bar.set_position(read);
        }
        bar.finish_and_clear();
        reader
            .await
            .map_err(Failure::new)?
            .map_err(|error| Failure::new(format!("{}: {error}", self.file.display())))?;
        app.jobs.notify_one();
        self.print(&sum)?;
        if sum.refused == 0 { Ok(()) } else { Err(Failure::told()) }
    }

    /// Takes a batch in; how many of it were not there.
    async fn store(&self, app: &App, batch: Batch) -> Result<usize, Failure> {
        let (welcome, with) = (self.welcome, app.clone());
        let store = move |conn: &mut AnyConnection| {
            if welcome { with_jobs(conn, &with, batch) } else { with_profiles(conn, &with, batch) }
        };
        Ok(app.db.write_in_background(store).await?)
    }

    fn print(&self, sum: &Sum) -> Result<(), Failure> {
        let Sum { imported, already_there, refused } = sum;
        let mut out = Output::new();
        if self.shape.json && self.dry_run {
            out.json(&Forecast { would_import: *imported, already_there: *already_there, refused: *refused })?;
        } else if self.shape.json {
            out.json(sum)?;
        } else if self.dry_run {
            writeln!(
                out,
                "{imported} users would be taken in, {already_there} are there already, {refused} lines would be refused; nobody was taken in"
            )?;
        } else {
            writeln!(
                out,
                "{imported} users are taken in, {already_there} were there already, {refused} lines are refused"
            )?;
        }
        out.done()
    }
}

/// Lines that have been read and checked, until they are enough to be put in order.
#[derive(Default)]
struct Window {
    users: Vec<(NewUser, Object)>,
    refused: Vec<String>,
    begin: u64,
    end: u64,
}

impl Window {
    fn is_full(&self) -> bool {
        self.users.len() + self.refused.len() >= WINDOW || self.end - self.begin >= WINDOW_BYTES
    }

    /// Hands it on in batches and begins anew; false when nobody takes them any more.
    fn hand_over(&mut self, sender: &Sender<Batch>) -> bool {
        // What is less than a window keeps its order, and with it its ids.
        if self.is_full() {
            // A stable sort: of two lines with the same address the first stays the first.
            self.users.sort_by(|(one, _), (other, _)| one.email_key.cmp(&other.email_key));
        }
        let mut users = self.users.drain(..);
        let mut refused = std::mem::take(&mut self.refused);
        self.begin = self.end;
        loop {
            let (users, extras): (Vec<_>, Vec<_>) = users.by_ref().take(BATCH).unzip();
            let is_last = users.is_empty();
            let batch = Batch { users, extras, refused: std::mem::take(&mut refused), read: self.end };
            if (!is_last || !batch.refused.is_empty()) && sender.blocking_send(batch).is_err() {
                return false;
            }
            if is_last {
                return true;
            }
        }
    }
}

/// Reads and checks all lines, until nobody takes them any more.
fn check_all(app: &App, source: Source, columns: &[Column], sender: &Sender<Batch>) -> io::Result<()> {
    let mut window = Window::default();
    source.each(columns, app.config.body_limit, |line| {
        let checked = line.text.map_err(Failure::new).and_then(|text| {
            let body: UserCreate = app.contract.body(Operation::CreateUser, text)?;
            Ok(new_user(body, app.clock.now())?)
        });
        match checked {
            Ok(user) => window.users.push(user),
            Err(failure) => {
                window.refused.push(format!("line {}: {}", line.number, failure.line.unwrap_or_default()));
            }
        }
        window.end = line.end;
        !window.is_full() || window.hand_over(sender)
    })?;
    // Should it not be taken, the one who did not has failed and says so.
    window.hand_over(sender);
    Ok(())
}

/// What the job of each sign-up would do, but for the mail, in the same transaction.
fn with_profiles(conn: &mut AnyConnection, app: &App, batch: Batch) -> QueryResult<usize> {
    let now = app.clock.now();
    let stored = users::create_all(conn, &batch.users)?;
    let of =
        stored.iter().zip(&batch.extras).filter_map(|(user, extras)| Some(profile(user.as_ref()?.id, extras, now)));
    let profiles: Vec<profiles::Profile> = of.collect();
    profiles::create_all(conn, &profiles)?;
    signups::count(conn, now.date(), i64::try_from(profiles.len()).unwrap_or(i64::MAX))?;
    Ok(profiles.len())
}

fn with_jobs(conn: &mut AnyConnection, app: &App, batch: Batch) -> QueryResult<usize> {
    let stored = users::create_all(conn, &batch.users)?;
    let new =
        stored.iter().zip(batch.extras).filter_map(|(user, extras)| Some(app.job(&created(user.as_ref()?, extras))));
    let new: Vec<jobs::NewJob> = new.collect::<Result<_, _>>()?;
    jobs::enqueue_all(conn, &new, app.clock.now())?;
    Ok(new.len())
}

/// How far it is, on a terminal alone; of standard input only how much has been read.
fn bar(bytes: Option<u64>) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, form) = match bytes {
        Some(bytes) => (ProgressBar::new(bytes), "{wide_bar} {bytes} of {total_bytes}, {eta} left"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} read"),
    };
    bar.enable_steady_tick(Duration::from_millis(200));
    match ProgressStyle::with_template(form) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
