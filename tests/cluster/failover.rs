//! The primary is killed under load, and its synchronous standby takes over.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::clients::{Clients, Load};
use crate::support::fleet::{Fleet, Place, print_log};
use crate::support::postgres::Postgres;
use crate::support::{Scene, eventually_within, is_long};

const SETTINGS: [(&str, &str); 2] = [("WORKER_COUNT", "4"), ("JOB_LEASE", "5s")];
/// How soon after the promotion every client is served again.
const BACK: Duration = Duration::from_secs(10);
/// How long whoever decides on a failover takes to.
const UNDECIDED: Duration = Duration::from_secs(3);

#[test]
fn when_a_standby_takes_over_nothing_acknowledged_is_lost() {
    let (rounds, connections, users) = if is_long() { (5, 32, 2_000) } else { (1, 12, 300) };
    (0..rounds).for_each(|_| fail_over(connections, users));
}

fn fail_over(connections: usize, users: usize) {
    let primary = Postgres::start();
    let standby = primary.with_standby();
    let scene = Scene::new(primary.url_with(&standby));
    let fleet = Fleet::start(&scene, &SETTINGS, vec![Place::working_server(), Place::worker()]);
    let load = Load { connections, users: None, every: Duration::from_millis(20) };
    let clients = Clients::start(&fleet.servers(), load);
    clients.wait_for_more(users);
    primary.kill();
    let killed = Instant::now();
    thread::sleep(UNDECIDED);
    standby.promote();
    let promoted = Instant::now();
    clients.wait_for_more(users);
    let sent = clients.finish();
    println!("the standby was promoted {:?} after the primary was killed", promoted - killed);
    sent.print();
    let mut database = standby.open();
    let is_drained = || (database.jobs_left() == 0).then_some(());
    eventually_within(Duration::from_secs(120), "every job ends", is_drained);
    let lines = fleet.end();

    database.assert_each_is_there_once(&sent.emails(), scene.mails().len());
    let after = sent.created.iter().filter(|(_, at, _)| *at > promoted);
    let mut waited: Vec<Duration> = after.map(|(_, at, _)| *at - promoted).collect();
    waited.sort();
    // Whoever was waiting when the standby took over.
    let everybody = waited[connections - 1];
    println!(
        "the first user was acknowledged {:?} after the promotion, the last of those who waited {everybody:?}",
        waited[0]
    );
    print_log(&lines);
    assert!(everybody < BACK);
}
