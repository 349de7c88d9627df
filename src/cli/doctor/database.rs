//! What the doctor asks the database.

use chrono::TimeDelta;

use super::Check;
use crate::api::models::Queue;
use crate::app::App;
use crate::cli::output::time;
use crate::db::{AnyConnection, DatabaseUrl, DbError, Foreign, OpenError};
use crate::handlers::queues;
use crate::models::jobs::{counts, settle};
use crate::models::{jobs, users, workers};

/// What is stored may be so much later than now: clocks of several machines are never the same.
const AHEAD: TimeDelta = TimeDelta::seconds(2);
/// A clock that is behind by so much makes jobs late and leases end at the wrong time.
const FAR_AHEAD: TimeDelta = TimeDelta::seconds(30);
/// A job that is due and has waited for so long waits for something else than a moment's load.
const LONG: TimeDelta = TimeDelta::minutes(5);

/// Jobs whose leases have ended so long ago would have been taken up by any worker.
const UNSETTLED: TimeDelta = TimeDelta::seconds(15);

/// Why nothing can be asked.
pub(super) fn unusable(error: &OpenError) -> Check {
    match error {
        // Each error says what to do about it.
        OpenError::Missing(_) => Check::warn("database", error, "`keiyaku serve` makes it, too"),
        OpenError::Older(_) => Check::warn("database", error, "`keiyaku serve` does it, too; make a backup first"),
        OpenError::Unfinished(_) => Check::fail("database", error, "until then, the data is where it was"),
        OpenError::Newer { .. } => Check::fail("database", error, "install the release that the servers have"),
        OpenError::Rights { .. } => Check::fail("database", error, "README.md says under Roles what a role needs"),
        OpenError::ReadOnly(_) | OpenError::NotADatabase(_) | OpenError::Foreign(_) | OpenError::Unusable { .. } => {
            Check::fail("database", error, "check DATABASE_URL, the folder and its permissions, or the server")
        }
    }
}

pub(super) async fn checks(app: &App) -> Vec<Check> {
    let mut checks = vec![
        Check::ok("database", format_args!("{} has the schema of this release", app.config.database_url)),
        asked("writing", writing(app).await),
        asked("integrity", integrity(app).await),
        asked("clock", clock(app).await),
        asked("workers", working(app).await),
        asked("queues", paused(app).await),
    ];
    if let DatabaseUrl::Postgres(_) = &app.config.database_url {
        checks.push(asked("language", language(app).await));
    }
    checks
}

fn asked(name: &'static str, check: Result<Check, DbError>) -> Check {
    check.unwrap_or_else(|error| Check::fail(name, error, "see what the database's own log or the disk says"))
}

async fn writing(app: &App) -> Result<Check, DbError> {
    app.db.write_a_page().await?;
    Ok(Check::ok("writing", "the database takes writes"))
}

async fn integrity(app: &App) -> Result<Check, DbError> {
    let faults = match app.db.faults().await {
        // Some faults keep SQLite from looking for others.
        Err(DbError::Query(error)) => vec![error.to_string()],
        faults => faults?,
    };
    Ok(match faults.first() {
        None => Check::ok("integrity", "the database is sound"),
        Some(first) => Check::fail(
            "integrity",
            format_args!("the database is damaged, in {} places: {first}", faults.len()),
            "stop the service, look after the disk, and `keiyaku restore` a backup",
        ),
    })
}

async fn language(app: &App) -> Result<Check, DbError> {
    Ok(match app.db.foreign().await? {
        None => Check::ok("language", "what the database says is understood"),
        Some(Foreign { role, said }) => Check::warn(
            "language",
            format_args!(
                "the database speaks no English ({said:?}), so waits that are too long are answered 500 and cost jobs a retry"
            ),
            format_args!("let a superuser run: ALTER ROLE {role} SET lc_messages = 'C'"),
        ),
    })
}

/// Nobody is asked for the time without a network; but nothing that is stored can be later than now.
async fn clock(app: &App) -> Result<Check, DbError> {
    let newest = |conn: &mut AnyConnection| Ok([users::newest(conn)?, jobs::newest(conn)?, workers::last_seen(conn)?]);
    let newest = app.db.read(newest).await?.into_iter().flatten().max();
    let ahead = newest.map_or(TimeDelta::zero(), |newest| newest - app.clock.now());
    let said = format!("the newest that is stored is {} s later than now", ahead.num_seconds());
    let advice = "set the clocks of all machines by NTP";
    Ok(match ahead {
        ahead if ahead > FAR_AHEAD => Check::fail("clock", said, advice),
        ahead if ahead > AHEAD => Check::warn("clock", said, advice),
        _ => Check::ok("clock", "nothing that is stored is later than now"),
    })
}

async fn working(app: &App) -> Result<Check, DbError> {
    let now = app.clock.now();
    let ask = move |conn: &mut AnyConnection| {
        let alive: Vec<workers::Worker> = workers::alive(conn, now - workers::SILENT)?;
        Ok((alive, counts::oldest_waiting(conn)?, settle::abandoned(conn, Some(now - UNSETTLED), 1)?))
    };
    let (alive, oldest, abandoned) = app.db.read(ask).await?;
    if !abandoned.is_empty() {
        return Ok(Check::fail(
            "workers",
            "jobs whose workers are gone are taken up by nobody",
            "start `keiyaku worker` or `serve`",
        ));
    }
    let late = oldest.filter(|since| now - *since > LONG).map(|since| time(since.and_utc()));
    Ok(match (alive.len(), oldest, late) {
        (0, Some(_), _) => Check::fail(
            "workers",
            "jobs wait, and no worker has been there lately",
            "start `keiyaku worker` or `serve`",
        ),
        (0, None, _) => Check::warn("workers", "no worker has been there lately", "start `keiyaku worker` or `serve`"),
        (several, _, Some(since)) => Check::warn(
            "workers",
            format_args!("{several} at work, and a job that is due waits since {since}"),
            "look for paused or limited queues (`keiyaku queues list`), or start more workers",
        ),
        (several, ..) => Check::ok("workers", format_args!("{several} at work, and no job waits for long")),
    })
}

async fn paused(app: &App) -> Result<Check, DbError> {
    let queues: Vec<Queue> = app.db.read(queues::all).await?;
    let held: Vec<&str> = queues
        .iter()
        .filter(|queue| queue.paused && queue.pending + queue.retry_pending > 0)
        .map(|queue| &*queue.name)
        .collect();
    let failed: i64 = queues.iter().map(|queue| queue.failed).sum();
    Ok(if !held.is_empty() {
        let said = format!("paused with jobs in them: {}", held.join(", "));
        Check::warn("queues", said, "`keiyaku queues resume NAME` lets them go on")
    } else if failed > 0 {
        let said = format!("{failed} jobs have failed for good");
        Check::warn(
            "queues",
            said,
            "`keiyaku jobs list --status failed` says why, `keiyaku jobs retry` runs them again",
        )
    } else {
        Check::ok("queues", "none is paused with jobs in it, and no job has failed for good")
    })
}
