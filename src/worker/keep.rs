//! The keeper: extends the leases of everything held, and settles what time alone changes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;
use tokio::time::timeout;

use super::finish;
use super::{Shared, tell};
use crate::api::models::AttemptOutcome;
use crate::db::{AnyConnection, DbError};
use crate::jobs::Registry;
use crate::models::jobs::{Job, ahead, claim, ends, lease, prune, settle};
use crate::models::{idempotency, leases, queues, workers};

/// Rows settled in one transaction, so that it stays short: on PostgreSQL each lost worker's job takes several round trips, and a
/// late end of it waits for all of them.
const STEP: i64 = 100;
/// The shortest pause between two looks for what nobody waits for, however short the lease.
const TIDY: Duration = Duration::from_secs(5);
/// The pause between two looks for idempotency keys whose time is over: they count no more, they only take up space.
const FORGET: Duration = Duration::from_secs(60);
/// The pause between two looks for jobs that were cancelled while they run here, and between two notes of how far jobs are.
const LOOK: Duration = Duration::from_millis(250);
/// A job that was claimed ahead has a row that says that it runs after twice this.
const LONG: Duration = Duration::from_millis(50);
/// The longest pause, when nothing tells of changes.
const LOOK_ANYWAY: Duration = Duration::from_secs(1);
/// Jobs deleted in one transaction, and the pause before the next.
const PRUNE_STEP: usize = 100;
const PRUNE_PAUSE: Duration = Duration::from_millis(5);
/// How long a due job of a type that no process knows is left to one that may: a newer binary that is to come.
const ORPHAN_GRACE: TimeDelta = TimeDelta::seconds(60);

/// Until the task is aborted, which the worker does when nothing is held any more.
pub(super) async fn run(shared: Arc<Shared>) {
    // Beside each other: deleting a great many old jobs takes longer than a lease.
    tokio::join!(
        keep(&shared),
        watch_attempts(&shared),
        note_long_ones(&shared),
        note_reports(&shared),
        give_back(&shared),
        tidy(&shared),
        forget_keys(&shared),
        tell::run(&shared)
    );
}

/// Waits for about `interval`; beats of several processes should not fall together.
async fn beat(interval: Duration) {
    tokio::time::sleep(interval.mul_f64(rand::random_range(0.8..=1.0))).await;
}

async fn keep(shared: &Shared) {
    let lease = shared.app.config.job_lease;
    let mut kept = Instant::now();
    loop {
        beat(lease / 3).await;
        let late = |_| Err(DbError::Unavailable("no answer in time".to_owned()));
        match timeout(lease / 3, heartbeat(shared)).await.unwrap_or_else(late) {
            Ok(()) => kept = Instant::now(),
            Err(error) => {
                // A beat that is missed is made up for by the next; another process that stands still in the middle of a
                // write is enough for one.
                tracing::warn!(worker_id = %shared.name, error = %error, "the leases could not be extended; trying again");
                if kept.elapsed() > lease {
                    // Others may have claimed them by now.
                    revoke(shared, &shared.held.attempts(Duration::ZERO));
                }
            }
        }
    }
}

/// Looks after every change, though not without pause, whether what runs here still counts; and now and then all the same,
/// because what PostgreSQL tells may be lost.
async fn watch_attempts(shared: &Shared) {
    loop {
        let _ = timeout(LOOK_ANYWAY, shared.changed.notified()).await;
        let attempts = shared.held.attempts(LOOK);
        if !attempts.is_empty() {
            match shared.app.db.read(move |conn| lease::lost(conn, &attempts)).await {
                Ok(lost) => revoke(shared, &lost),
                Err(error) => {
                    tracing::error!(worker_id = %shared.name, error = %error, "cancelled jobs could not be looked for");
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn revoke(shared: &Shared, attempts: &[(i64, i64)]) {
    for job in shared.held.revoke(attempts) {
        finish::revoked(shared, &job);
    }
}

/// Has the rows of jobs that were claimed ahead say that they run, unless they end at once. SQLite's do from the claim on.
async fn note_long_ones(shared: &Shared) {
    while !shared.app.db.commits_in_order() {
        let long = shared.held.long_ones(LONG).await;
        let note = move |conn: &mut AnyConnection| ahead::go_on(conn, long.iter().copied()).map(|()| long);
        match shared.app.db.write_in_background(note).await {
            Ok(noted) => shared.held.are_noted(&noted),
            Err(error) => {
                tracing::warn!(worker_id = %shared.name, error = %error, "running jobs could not be noted; trying again");
                tokio::time::sleep(LOOK_ANYWAY).await;
            }
        }
    }
}

/// Writes down what running jobs say of themselves, a few times a second however often they say it.
async fn note_reports(shared: &Shared) {
    loop {
        let reports = shared.held.reports().await;
        // What ended meanwhile has taken its report with it.
        if reports.is_empty() {
            continue;
        }
        let note = move |conn: &mut AnyConnection| {
            let of_jobs: Vec<_> = reports.iter().map(|(running, report, _)| (&*running.job, report)).collect();
            lease::report(conn, &of_jobs)?;
            Ok(reports)
        };
        let pause = match shared.app.db.write_in_background(note).await {
            Ok(written) => {
                written.iter().for_each(|(running, _, times)| running.said.is_written(*times));
                LOOK
            }
            Err(error) => {
                tracing::warn!(worker_id = %shared.name, error = %error, "the progress of jobs could not be noted; trying again");
                shared.held.ask_again();
                LOOK_ANYWAY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Gives back what was claimed ahead of jobs that turn out to be slow.
async fn give_back(shared: &Arc<Shared>) {
    loop {
        beat(LOOK_ANYWAY).await;
        finish::unclaim(shared, shared.held.drain_stale());
    }
}

async fn tidy(shared: &Shared) {
    loop {
        if let Err(error) = settle_all(shared).await {
            tracing::error!(worker_id = %shared.name, error = %error, "what time has changed could not be looked for");
        }
        if let Err(error) = reject_orphans(shared).await {
            tracing::error!(worker_id = %shared.name, error = %error, "unknown jobs could not be looked for");
        }
        if let Err(error) = prune(shared).await {
            tracing::error!(worker_id = %shared.name, error = %error, "old jobs could not be deleted");
        }
        if let Err(error) = forget_ends(shared).await {
            tracing::error!(worker_id = %shared.name, error = %error, "old lists of ends could not be deleted");
        }
        beat((shared.app.config.job_lease / 3).max(TIDY)).await;
    }
}

async fn forget_keys(shared: &Shared) {
    loop {
        if let Err(error) = prune_keys(shared).await {
            tracing::error!(worker_id = %shared.name, error = %error, "old idempotency keys could not be deleted");
        }
        beat(FORGET).await;
    }
}

async fn heartbeat(shared: &Shared) -> Result<(), DbError> {
    let (held, over) = (shared.held.leases(), shared.held.leases_over(1));
    if held.is_empty() && over.is_empty() {
        return Ok(());
    }
    let (clock, lease_time) = (shared.app.clock.clone(), shared.app.config.job_lease);
    let extend = move |conn: &mut AnyConnection| {
        over.delete(conn)?;
        leases::extend(conn, &held, clock.now() + lease_time).map(|_| over)
    };
    let over = shared.app.db.write(extend).await?;
    shared.held.forget_leases(&over);
    Ok(())
}

/// What the dispatcher does not see to while all executors are busy, and what a process left that died in the middle of it.
async fn settle_all(shared: &Shared) -> Result<(), DbError> {
    let mut ground = shared.ground();
    let next = shared.app.db.read(move |conn| claim::next_change(conn, &mut ground)).await?;
    if next.is_some_and(|due| due <= shared.app.clock.now()) {
        settle_due(shared).await?;
        shared.app.jobs.notify_one();
    }
    settle_abandoned(shared).await
}

/// Waiting rows that are due become claimable, and whoever let its leases end has lost their jobs.
pub(super) async fn settle_due(shared: &Shared) -> Result<(), DbError> {
    let (clock, ground) = (shared.app.clock.clone(), shared.ground());
    let settle = move |conn: &mut AnyConnection| {
        let now = clock.now();
        let due = settle::due(conn, &ground, now, STEP)?;
        if !due.is_empty() {
            settle::release(conn, &due)?;
        }
        leases::delete_ended(conn, now)
    };
    match shared.app.db.write(settle).await? {
        0 => Ok(()),
        _ => settle_abandoned(shared).await,
    }
}

/// Running jobs whose leases are gone have lost their workers, which counts as a failed attempt if it had begun, so that a job that
/// kills its worker again and again ends as `failed`.
async fn settle_abandoned(shared: &Shared) -> Result<(), DbError> {
    loop {
        let abandoned = shared.app.db.read(|conn| settle::abandoned(conn, None, STEP)).await?;
        let (clock, registry, found) = (shared.app.clock.clone(), shared.registry.clone(), abandoned.len());
        if abandoned.is_empty() {
            return Ok(());
        }
        let settle = move |conn: &mut AnyConnection| lost(conn, &registry, &abandoned, clock.now());
        let lost = shared.app.db.write(settle).await?;
        let now = shared.app.clock.now();
        for job in &lost {
            let ran = job.started_at.and_then(|started| (now - started).to_std().ok()).unwrap_or_default();
            shared.tally.add(job, false, ran, now);
            shared.app.jobs.notify_one();
        }
        // What could not be settled is being settled by another, or ends; whoever looks next sees to what is left.
        if found < STEP as usize || lost.is_empty() {
            return Ok(());
        }
    }
}

/// Returns the jobs that were settled, as they were.
fn lost(
    conn: &mut AnyConnection,
    registry: &Registry,
    abandoned: &[(i64, i64)],
    now: NaiveDateTime,
) -> QueryResult<Vec<Job>> {
    let jobs = settle::unsettled(conn, abandoned)?;
    for job in &jobs {
        tracing::warn!(job_id = job.id, job_type = %job.job_type, worker_id = job.worker.as_deref(), attempt = job.attempts, "a worker was lost");
        settle::count_loss(conn, job.id)?;
        if job.ahead {
            // It may not have begun, so it is not to blame. Next time it will begin at once.
            lease::put_back(conn, job, AttemptOutcome::Lost, job.scheduled_at, now)?;
        } else {
            let backoff = Some(registry.backoff(&job.job_type));
            finish::fail(conn, job, AttemptOutcome::Lost, "the worker was lost", backoff, now)?;
        }
    }
    Ok(jobs)
}

/// Ends jobs of types that no process knows. Those in queues that are paused, or that others serve, are not this one's business.
async fn reject_orphans(shared: &Shared) -> Result<(), DbError> {
    let (own, served, now) = (shared.registry.names(), shared.app.config.worker_queues.clone(), shared.app.clock.now());
    let look = move |conn: &mut AnyConnection| {
        // What one of them knows that does not say is unknown, so nothing is for certain.
        let Some(others) = workers::known_types(conn, now - workers::SILENT)? else { return Ok(Vec::new()) };
        let known: Vec<&str> = own.into_iter().chain(others.iter().map(String::as_str)).collect();
        if settle::are_known(conn, &known)? {
            return Ok(Vec::new());
        }
        let paused = queues::settings(conn)?.into_iter().filter(|queue| queue.paused).map(|queue| queue.name);
        let waiting = queues::waiting(conn)?.into_iter().filter(|queue| !served.serves(queue));
        let left: Vec<String> = paused.chain(waiting).collect();
        let left: Vec<&str> = left.iter().map(String::as_str).collect();
        settle::orphans(conn, &known, &left, now - ORPHAN_GRACE, STEP)
    };
    let orphans = shared.app.db.read(look).await?;
    if orphans.is_empty() {
        return Ok(());
    }
    let reject = move |conn: &mut AnyConnection| {
        orphans
            .iter()
            .try_for_each(|job| settle::reject(conn, job, &format!("No processor for job type: {}", job.job_type), now))
    };
    shared.app.db.write(reject).await
}

/// Deletes finished jobs that have been kept long enough, in small steps, so that nobody waits long for the write lock.
async fn prune(shared: &Shared) -> Result<(), DbError> {
    loop {
        let end = shared.app.clock.now() - shared.app.config.job_retention;
        let ids = shared.app.db.read(move |conn| prune::outdated(conn, end, STEP)).await?;
        let found = ids.len();
        for step in ids.chunks(PRUNE_STEP) {
            let step = step.to_vec();
            shared.app.db.write_in_background(move |conn| prune::delete(conn, &step)).await?;
            shared.app.db.release_space().await?;
            tokio::time::sleep(PRUNE_PAUSE).await;
        }
        if found == 0 || shared.stop.is_cancelled() {
            return Ok(());
        }
    }
}

/// Deletes the lists of ends that nobody is told of any more. SQLite has none.
async fn forget_ends(shared: &Shared) -> Result<(), DbError> {
    if shared.app.db.commits_in_order() {
        return Ok(());
    }
    shared.app.db.write_untold(ends::forget).await
}

/// Deletes idempotency keys whose time is over.
async fn prune_keys(shared: &Shared) -> Result<(), DbError> {
    let outdated = shared.app.clock.now() - shared.app.config.idempotency_retention;
    while shared.app.db.read(idempotency::oldest).await?.is_some_and(|oldest| oldest < outdated) {
        let step = PRUNE_STEP as i64;
        shared.app.db.write_in_background(move |conn| idempotency::delete(conn, outdated, step)).await?;
        shared.app.db.release_space().await?;
        if shared.stop.is_cancelled() {
            return Ok(());
        }
        tokio::time::sleep(PRUNE_PAUSE).await;
    }
    Ok(())
}
