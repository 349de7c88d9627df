//! An executor: runs one job at a time, with the type's timeout, and survives its panics.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::Shared;
use super::finish::{self, End};
use super::held::Running;
use crate::api::models::AttemptOutcome;
use crate::db::panic_message;
use crate::jobs::{Attempt, Context, Done, JobError};
use crate::models::jobs::Job;
use crate::traces;

/// How long an attempt that counts no more may take to notice.
const GRACE: Duration = Duration::from_secs(5);

pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        let (place, job) = tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            next = next(&shared) => next,
        };
        let started = Instant::now();
        let span = tracing::info_span!("job", worker_id = %shared.name, job_id = job.id, job_type = %job.job_type, attempt = job.attempts, trace_id = traces::id_of(&job), otel.kind = traces::kind("consumer"), otel.name = traces::name_of(&job));
        traces::go_on(&span, job.traceparent.as_deref(), "");
        traces::waited(&job, shared.app.clock.now());
        shared.app.metrics.running().inc();
        let end = attempt(&shared, &job).instrument(span.clone()).await;
        shared.app.metrics.running().dec();
        let duration = started.elapsed();
        shared.held.ran(&job, duration);
        match end {
            Some(end) => finish::spawn(&shared, job, end, duration, place, span),
            None => finish::revoked(&shared, &job),
        }
    }
}

/// A job, and before it a place among the ends being committed: when commits are slow, jobs wait, not their results.
async fn next(shared: &Shared) -> (Option<OwnedSemaphorePermit>, Arc<Job>) {
    // The semaphore is never closed.
    let place = Arc::clone(&shared.places).acquire_owned().await.ok();
    (place, shared.held.take().await)
}

/// `None` when the attempt counts no more, so that there is nothing to end.
pub(super) async fn attempt(shared: &Arc<Shared>, job: &Arc<Job>) -> Option<End> {
    let Some(job_type) = shared.registry.get(&job.job_type) else {
        return Some(End::rejected(format!("No processor for job type: {}", job.job_type)));
    };
    let Running { revoked, said, .. } = shared.held.run_of(job);
    let context =
        Context { app: shared.app.clone(), job: Arc::clone(job), revoked: revoked.clone(), said: said.clone() };
    let limit = job.timeout_seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
    // A job may panic before its first await, too.
    match std::panic::catch_unwind(AssertUnwindSafe(|| (job_type.start)(context))) {
        Ok(Ok(running)) => {
            let mut end = supervise(shared, limit.unwrap_or(job_type.timeout), running, &revoked).await;
            if let Some(End::Completed(done)) = &mut end {
                // What nobody has written down yet goes with the completion.
                done.report = said.report().0.then(std::mem::take(&mut done.report));
            }
            end
        }
        // Where in the payload, not what: the text may be personal.
        Ok(Err(error)) => {
            let (kind, column) = (error.classify(), error.column());
            Some(End::rejected(format!("Failed to parse payload: {kind:?} error at column {column}")))
        }
        Err(panic) => Some(End::panicked(&panic_message(panic.as_ref()))),
    }
}

/// Waits for the attempt, at most this long, and not beyond the end of the process.
async fn supervise(
    shared: &Arc<Shared>,
    limit: Duration,
    running: Attempt,
    revoked: &CancellationToken,
) -> Option<End> {
    // A task of its own keeps a panic, or a poll that does not return, away from the executor.
    let mut task = tokio::spawn(running.in_current_span());
    if let Some(ended) = at_once(&mut task).await {
        return Some(end_of(ended));
    }
    tokio::select! {
        biased;
        ended = &mut task => Some(end_of(ended)),
        () = shared.abandon.cancelled() => { task.abort(); Some(End::HandedBack) }
        () = revoked.cancelled() => { give_up(task).await; None }
        () = tokio::time::sleep(limit) => { task.abort(); Some(timed_out(limit)) }
    }
}

/// What becomes of a task in the turn that it is given before this one goes on. A quick attempt is over by then, and needs neither a
/// timer nor a place among those who wait for the end of the process, which take longer than it does.
async fn at_once<T>(task: &mut JoinHandle<T>) -> Option<Result<T, JoinError>> {
    let mut has_waited = false;
    poll_fn(|context| match Pin::new(&mut *task).poll(context) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending if std::mem::replace(&mut has_waited, true) => Poll::Ready(None),
        Poll::Pending => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

/// Lets an attempt that has been told to stop come to its own end, and ends it when it does not.
async fn give_up(mut task: JoinHandle<Result<Done, JobError>>) {
    if tokio::time::timeout(GRACE, &mut task).await.is_err() {
        task.abort();
    }
}

fn end_of(ended: Result<Result<Done, JobError>, JoinError>) -> End {
    match ended {
        Ok(Ok(done)) => End::Completed(done),
        Ok(Err(JobError::Temporary(error))) => End::Failed { outcome: AttemptOutcome::Failed, error, retry: true },
        Ok(Err(JobError::Permanent(error))) => End::rejected(error),
        Ok(Err(JobError::Snooze(time))) => End::Snoozed(time),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => End::panicked(&panic_message(panic.as_ref())),
            Err(_) => End::HandedBack,
        },
    }
}

fn timed_out(timeout: Duration) -> End {
    let error = format!("timed out after {}", humantime::format_duration(timeout));
    End::Failed { outcome: AttemptOutcome::TimedOut, error, retry: true }
}
