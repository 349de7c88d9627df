//! The order in which jobs run, which on PostgreSQL is not the one in which their ends are committed.

use std::sync::atomic::{AtomicU64, Ordering};

use keiyaku::jobs::{Context, Done, Job, JobError, Registry};
use keiyaku::models::jobs::{self, Filter};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Service;

/// In place of the service's own job of this type: its output says which run it was.
#[derive(Serialize, Deserialize)]
struct Numbered {}

impl Job for Numbered {
    const JOB_TYPE: &'static str = "data_analysis";

    async fn run(self, _: Context) -> Result<Done, JobError> {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let run = RUNS.fetch_add(1, Ordering::SeqCst);
        Ok(Done::default().output(&Map::from_iter([("run".to_owned(), run.into())])))
    }
}

impl Service {
    /// Does all jobs of the type `data_analysis`, and tells in which order.
    pub async fn order_of_runs(&self) -> Vec<i64> {
        self.work_on(Registry::default().with::<Numbered>());
        self.jobs_done().await;
        let all = self.app.db.read(|conn| jobs::list(conn, &Filter::default(), 100)).await.unwrap();
        let run = |output: &str| serde_json::from_str::<Value>(output).unwrap()["run"].as_u64().unwrap();
        let mut runs: Vec<(u64, i64)> = all.iter().map(|job| (run(job.output.as_ref().unwrap()), job.id)).collect();
        runs.sort_unstable();
        runs.into_iter().map(|(_, id)| id).collect()
    }
}
