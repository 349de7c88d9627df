//! What `/metrics` shows, in the Prometheus text format. The names of the original are kept.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};

/// The metrics of this process.
pub struct Metrics {
    registry: Registry,
    jobs_processed: IntCounterVec,
    job_duration: HistogramVec,
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
        let registry = Registry::new();
        registry.register(Box::new(jobs_processed.clone())).expect("registered once");
        registry.register(Box::new(job_duration.clone())).expect("registered once");
        Metrics { registry, jobs_processed, job_duration }
    }

    /// Counts one attempt, after what it did is committed.
    pub fn job_processed(&self, job_type: &str, succeeded: bool, duration: Duration) {
        let status = if succeeded { "success" } else { "error" };
        self.jobs_processed.with_label_values(&[job_type, status]).inc();
        self.job_duration.with_label_values(&[job_type]).observe(duration.as_secs_f64());
    }

    /// The page.
    ///
    /// # Errors
    /// When two metrics contradict each other, which is a mistake in this file.
    pub fn render(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
