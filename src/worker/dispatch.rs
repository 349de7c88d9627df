//! The dispatcher: claims as many jobs as the process will start shortly, and sleeps while there are none.
//!
//! It looks before it writes: an idle queue costs one read a poll and never the write lock. On PostgreSQL, which has no such lock, it
//! claims without a look when somebody has told of jobs.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;
use tokio::time::sleep;

use super::Shared;
use super::finish;
use super::held::{AHEAD, Over, Wanted};
use super::keep;
use crate::db::{AnyConnection, DbError};
use crate::models::jobs::claim::{self, Claim, Claimed, Outlook};
use crate::models::jobs::lease;
use crate::models::leases;

/// The longest sleep: the safety net for what no wake-up tells of.
const POLL: Duration = Duration::from_secs(1);
/// For so long a full claim is taken for a sign that the next one finds something, too. Then comes a look, which sees what time alone
/// has changed.
const SURE: Duration = Duration::from_millis(50);
/// After so many jobs, leases that hold nothing any more are taken away with a claim, so that few claims have to; the keeper sees to
/// what is left.
const OVER: usize = 64;
/// Pause after an error of the database.
const PAUSE: Duration = Duration::from_millis(250);

pub(super) async fn run(shared: Arc<Shared>) {
    // When a look last found something, while every claim since has taken all it was to take.
    let mut found = None::<Instant>;
    // The time before the first claim that nobody has confirmed since.
    let mut unheard = None::<NaiveDateTime>;
    // At the start there may be something.
    let mut is_told = !shared.app.db.commits_in_order();
    while !shared.stop.is_cancelled() {
        let wanted = shared.held.wanted();
        let looked = found.filter(|looked| looked.elapsed() < SURE);
        let is_sure = looked.is_some() || std::mem::take(&mut is_told);
        let next = if wanted.jobs == 0 { Next::Room } else { refill(&shared, wanted, is_sure, &mut unheard).await };
        match next {
            Next::Room => tokio::select! {
                () = shared.stop.cancelled() => {}
                () = shared.held.room_made() => {}
            },
            Next::AtOnce => found = looked.or_else(|| Some(Instant::now())),
            Next::Look => found = None,
            Next::After { pause, is_held_back } => {
                found = None;
                is_told = wait(&shared, pause, is_held_back).await;
            }
        }
    }
    finish::unclaim(&shared, shared.held.drain());
}

/// Waits for what may bring something to claim. What a request puts in is claimed in the transaction that puts it in. Returns whether
/// somebody has told of something that a claim may as well find without a look: one that finds nothing changes nothing, but on SQLite
/// it would keep everybody else from writing.
async fn wait(shared: &Arc<Shared>, pause: Duration, is_held_back: bool) -> bool {
    let wanted = shared.held.wanted();
    // What the standing claim takes must not be for executors that are no longer quick.
    let pause = if wanted.is_passing && shared.app.db.commits_in_order() { pause.min(AHEAD) } else { pause };
    let mut standing = Standing::new(shared, wanted);
    let mut is_told = false;
    tokio::select! {
        biased;
        () = shared.stop.cancelled() => {}
        taken = &mut standing.taken => match taken {
            Ok(taken) => {
                add(shared, taken);
                return false;
            }
            // Nothing was claimed, and with a writer that takes no more another try would fail at once, too.
            Err(error) => {
                tracing::debug!(worker_id = %shared.name, error = %error, "jobs were not claimed with requests");
                tokio::select! {
                    () = shared.stop.cancelled() => {}
                    () = sleep(PAUSE) => {}
                }
                return false;
            }
        },
        () = shared.held.room_made(), if is_held_back => {}
        () = shared.app.jobs.notified() => is_told = !shared.app.db.commits_in_order(),
        () = sleep(pause) => {}
    }
    // Two claims at a time would each take what there is room for.
    if standing.has_begun.swap(true, Ordering::AcqRel)
        && let Ok(taken) = standing.taken.await
    {
        add(shared, taken);
    }
    is_told
}

/// A claim that waits for a transaction with requests.
struct Standing {
    /// Set by whoever is first: the writer, which then runs the claim, or the dispatcher, which then gives it up.
    has_begun: Arc<AtomicBool>,
    taken: Pin<Box<dyn Future<Output = Result<Taken, DbError>> + Send>>,
}

impl Standing {
    fn new(shared: &Arc<Shared>, wanted: Wanted) -> Standing {
        let has_begun = Arc::new(AtomicBool::new(false));
        let (begun, claim) = (Arc::clone(&has_begun), claim_of(shared, wanted));
        let claim = move |conn: &mut AnyConnection| {
            if begun.swap(true, Ordering::AcqRel) { Ok(Taken::default()) } else { claim(conn) }
        };
        let shared = Arc::clone(shared);
        Standing { has_begun, taken: Box::pin(async move { shared.app.db.write_behind_requests(claim).await }) }
    }
}

/// What a claim has done. One that was given up has done nothing.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) claimed: Claimed,
    /// Leases that held nothing any more and that it took away.
    over: Over,
}

fn add(shared: &Shared, taken: Taken) {
    let jobs = taken.claimed.jobs;
    shared.app.metrics.claimed(jobs.len());
    shared.held.add(jobs);
    shared.held.forget_leases(&taken.over);
}

/// What the dispatcher waits for.
enum Next {
    /// Until an executor has room.
    Room,
    /// For nothing: there may be more.
    AtOnce,
    /// For nothing but a look, which tells why there was less than wanted, and when there will be more.
    Look,
    /// For a change, at most this long; and for the end of a job if some wait for that.
    After { pause: Duration, is_held_back: bool },
}

/// Claims what is wanted; looks before that, unless it is sure that there is something.
async fn refill(shared: &Arc<Shared>, wanted: Wanted, is_sure: bool, unheard: &mut Option<NaiveDateTime>) -> Next {
    let now = shared.app.clock.now();
    let filled = match *unheard {
        Some(since) => give_back_unheard(shared, since).await.map(|()| Next::Look),
        None => fill(shared, wanted, is_sure).await,
    };
    match filled {
        Ok(next) => {
            *unheard = None;
            next
        }
        Err(error) => {
            if let DbError::Unavailable(_) = error {
                unheard.get_or_insert(now);
            }
            tracing::error!(worker_id = %shared.name, error = %error, "jobs cannot be claimed; trying again");
            Next::After { pause: PAUSE, is_held_back: false }
        }
    }
}

async fn fill(shared: &Arc<Shared>, wanted: Wanted, is_sure: bool) -> Result<Next, DbError> {
    let jobs = wanted.jobs;
    if is_sure {
        let (claimed, _) = claim_and_add(shared, wanted).await?;
        return Ok(if claimed == jobs { Next::AtOnce } else { Next::Look });
    }
    let Look { claimed, next, is_held_back } = look_and_claim(shared, wanted).await?;
    // A full claim suggests that there is more.
    if claimed == jobs {
        return Ok(Next::AtOnce);
    }
    let pause = next.map_or(POLL, |due| until(shared.app.clock.now(), due).min(POLL));
    Ok(Next::After { pause, is_held_back })
}

/// A connection that was lost at a claim's commit does not say whether it was committed. If so, nobody here knows of the jobs, and
/// they would be taken for lost with this worker when the lease ends.
async fn give_back_unheard(shared: &Shared, since: NaiveDateTime) -> Result<(), DbError> {
    let (worker, known) = (shared.name.clone(), shared.held.leases());
    let give_back = move |conn: &mut AnyConnection| {
        let claims = lease::claimed_since(conn, &worker, since, &known)?;
        let leases: Vec<i64> = claims.iter().filter_map(|(_, lease)| *lease).collect();
        let given_back = if claims.is_empty() { 0 } else { lease::unclaim(conn, claims)? };
        leases::delete(conn, &leases)?;
        Ok(given_back)
    };
    let jobs = shared.app.db.write_in_background(give_back).await?;
    if jobs > 0 {
        tracing::info!(worker_id = %shared.name, jobs, "jobs of a claim that was not confirmed were given back");
    }
    Ok(())
}

fn until(now: NaiveDateTime, due: NaiveDateTime) -> Duration {
    // A millisecond more, so that the row is due when the sleep ends.
    ((due - now).max(TimeDelta::zero()) + TimeDelta::milliseconds(1)).to_std().unwrap_or(POLL)
}

struct Look {
    claimed: usize,
    is_held_back: bool,
    next: Option<NaiveDateTime>,
}

async fn look_and_claim(shared: &Arc<Shared>, wanted: Wanted) -> Result<Look, DbError> {
    let (names, room) = (shared.registry.names(), wanted.room.clone());
    let mut ground = shared.ground();
    let look = move |conn: &mut AnyConnection| {
        let outlook = claim::outlook(conn, &names, &room, &mut ground)?;
        Ok((outlook, ground))
    };
    let (outlook, ground) = shared.app.db.read(look).await?;
    shared.set_ground(ground);
    let Outlook { is_claimable, is_held_back, next } = outlook;
    if next.is_some_and(|due| due <= shared.app.clock.now()) {
        keep::settle_due(shared).await?;
    } else if !is_claimable {
        return Ok(Look { claimed: 0, is_held_back, next });
    }
    let (claimed, is_held_back) = claim_and_add(shared, wanted).await?;
    Ok(Look { claimed, is_held_back, next })
}

/// How many were claimed, and whether others are held back.
async fn claim_and_add(shared: &Arc<Shared>, wanted: Wanted) -> Result<(usize, bool), DbError> {
    let mut taken = claim(shared, wanted).await?;
    let (claimed, is_held_back) = (taken.claimed.jobs.len(), taken.claimed.is_held_back);
    shared.set_ground(std::mem::take(&mut taken.claimed.ground));
    add(shared, taken);
    Ok((claimed, is_held_back))
}

pub(super) async fn claim(shared: &Arc<Shared>, wanted: Wanted) -> Result<Taken, DbError> {
    let taken = shared.app.db.write_untold(claim_of(shared, wanted)).await?;
    if !taken.claimed.jobs.is_empty() {
        shared.app.db.tell();
    }
    Ok(taken)
}

/// The claim as a write.
fn claim_of(
    shared: &Arc<Shared>,
    wanted: Wanted,
) -> impl FnOnce(&mut AnyConnection) -> QueryResult<Taken> + Send + use<> {
    let clock = shared.app.clock.clone();
    let lease_time = shared.app.config.job_lease;
    let (job_types, worker) = (shared.registry.names(), shared.name.clone());
    let number = |jobs| i64::try_from(jobs).unwrap_or(i64::MAX);
    let (limit, at_once, room) = (number(wanted.jobs), number(wanted.at_once), wanted.room);
    let (ground, over) = (shared.ground(), shared.held.leases_over(OVER));
    move |conn| {
        let now = clock.now();
        over.delete(conn)?;
        let claim = Claim { job_types, limit, at_once, room, ground, worker, until: now + lease_time };
        Ok(Taken { claimed: claim::claim(conn, &claim, now)?, over })
    }
}
