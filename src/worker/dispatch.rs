//! The dispatcher: claims as many jobs as the process will start shortly, and sleeps while there are none.
//!
//! It looks before it writes: an idle queue costs one read a poll and never the write lock.

use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use tokio::time::sleep;

use super::Shared;
use super::finish::{self, End};
use super::keep;
use crate::db::DbError;
use crate::models::jobs::Job;
use crate::models::jobs::lease::{self, Claim};

/// The longest sleep: the safety net for what no wake-up tells of.
const POLL: Duration = Duration::from_secs(1);
/// Pause after an error of the database.
const PAUSE: Duration = Duration::from_millis(250);

pub(super) async fn run(shared: Arc<Shared>) {
    while !shared.stop.is_cancelled() {
        let room = shared.held.room();
        let wait = if room == 0 { None } else { Some(refill(&shared, room).await) };
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => {}
            () = shared.held.room_made(), if wait.is_none() => {}
            () = shared.app.jobs.notified(), if wait.is_some() => {}
            () = sleep(wait.unwrap_or_default()), if wait.is_some() => {}
        }
    }
    for job in shared.held.drain() {
        finish::spawn(&shared, job, End::HandedBack, Duration::ZERO, None);
    }
}

/// Claims up to `room` jobs; returns how long to sleep when nothing wakes the dispatcher.
async fn refill(shared: &Arc<Shared>, room: usize) -> Duration {
    match look_and_claim(shared, room).await {
        // A full claim suggests that there is more.
        Ok(Look { claimed, .. }) if claimed == room => Duration::ZERO,
        Ok(Look { next, .. }) => next.map_or(POLL, |due| until(shared.app.clock.now(), due).min(POLL)),
        Err(error) => {
            tracing::error!(worker_id = %shared.name, error = %error, "jobs cannot be claimed; trying again");
            PAUSE
        }
    }
}

fn until(now: NaiveDateTime, due: NaiveDateTime) -> Duration {
    // A millisecond more, so that the row is due when the sleep ends.
    ((due - now).max(TimeDelta::zero()) + TimeDelta::milliseconds(1)).to_std().unwrap_or(POLL)
}

struct Look {
    claimed: usize,
    next: Option<NaiveDateTime>,
}

async fn look_and_claim(shared: &Arc<Shared>, room: usize) -> Result<Look, DbError> {
    let names = shared.registry.names();
    let (claimable, next) = shared.app.db.read(move |conn| lease::outlook(conn, &names)).await?;
    if next.is_some_and(|due| due <= shared.app.clock.now()) {
        keep::settle_due(shared).await?;
    } else if !claimable {
        return Ok(Look { claimed: 0, next });
    }
    let jobs = claim(shared, room).await?;
    let claimed = jobs.len();
    shared.held.add(jobs);
    Ok(Look { claimed, next })
}

pub(super) async fn claim(shared: &Arc<Shared>, room: usize) -> Result<Vec<Job>, DbError> {
    let clock = shared.app.clock.clone();
    let lease_time = shared.app.config.job_lease;
    let (job_types, worker) = (shared.registry.names(), shared.name.clone());
    let limit = i64::try_from(room).unwrap_or(i64::MAX);
    shared
        .app
        .db
        .write_in_background(move |conn| {
            let now = clock.now();
            lease::claim(conn, &Claim { job_types, limit, worker, until: now + lease_time }, now)
        })
        .await
}
