//! What a process tells those who watch: that it is there, and what its attempts came to.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta, Timelike};
use tokio::time::{Instant, sleep};

use super::Shared;
use crate::db::{AnyConnection, DbError};
use crate::models::job_minutes::{self, JobMinute};
use crate::models::jobs::Job;
use crate::models::workers::{self, Worker};

/// The pause between two times that what came of the attempts is written down. Without attempts nothing is written.
const PAUSE: Duration = Duration::from_secs(5);
/// The pause between two times that a worker says that it is there.
const THERE: Duration = Duration::from_secs(60);

/// What the attempts of a minute came to, by minute and type, as far as it is not written down. In this order, since processes that
/// write down the same rows at once in orders of their own would wait for each other.
#[derive(Default)]
pub(super) struct Tally(Mutex<BTreeMap<(NaiveDateTime, String), JobMinute>>);

impl Tally {
    /// An attempt has ended.
    pub(super) fn add(&self, job: &Job, succeeded: bool, run: Duration, now: NaiveDateTime) {
        let minute = now.with_second(0).and_then(|time| time.with_nanosecond(0)).unwrap_or(now);
        let wait =
            job.started_at.map_or(TimeDelta::zero(), |started| started - job.scheduled_at).max(TimeDelta::zero());
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let row = tally.entry((minute, job.job_type.clone())).or_insert_with(|| JobMinute {
            minute,
            job_type: job.job_type.clone(),
            completed: 0,
            failed: 0,
            wait_us: 0,
            run_us: 0,
        });
        *(if succeeded { &mut row.completed } else { &mut row.failed }) += 1;
        row.wait_us += wait.num_microseconds().unwrap_or_default();
        row.run_us += i64::try_from(run.as_micros()).unwrap_or_default();
    }

    fn take(&self) -> Vec<JobMinute> {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *tally).into_values().collect()
    }
}

/// Until the task is aborted.
pub(super) async fn run(shared: &Shared) {
    let started_at = shared.app.clock.now();
    let mut said = None::<Instant>;
    loop {
        if said.is_none_or(|said| said.elapsed() >= THERE) {
            match is_there(shared, started_at).await {
                Ok(()) => said = Some(Instant::now()),
                Err(error) => {
                    tracing::warn!(worker_id = %shared.name, error = %error, "the worker could not say that it is there");
                }
            }
        }
        write_down(shared).await;
        sleep(PAUSE).await;
    }
}

async fn is_there(shared: &Shared, started_at: NaiveDateTime) -> Result<(), DbError> {
    let now = shared.app.clock.now();
    let worker = Worker {
        name: shared.name.clone(),
        started_at,
        seen_at: now,
        executors: i32::try_from(shared.executors).unwrap_or(i32::MAX),
        queues: shared.app.config.worker_queues.to_string(),
        job_types: Some(shared.registry.names().join(",")),
    };
    let put = move |conn: &mut AnyConnection| {
        workers::put(conn, &worker)?;
        workers::delete_silent(conn, now - workers::SILENT)
    };
    shared.app.db.write_in_background(put).await
}

/// The worker has stopped: what its last attempts came to is written down, and its row goes.
pub(super) async fn is_gone(shared: &Shared) {
    write_down(shared).await;
    let (name, over) = (shared.name.clone(), shared.held.leases_over(1));
    let go = move |conn: &mut AnyConnection| {
        over.delete(conn)?;
        workers::delete(conn, &name)
    };
    if let Err(error) = shared.app.db.write_in_background(go).await {
        tracing::warn!(worker_id = %shared.name, error = %error, "the worker could not say that it is gone");
    }
}

/// What cannot be written down is left out: these are figures to look at, not to settle by.
async fn write_down(shared: &Shared) {
    let minutes = shared.tally.take();
    if minutes.is_empty() {
        return;
    }
    let retention = TimeDelta::from_std(shared.app.config.job_retention).unwrap_or(TimeDelta::MAX);
    let outdated = shared.app.clock.now().checked_sub_signed(retention).unwrap_or(NaiveDateTime::MIN);
    let write = move |conn: &mut AnyConnection| {
        minutes.iter().try_for_each(|minute| job_minutes::add(conn, minute))?;
        job_minutes::delete_before(conn, outdated)
    };
    if let Err(error) = shared.app.db.write_in_background(write).await {
        tracing::warn!(worker_id = %shared.name, error = %error, "what the attempts came to could not be written down");
    }
}
