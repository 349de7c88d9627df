//! Attempts that fail: what is stored, what is tried again, and that the workers live on.

use std::future::pending;
use std::sync::Mutex;
use std::time::Duration;

use chrono::TimeDelta;
use keiyaku::api::models::JobStatus;
use keiyaku::db::DbError;
use keiyaku::jobs::{Done, JobError};
use keiyaku::models::jobs::{Job, NewJob};

use crate::support::Bench;
use crate::support::scripts::{Scripted, marked};

fn temporary(text: &str) -> JobError {
    JobError::Temporary(text.to_owned())
}

/// Fails with these errors, one an attempt, then succeeds.
fn failing_first(errors: &[&str]) -> Scripted {
    let errors = Mutex::new(errors.iter().rev().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    Scripted::at_once(move |_| match errors.lock().unwrap().pop() {
        Some(error) => Err(JobError::Temporary(error)),
        None => Ok(marked("in the end")),
    })
}

/// Runs one job that cannot succeed, and shows that the same workers still run another.
async fn runs_to_failure(bench: &Bench, job: NewJob) -> Job {
    let workers = bench.start();
    let id = bench.put(job).await;
    let failed = bench.reaches(id, JobStatus::Failed).await;
    for _ in 0..bench.app.config.worker_count {
        let next = bench.put_script(&Scripted::succeeding()).await;
        bench.reaches(next, JobStatus::Completed).await;
    }
    workers.stop().await;
    failed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_finds_the_database_away_is_put_off_and_spends_no_retry() {
    let bench = Bench::standing_still(&[]);
    let workers = bench.start();
    let away = Mutex::new(true);
    let job = Scripted::at_once(move |_| match std::mem::take(&mut *away.lock().unwrap()) {
        true => Err(DbError::Unavailable("no connection".to_owned()).into()),
        false => Ok(marked("back")),
    });
    let id = bench.put_script(&job).await;
    let job = bench.becomes(id, "put off", |job| job.attempts == 1 && job.status == "pending").await;
    assert_eq!((job.retry_count, job.error_message), (0, None));
    bench.advance(TimeDelta::seconds(1));
    assert_eq!(bench.reaches(id, JobStatus::Completed).await.retry_count, 0);
    let attempts = bench.attempts(id).await;
    let outcomes: Vec<_> = attempts.iter().map(|one| one.outcome.as_str()).collect();
    assert_eq!(outcomes, ["snoozed", "completed"]);
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_temporary_failure_is_tried_again_after_a_growing_pause() {
    let bench = Bench::standing_still(&[]);
    let workers = bench.start();
    let id = bench.put_script(&failing_first(&["no answer", "no answer again"])).await;
    for (retries, error, most) in [(1, "no answer", 1_000), (2, "no answer again", 2_000)] {
        let job = bench.becomes(id, "failed once more", |job| job.retry_count == retries).await;
        assert_eq!((job.status.as_str(), job.error_message.as_deref()), ("retry_pending", Some(error)));
        let pause = (job.scheduled_at - bench.now()).num_milliseconds();
        assert!((most / 2..=most).contains(&pause), "the pause before retry {retries} is {pause} ms");
        assert_eq!((job.wake_at, job.claimable, job.completed_at), (Some(job.scheduled_at), false, None));
        bench.advance(TimeDelta::milliseconds(most));
    }
    let job = bench.reaches(id, JobStatus::Completed).await;
    assert_eq!((job.retry_count, job.attempts, job.error_message), (2, 3, None));
    let attempts: Vec<_> = bench.attempts(id).await;
    let told: Vec<_> = attempts.iter().map(|one| (one.attempt, one.outcome.as_str(), one.error.as_deref())).collect();
    let expected = [(1, "failed", Some("no answer")), (2, "failed", Some("no answer again")), (3, "completed", None)];
    assert_eq!(told, expected);
    assert!(attempts.iter().all(|attempt| attempt.worker.as_deref() == Some(workers.name.as_str())));
    assert_eq!(bench.marks(), ["in the end"]);
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_type_may_have_a_backoff_of_its_own() {
    let bench = Bench::standing_still(&[]);
    let workers = bench.start();
    let script = failing_first(&["no answer", "no answer again"]);
    let id = bench.put(NewJob { job_type: "steady".to_owned(), ..bench.job(&script) }).await;
    for retries in 1..=2 {
        let job = bench.becomes(id, "failed once more", |job| job.retry_count == retries).await;
        let pause = (job.scheduled_at - bench.now()).num_seconds();
        assert!((50..=100).contains(&pause), "the pause before retry {retries} is {pause} s");
        bench.advance(TimeDelta::seconds(100));
    }
    bench.reaches(id, JobStatus::Completed).await;
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_snoozes_runs_again_later_without_spending_a_retry() {
    let bench = Bench::standing_still(&[]);
    let workers = bench.start();
    let naps = Mutex::new(vec![Duration::MAX, Duration::from_secs(40), Duration::ZERO]);
    let script = Scripted::at_once(move |_| match naps.lock().unwrap().pop() {
        Some(nap) => Err(JobError::Snooze(nap)),
        None => Ok(marked("awake")),
    });
    let id = bench.put(NewJob { max_retries: 0, ..bench.job(&script) }).await;
    // The first nap is over at once.
    let job = bench.becomes(id, "waiting", |job| job.attempts == 2 && job.status == "pending").await;
    assert_eq!(job.scheduled_at, bench.now() + TimeDelta::seconds(40));
    assert_eq!((job.wake_at, job.retry_count, job.error_message), (Some(job.scheduled_at), 0, None));
    bench.advance(TimeDelta::seconds(40));
    let job = bench.becomes(id, "waiting for long", |job| job.attempts == 3 && job.status == "pending").await;
    assert_eq!(job.scheduled_at, bench.now() + TimeDelta::days(3650));
    bench.advance(TimeDelta::days(3650));
    let job = bench.reaches(id, JobStatus::Completed).await;
    assert_eq!(bench.outcomes(id).await, ["snoozed", "snoozed", "snoozed", "completed"]);
    assert_eq!((job.retry_count, bench.marks()), (0, vec!["awake".to_owned()]));
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_without_retries_left_has_failed() {
    let bench = Bench::standing_still(&[]);
    let workers = bench.start();
    let script = Scripted::failing(temporary("no answer"));
    let once = bench.put(NewJob { max_retries: 0, ..bench.job(&script) }).await;
    let twice = bench.put(NewJob { max_retries: 1, ..bench.job(&script) }).await;
    assert_eq!(bench.reaches(once, JobStatus::Failed).await.retry_count, 0);
    bench.reaches(twice, JobStatus::RetryPending).await;
    bench.advance(TimeDelta::seconds(1));
    let job = bench.reaches(twice, JobStatus::Failed).await;
    assert_eq!((job.retry_count, job.attempts, job.error_message.as_deref()), (1, 2, Some("no answer")));
    assert_eq!(job.completed_at, Some(bench.now()));
    assert_eq!(bench.outcomes(twice).await, ["failed", "failed"]);
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permanent_failure_ends_the_job_at_once() {
    let bench = Bench::standing_still(&[]);
    let script = Scripted::failing(JobError::Permanent("there is no such address".to_owned()));
    let job = runs_to_failure(&bench, bench.job(&script)).await;
    assert_eq!((job.retry_count, job.attempts), (0, 1));
    assert_eq!(job.error_message.as_deref(), Some("there is no such address"));
    assert_eq!(bench.outcomes(job.id).await, ["failed"]);
    let metrics = bench.app.metrics.render(None).unwrap();
    assert!(metrics.contains(r#"jobs_processed_total{job_type="scripted",status="error"} 1"#), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_after_the_first_await_is_recorded_and_the_workers_live_on() {
    let bench = Bench::standing_still(&[]);
    let script = Scripted::new(async |_| {
        tokio::task::yield_now().await;
        panic!("a job's own mistake")
    });
    let job = runs_to_failure(&bench, NewJob { max_retries: 0, ..bench.job(&script) }).await;
    assert_eq!(job.error_message.as_deref(), Some("panicked: a job's own mistake"));
    assert_eq!(bench.outcomes(job.id).await, ["panicked"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_before_the_first_await_is_recorded_and_the_workers_live_on() {
    let bench = Bench::standing_still(&[]);
    let script = Scripted::at_once(|_| panic!("an early mistake"));
    let job = runs_to_failure(&bench, NewJob { max_retries: 0, ..bench.job(&script) }).await;
    assert_eq!(job.error_message.as_deref(), Some("panicked: an early mistake"));
    assert_eq!(bench.outcomes(job.id).await, ["panicked"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_tried_again_like_any_failure() {
    let bench = Bench::standing_still(&[]);
    let workers = bench.start();
    let script = Scripted::at_once(|context| {
        assert!(context.job.attempts > 1, "not this time");
        Ok(Done::default())
    });
    let id = bench.put_script(&script).await;
    bench.reaches(id, JobStatus::RetryPending).await;
    bench.advance(TimeDelta::seconds(1));
    bench.reaches(id, JobStatus::Completed).await;
    assert_eq!(bench.outcomes(id).await, ["panicked", "completed"]);
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_takes_longer_than_its_type_allows_is_abandoned() {
    let bench = Bench::standing_still(&[]);
    let script = Scripted::new(|_| pending());
    let hasty = NewJob { job_type: "hasty".to_owned(), max_retries: 0, ..bench.job(&script) };
    let job = runs_to_failure(&bench, hasty).await;
    assert_eq!(job.error_message.as_deref(), Some("timed out after 50ms"));
    assert_eq!(bench.outcomes(job.id).await, ["timed_out"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_payload_fails_at_once_and_is_not_quoted() {
    for payload in [r#"{"script":"taro@example.com"}"#, r#"{"taro@example.com":1}"#, "taro@example.com", ""] {
        let bench = Bench::standing_still(&[]);
        let job =
            runs_to_failure(&bench, NewJob { payload: payload.to_owned(), ..bench.job(&Scripted::succeeding()) }).await;
        let error = job.error_message.unwrap();
        assert!(error.starts_with("Failed to parse payload: "), "{error}");
        assert!(!error.contains("taro"), "{error}");
        assert_eq!((job.retry_count, job.attempts), (0, 1));
        assert_eq!(bench.outcomes(job.id).await, ["failed"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_error_is_cut_between_two_characters() {
    let bench = Bench::standing_still(&[]);
    let script = Scripted::failing(JobError::Permanent(format!("!{}", "契".repeat(2_000))));
    let job = runs_to_failure(&bench, bench.job(&script)).await;
    assert_eq!(job.error_message.unwrap(), format!("!{}", "契".repeat(666)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_with_a_nul_ends_the_attempt_and_is_kept_without_it() {
    let bench = Bench::standing_still(&[]);
    let script = Scripted::failing(JobError::Permanent("the printer said \0\0!".to_owned()));
    let job = runs_to_failure(&bench, bench.job(&script)).await;
    assert_eq!(job.error_message.as_deref(), Some("the printer said \u{fffd}\u{fffd}!"));
    let attempts = bench.attempts(job.id).await;
    assert_eq!(attempts[0].error.as_deref(), Some("the printer said \u{fffd}\u{fffd}!"));

    let bench = Bench::standing_still(&[]);
    let script = Scripted::at_once(|_| panic!("{}", "\0".repeat(2_000)));
    let job = runs_to_failure(&bench, NewJob { max_retries: 0, ..bench.job(&script) }).await;
    assert_eq!(job.error_message.unwrap(), format!("panicked: {}", "\u{fffd}".repeat(663)));
}
