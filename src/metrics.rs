//! What `/metrics` shows, in the Prometheus text format. The names of the original are kept.
//!
//! Labels are bounded: operations and job types are the contract's, and of queues, whose names clients choose, no more than a
//! hundred are told apart.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Gauge, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::db::{FileSizes, Measures};

/// Queues that have a label of their own; what is in the others is added up.
const QUEUES_MOST: usize = 100;
/// The label of all others, which is no queue's name.
const OTHERS: &str = "(others)";

/// The metrics of this process.
pub struct Metrics {
    registry: Registry,
    /// One page is made at a time: what the database told is set anew for each.
    page: Mutex<()>,
    requests: IntCounterVec,
    request_duration: HistogramVec,
    rejected: IntCounterVec,
    responses_checked: IntCounterVec,
    jobs_processed: IntCounterVec,
    job_duration: HistogramVec,
    claimed: Histogram,
    running: IntGauge,
    executors: IntGauge,
    jobs: IntGaugeVec,
    oldest: Gauge,
    files: IntGaugeVec,
    up: IntGauge,
}

/// What the database tells at the moment of a look at the metrics.
pub struct Look {
    /// Jobs of each queue in each status.
    pub jobs: Vec<(String, String, i64)>,
    /// For how many seconds the oldest due job has waited; 0 when none waits.
    pub oldest: f64,
    /// Bytes on the disk.
    pub files: FileSizes,
}

impl Metrics {
    /// All at zero, with those that the database keeps.
    #[expect(clippy::expect_used, reason = "names and labels are constants, checked by every start")]
    pub fn new(database: &Measures) -> Metrics {
        const SECONDS: [f64; 11] = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0];
        let counter = |name: &str, help: &str, labels: &[&str]| {
            IntCounterVec::new(Opts::new(name, help), labels).expect("the name and labels are valid")
        };
        let gauges = |name: &str, help: &str, labels: &[&str]| {
            IntGaugeVec::new(Opts::new(name, help), labels).expect("the name and labels are valid")
        };
        let gauge = |name: &str, help: &str| IntGauge::new(name, help).expect("the name is valid");
        let options =
            |name: &str, help: &str, buckets: &[f64]| HistogramOpts::new(name, help).buckets(buckets.to_vec());
        let histograms = |name: &str, help: &str, label: &str| {
            HistogramVec::new(options(name, help, &SECONDS), &[label]).expect("the name and labels are valid")
        };
        let sizes =
            options("jobs_claimed", "Jobs in one claim", &[1.0, 4.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0]);
        let metrics = Metrics {
            registry: Registry::new(),
            page: Mutex::default(),
            requests: counter("http_requests_total", "Answered requests", &["operation", "status"]),
            request_duration: histograms("http_request_duration_seconds", "Duration of requests", "operation"),
            rejected: counter("validation_rejects_total", "Requests that the contract refused", &["operation"]),
            responses_checked: counter(
                "responses_checked_total",
                "Answers checked against the contract on their way out",
                &["operation", "result"],
            ),
            jobs_processed: counter("jobs_processed_total", "Total number of processed jobs", &["job_type", "status"]),
            job_duration: histograms("job_duration_seconds", "Duration of job processing", "job_type"),
            claimed: Histogram::with_opts(sizes).expect("the name and buckets are valid"),
            running: gauge("jobs_running", "Jobs that run in this process"),
            executors: gauge("worker_executors", "Jobs that may run in this process at a time"),
            jobs: gauges("jobs", "Jobs in each queue and status", &["queue", "status"]),
            oldest: Gauge::new("job_oldest_waiting_seconds", "How long the oldest due job has waited")
                .expect("the name is valid"),
            files: gauges("db_file_bytes", "Size of the database and of its log", &["file"]),
            up: gauge("db_up", "Whether the database answered this look"),
        };
        metrics.register(database);
        metrics
    }

    #[expect(clippy::expect_used, reason = "each name is registered once, checked by every start")]
    fn register(&self, database: &Measures) {
        let own: [Box<dyn Collector>; 13] = [
            Box::new(self.requests.clone()),
            Box::new(self.request_duration.clone()),
            Box::new(self.rejected.clone()),
            Box::new(self.responses_checked.clone()),
            Box::new(self.jobs_processed.clone()),
            Box::new(self.job_duration.clone()),
            Box::new(self.claimed.clone()),
            Box::new(self.running.clone()),
            Box::new(self.executors.clone()),
            Box::new(self.jobs.clone()),
            Box::new(self.oldest.clone()),
            Box::new(self.files.clone()),
            Box::new(self.up.clone()),
        ];
        own.into_iter().chain(database.collectors()).for_each(|collector| {
            self.registry.register(collector).expect("registered once");
        });
        #[cfg(target_os = "linux")]
        self.registry
            .register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))
            .expect("registered once");
    }

    /// Counts an answer; `operation` is none where no operation was met.
    pub fn answered(&self, operation: Option<&str>, status: &str, duration: Duration) {
        let operation = operation.unwrap_or("none");
        self.requests.with_label_values(&[operation, status]).inc();
        self.request_duration.with_label_values(&[operation]).observe(duration.as_secs_f64());
    }

    /// Counts a request that the contract refused.
    pub fn rejected(&self, operation: Option<&str>) {
        self.rejected.with_label_values(&[operation.unwrap_or("none")]).inc();
    }

    /// Counts one attempt, after what it did is committed.
    pub fn job_processed(&self, job_type: &str, succeeded: bool, duration: Duration) {
        let status = if succeeded { "success" } else { "error" };
        self.jobs_processed.with_label_values(&[job_type, status]).inc();
        self.job_duration.with_label_values(&[job_type]).observe(duration.as_secs_f64());
    }

    /// Counts an answer that was checked against the contract.
    pub fn response_checked(&self, operation: &str, keeps_it: bool) {
        let result = if keeps_it { "ok" } else { "mistake" };
        self.responses_checked.with_label_values(&[operation, result]).inc();
    }

    /// A worker has started, for so many jobs at a time.
    pub fn worker_started(&self, executors: u32) {
        self.executors.set(executors.into());
    }

    /// A claim has taken so many jobs.
    pub fn claimed(&self, jobs: usize) {
        if jobs > 0 {
            self.claimed.observe(jobs as f64);
        }
    }

    /// How many jobs run.
    pub fn running(&self) -> &IntGauge {
        &self.running
    }

    /// The page, with what the database has told, if it has.
    ///
    /// # Errors
    /// When two metrics contradict each other, which is a mistake in this file.
    pub fn render(&self, look: Option<&Look>) -> prometheus::Result<String> {
        let _page = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        self.up.set(look.is_some().into());
        self.jobs.reset();
        if let Some(look) = look {
            for ((queue, status), jobs) in by_label(&look.jobs) {
                self.jobs.with_label_values(&[queue, status]).set(jobs);
            }
            self.oldest.set(look.oldest);
            self.files.with_label_values(&["database"]).set(look.files.database);
            self.files.with_label_values(&["wal"]).set(look.files.wal);
        }
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// The same counts, with the smallest queues added up where there are too many.
fn by_label(jobs: &[(String, String, i64)]) -> BTreeMap<(&str, &str), i64> {
    let mut queues: BTreeMap<&str, i64> = BTreeMap::new();
    jobs.iter().for_each(|(queue, _, jobs)| *queues.entry(queue).or_default() += jobs);
    let mut largest: Vec<(&str, i64)> = queues.into_iter().collect();
    largest.sort_by_key(|(_, jobs)| std::cmp::Reverse(*jobs));
    largest.truncate(QUEUES_MOST);
    let mut labelled = BTreeMap::new();
    for (queue, status, jobs) in jobs {
        let has_its_own = largest.iter().any(|(name, _)| name == queue);
        *labelled.entry((if has_its_own { queue.as_str() } else { OTHERS }, status.as_str())).or_insert(0) += jobs;
    }
    labelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_queues_the_largest_are_told_apart_and_the_others_added_up() {
        let row = |queue: usize| (format!("queue {queue}"), "pending".to_owned(), queue as i64 + 1);
        let jobs: Vec<_> = (0..QUEUES_MOST + 2).map(row).collect();
        let labelled = by_label(&jobs);
        assert_eq!(labelled.len(), QUEUES_MOST + 1);
        assert_eq!((labelled[&(OTHERS, "pending")], labelled[&("queue 2", "pending")]), (1 + 2, 3));
    }
}
