//! What a job says of itself while it runs, and how long it may.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keiyaku::api::models::JobStatus;
use keiyaku::clock::Clock;
use keiyaku::jobs::{Done, JobError};
use keiyaku::models::jobs::NewJob;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use crate::support::Bench;
use crate::support::scripts::Scripted;

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_and_output_can_be_read_while_the_job_runs() {
    let bench = Bench::new();
    let go_on = Arc::new(Notify::new());
    let script = {
        let go_on = Arc::clone(&go_on);
        Scripted::new(move |context| {
            let go_on = Arc::clone(&go_on);
            async move {
                context.progress(10, "began");
                context.progress(40, "reading");
                context.output(&object(json!({"read": 4})));
                go_on.notified().await;
                context.progress(200, "all read");
                Ok(Done::default().output(&object(json!({"read": 10}))))
            }
        })
    };
    let id = bench.put_script(&script).await;
    let workers = bench.start();
    let job = bench.becomes(id, "noted", |job| job.progress.is_some()).await;
    assert_eq!(
        (job.status.as_str(), job.progress, job.progress_note.as_deref()),
        ("processing", Some(40), Some("reading"))
    );
    assert_eq!(job.output.as_deref(), Some(r#"{"read":4}"#));
    go_on.notify_one();
    // What was said at the very end is part of the completion.
    let job = bench.reaches(id, JobStatus::Completed).await;
    assert_eq!((job.progress, job.progress_note.as_deref()), (Some(100), Some("all read")));
    assert_eq!(job.output.as_deref(), Some(r#"{"read":10}"#));
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_with_a_nul_is_kept_without_it() {
    let bench = Bench::new();
    let go_on = Arc::new(Notify::new());
    let script = {
        let go_on = Arc::clone(&go_on);
        Scripted::new(move |context| {
            let go_on = Arc::clone(&go_on);
            async move {
                context.progress(40, "half\0way");
                context.output(&object(json!({"read": "a\0b"})));
                go_on.notified().await;
                context.progress(100, "at\0the end");
                Ok(Done::default().output(&object(json!({"re\0ad": "all"}))))
            }
        })
    };
    let id = bench.put_script(&script).await;
    let workers = bench.start();
    let job = bench.becomes(id, "noted", |job| job.progress.is_some()).await;
    // In JSON's text a NUL is an escape, which every database can store.
    assert_eq!(
        (job.progress_note.as_deref(), job.output.as_deref()),
        (Some("half\u{fffd}way"), Some(r#"{"read":"a\u0000b"}"#))
    );
    go_on.notify_one();
    let job = bench.reaches(id, JobStatus::Completed).await;
    assert_eq!(
        (job.progress_note.as_deref(), job.output.as_deref()),
        (Some("at\u{fffd}the end"), Some(r#"{"re\u0000ad":"all"}"#))
    );
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_attempt_begins_without_the_progress_of_the_one_before() {
    let bench = Bench::new();
    let (is_second, go_on) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
    let script = {
        let go_on = Arc::clone(&go_on);
        Scripted::new(move |context| {
            let (is_second, go_on) = (is_second.swap(true, Ordering::SeqCst), Arc::clone(&go_on));
            async move {
                if !is_second {
                    context.progress(70, "nearly");
                    tokio::time::sleep(Duration::from_millis(400)).await;
                    return Err(JobError::Temporary("no answer".to_owned()));
                }
                go_on.notified().await;
                Ok(Done::default())
            }
        })
    };
    let id = bench.put_script(&script).await;
    let workers = bench.start();
    let failed = bench.reaches(id, JobStatus::RetryPending).await;
    assert_eq!((failed.progress, failed.progress_note.as_deref()), (Some(70), Some("nearly")));
    let again = bench.becomes(id, "at work again", |job| job.status == "processing" && job.attempts == 2).await;
    assert_eq!((again.progress, again.progress_note, again.output), (None, None, None));
    go_on.notify_one();
    bench.reaches(id, JobStatus::Completed).await;
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_may_have_a_time_limit_of_its_own() {
    let bench = Bench::with(&[], Clock::system());
    let script = Scripted::new(|_| async {
        tokio::time::sleep(Duration::from_secs(600)).await;
        Ok(Done::default())
    });
    let short = NewJob { timeout_seconds: Some(1), max_retries: 0, ..bench.job(&script) };
    let id = bench.put(short).await;
    let workers = bench.start();
    let job = bench.reaches(id, JobStatus::Failed).await;
    assert_eq!(job.error_message.as_deref(), Some("timed out after 1s"));
    assert_eq!(bench.outcomes(id).await, ["timed_out"]);
    workers.stop().await;
}
