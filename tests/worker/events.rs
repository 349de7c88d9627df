//! What wakes those who follow the jobs.

use std::time::Duration;

use keiyaku::clock::Clock;
use tokio::time::timeout;

use crate::support::Bench;
use crate::support::scripts::Scripted;

/// Longer than it takes to notice a commit, several times.
const QUIET: Duration = Duration::from_millis(600);
const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_are_woken_by_every_process_and_left_alone_while_nothing_happens() {
    let bench = Bench::new();
    let other = bench.beside(&[], Clock::system());
    let mut first = bench.app.events.follow(&bench.app.db);
    let mut second = bench.app.events.follow(&bench.app.db);
    // What was committed before they came.
    timeout(LIMIT, first.changed()).await.unwrap();
    timeout(LIMIT, second.changed()).await.unwrap();
    for writer in [&bench, &other] {
        assert!(timeout(QUIET, first.changed()).await.is_err(), "nothing was committed");
        writer.put(writer.job(&Scripted::succeeding())).await;
        timeout(LIMIT, first.changed()).await.unwrap();
        timeout(LIMIT, second.changed()).await.unwrap();
    }
    // Whoever comes when all have gone is woken as well.
    drop((first, second));
    let mut third = bench.app.events.follow(&bench.app.db);
    timeout(LIMIT, third.changed()).await.unwrap();
    other.put(other.job(&Scripted::succeeding())).await;
    timeout(LIMIT, third.changed()).await.unwrap();
}
