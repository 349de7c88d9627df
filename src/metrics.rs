//! What `/metrics` shows, in the Prometheus text format. The names of the original are kept.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};

/// The metrics of this process.
pub struct Metrics {
    registry: Registry,
    jobs_processed: IntCounterVec,
    job_duration: HistogramVec,
    responses_checked: IntCounterVec,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

impl Metrics {
    /// All at zero.
    #[expect(clippy::expect_used, reason = "names and labels are constants, checked by every start")]
    pub fn new() -> Metrics {
        let processed = Opts::new("jobs_processed_total", "Total number of processed jobs");
        let jobs_processed =
            IntCounterVec::new(processed, &["job_type", "status"]).expect("the name and labels are valid");
        let duration = HistogramOpts::new("job_duration_seconds", "Duration of job processing")
            .buckets(vec![0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0]);
        let job_duration = HistogramVec::new(duration, &["job_type"]).expect("the name and labels are valid");
        let checked = Opts::new("responses_checked_total", "Answers checked against the contract on their way out");
        let responses_checked =
            IntCounterVec::new(checked, &["operation", "result"]).expect("the name and labels are valid");
        let registry = Registry::new();
        registry.register(Box::new(jobs_processed.clone())).expect("registered once");
        registry.register(Box::new(job_duration.clone())).expect("registered once");
        registry.register(Box::new(responses_checked.clone())).expect("registered once");
        Metrics { registry, jobs_processed, job_duration, responses_checked }
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

    /// The page.
    ///
    /// # Errors
    /// When two metrics contradict each other, which is a mistake in this file.
    pub fn render(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
