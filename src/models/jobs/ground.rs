//! [`Ground`]: where the rows begin that are worth looking at.
//!
//! PostgreSQL keeps what is dead, with its places in the indexes, for as long as any transaction might still see it. What was
//! claimed lies before what waits, so while somebody holds a transaction open, every claim would step over all that was claimed
//! since. A look that took long therefore is remembered, and the next ones begin where it found something. They miss a row that
//! has come to lie before that, such as one of a higher priority, until the whole is looked at again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDateTime};

/// A row's place in its queue's order: the negated priority, when it is due, the id.
pub(super) type Place = (i64, NaiveDateTime, i64);

/// The first place of each queue that has something to claim.
pub(super) type Places = BTreeMap<String, Place>;

/// Before every place, and every time.
pub(super) fn start() -> Place {
    (i64::MIN, DateTime::UNIX_EPOCH.naive_utc(), 0)
}

/// Looks that take no longer than this are always whole.
const QUICK: Duration = Duration::from_millis(1);
/// After so many times of what a whole look took comes another, so that they take a small part of the time.
const SHARE: u32 = 20;
/// And after this at the latest: one that took so much longer was held up by something else, and what it did not see waits.
const LONGEST: Duration = Duration::from_secs(2);

/// What one process knows; empty on SQLite, where nothing dead is stepped over.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// What the claims know.
    pub(super) queues: Known<Places>,
    /// When time next changes a row.
    pub(super) wake: Known<Option<NaiveDateTime>>,
}

/// What looks have found.
#[derive(Clone, Debug, Default)]
pub(super) struct Known<T> {
    found: T,
    /// How long the last whole look took, and when it was.
    whole: Option<(Duration, Instant)>,
}

impl Ground {
    /// From when on to look for rows whose time has come.
    pub(super) fn due(&self) -> NaiveDateTime {
        self.wake.start().copied().flatten().unwrap_or_else(|| start().1)
    }
}

impl<T> Known<T> {
    /// What to begin from; `None` when it is time for a whole look.
    pub(super) fn start(&self) -> Option<&T> {
        let (took, at) = self.whole?;
        (took > QUICK && at.elapsed() < (took * SHARE).min(LONGEST)).then_some(&self.found)
    }

    /// A look has found this. It took so long, and it `was_whole` or began from what was known.
    pub(super) fn found(&mut self, found: T, was_whole: bool, took: Duration) {
        self.found = found;
        if was_whole {
            self.whole = Some((took, Instant::now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_after_a_long_look_are_the_next_ones_short_and_not_for_long() {
        let mut known = Known::default();
        assert_eq!(known.start(), None);
        known.found(1, true, Duration::ZERO);
        assert_eq!(known.start(), None, "it was quick");
        let before = |time| Instant::now().checked_sub(time).unwrap_or_else(Instant::now);
        known.found(2, true, Duration::from_secs(1));
        assert_eq!(known.start(), Some(&2));
        known.found(3, false, Duration::ZERO);
        assert_eq!(known.start(), Some(&3), "a short look does not put the next whole one off");
        known.whole = Some((Duration::from_millis(50), before(Duration::from_millis(1_001))));
        assert_eq!(known.start(), None);
        known.whole = Some((Duration::from_secs(60), before(LONGEST)));
        assert_eq!(known.start(), None, "however long it took");
    }
}
