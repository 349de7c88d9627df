//! The one clock of the process: UTC, to the microsecond that both databases keep.
//!
//! Every time the service stores or compares comes from here, never from the database, so that a test can set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};

/// Tells the time; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Microseconds since the epoch of a clock that stands still until it is told otherwise; `None` is the system's.
    manual: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Clock {
        Clock::default()
    }

    /// A clock that stands at `time` until [`Clock::set`] moves it; clones move together.
    pub fn manual(time: DateTime<Utc>) -> Clock {
        Clock { manual: Some(Arc::new(AtomicI64::new(time.timestamp_micros()))) }
    }

    /// Moves a manual clock; the system's is not moved.
    pub fn set(&self, time: DateTime<Utc>) {
        if let Some(manual) = &self.manual {
            manual.store(time.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Now, to the microsecond.
    pub fn utc(&self) -> DateTime<Utc> {
        match &self.manual {
            Some(manual) => DateTime::from_timestamp_micros(manual.load(Ordering::SeqCst)).unwrap_or_default(),
            None => Utc::now().trunc_subsecs(6),
        }
    }

    /// Now, as the database columns hold it: UTC without a zone.
    pub fn now(&self) -> NaiveDateTime {
        self.utc().naive_utc()
    }
}
