//! [`Measures`]: how the writer of SQLite is doing, and what either database does not take, for `/metrics`.

use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, IntCounter};

/// Shared by the writer's thread and whoever shows them.
#[derive(Clone, Debug)]
pub struct Measures {
    /// Closures in each transaction.
    pub(super) writes: Histogram,
    /// How long each commit took, in seconds.
    pub(super) commit: Histogram,
    /// Transactions that failed as a whole: none of their writes happened.
    pub(super) failed: IntCounter,
    /// How long the writer waited for the write lock, in seconds: other processes write, too.
    pub(super) wait: Histogram,
}

impl Measures {
    #[expect(clippy::expect_used, reason = "names and buckets are constants, checked by every start")]
    pub(super) fn new() -> Measures {
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            Histogram::with_opts(options).expect("the name and buckets are valid")
        };
        const SECONDS: [f64; 10] = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 5.0];
        Measures {
            writes: histogram(
                "db_commit_writes",
                "Writes that share one commit",
                &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0],
            ),
            commit: histogram("db_commit_seconds", "Duration of commits", &SECONDS),
            failed: IntCounter::new("db_commits_failed_total", "Transactions that failed as a whole")
                .expect("the name is valid"),
            wait: histogram("db_writer_wait_seconds", "Time that the writer waits for the write lock", &SECONDS),
        }
    }

    /// For a registry.
    pub(crate) fn collectors(&self) -> [Box<dyn Collector>; 4] {
        let Measures { writes, commit, failed, wait } = self.clone();
        [Box::new(writes), Box::new(commit), Box::new(failed), Box::new(wait)]
    }
}
