//! `Worker::drain`, with which job types are tested: no pause, no polling.

use std::sync::Mutex;

use chrono::TimeDelta;
use keiyaku::jobs::JobError;
use keiyaku::models::jobs::NewJob;
use keiyaku::worker::Worker;

use crate::support::scripts::{Scripted, marked};
use crate::support::{Bench, scripted_types};

#[tokio::test]
async fn what_is_due_has_ended_when_it_returns_and_what_that_put_in_too() {
    let bench = Bench::standing_still(&[]);
    let next = Scripted::marking("second");
    let first = Scripted::putting_in(next);
    let id = bench.put_script(&first).await;
    let failing = bench.put_script(&Scripted::failing(JobError::Permanent("no use".to_owned()))).await;
    let later = bench.now() + TimeDelta::hours(1);
    let later = bench.put(NewJob { scheduled_at: Some(later), ..bench.job(&Scripted::marking("later")) }).await;

    let worker = Worker::new(bench.app.clone(), scripted_types());
    assert_eq!(worker.drain().await.unwrap(), 3);
    assert_eq!((bench.row(id).await.status, bench.row(failing).await.status), ("completed".into(), "failed".into()));
    assert_eq!((bench.marks(), bench.row(later).await.status), (vec!["second".to_owned()], "pending".to_owned()));

    bench.advance(TimeDelta::hours(1));
    assert_eq!(worker.drain().await.unwrap(), 1);
    assert_eq!(bench.marks(), ["second", "later"]);
}

#[tokio::test]
async fn a_retry_runs_when_the_clock_has_come_to_it() {
    let bench = Bench::standing_still(&[]);
    let failed = Mutex::new(false);
    let script = Scripted::at_once(move |_| {
        let again = std::mem::replace(&mut *failed.lock().unwrap(), true);
        if again { Ok(marked("again")) } else { Err(JobError::Temporary("not yet".to_owned())) }
    });
    let id = bench.put_script(&script).await;
    let worker = Worker::new(bench.app.clone(), scripted_types());
    assert_eq!(worker.drain().await.unwrap(), 1);
    assert_eq!((worker.drain().await.unwrap(), bench.row(id).await.status.as_str()), (0, "retry_pending"));
    bench.advance(TimeDelta::seconds(1));
    assert_eq!((worker.drain().await.unwrap(), bench.row(id).await.status.as_str()), (1, "completed"));
    assert_eq!(bench.outcomes(id).await, ["failed", "completed"]);
}
