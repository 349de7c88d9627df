//! Two processes at work on one database.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use keiyaku::clock::Clock;
use keiyaku::db::AnyConnection;
use keiyaku::models::jobs;

use crate::support::scripts::{Scripted, marked};
use crate::support::{Bench, eventually};

const JOBS: usize = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_on_one_database_never_run_a_job_twice() {
    let settings = [("WORKER_COUNT", "4")];
    let bench = Bench::with(&settings, Clock::system());
    let beside = bench.beside(&settings, Clock::system());
    let runs = Arc::new(Mutex::new(HashMap::<i64, Vec<String>>::new()));
    let script = {
        let runs = Arc::clone(&runs);
        Scripted::new(move |context| {
            let runs = Arc::clone(&runs);
            async move {
                let worker = context.job.worker.clone().unwrap();
                runs.lock().unwrap().entry(context.job.id).or_default().push(worker);
                // Neither goes on before the other has begun, so both are at work together.
                while workers_of(&runs).len() < 2 {
                    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                }
                Ok(marked("effect"))
            }
        })
    };
    let (now, jobs) = (bench.now(), vec![bench.job(&script); JOBS]);
    let put = move |conn: &mut AnyConnection| jobs::enqueue_all(conn, &jobs, now);
    bench.app.db.write(put).await.unwrap();
    let (one, other) = (bench.start(), beside.start());
    eventually("all jobs are completed", async || {
        let counts = bench.app.db.read(jobs::counts::by_type_and_status).await.unwrap();
        let completed = |(_, status, jobs): &(String, String, i64)| status == "completed" && *jobs == JOBS as i64;
        counts.iter().any(completed).then_some(())
    })
    .await;
    let names = HashSet::from([one.name.clone(), other.name.clone()]);
    one.stop().await;
    other.stop().await;
    assert_eq!(workers_of(&runs), names);
    let runs = runs.lock().unwrap();
    assert_eq!(runs.len(), JOBS);
    assert!(runs.values().all(|workers| workers.len() == 1), "{runs:?}");
    assert_eq!(bench.marks().len(), JOBS);
}

fn workers_of(runs: &Mutex<HashMap<i64, Vec<String>>>) -> HashSet<String> {
    runs.lock().unwrap().values().flatten().cloned().collect()
}
