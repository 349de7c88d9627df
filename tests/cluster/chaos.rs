//! Three servers and four workers, any of which is killed now and then, and started again.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::clients::{Clients, Load};
use crate::support::fleet::{Fleet, Place};
use crate::support::postgres::Postgres;
use crate::support::{Scene, eventually_within, is_long, random};

const SETTINGS: [(&str, &str); 2] = [("WORKER_COUNT", "3"), ("JOB_LEASE", "1s")];
const CONNECTIONS: u32 = 16;
/// From one strike to the next.
const STRIKE_EVERY: Duration = Duration::from_millis(600);

#[test]
fn whichever_process_is_killed_every_user_counts_once() {
    let (users, seconds) = if is_long() { (50_000, 90) } else { (2_000, 10) };
    let postgres = Postgres::start();
    let scene = Scene::new(postgres.url());
    let mut random = random();
    let servers = (0..3).map(|_| Place::server());
    let workers = (0..4).map(|_| Place::worker());
    let mut fleet = Fleet::start(&scene, &SETTINGS, servers.chain(workers).collect());
    let mut addresses = fleet.servers();
    addresses.sort();
    let each = users / CONNECTIONS;
    let every = Duration::from_secs(seconds) / each;
    let clients = Clients::start(&addresses, Load { connections: CONNECTIONS as usize, users: Some(each), every });
    let began = Instant::now();
    while !clients.are_done() {
        fleet.strike(&mut random);
        thread::sleep(STRIKE_EVERY);
    }
    let sent = clients.ended();
    let mut database = postgres.open();
    let left = database.jobs_left();
    println!("{} kills in {:?}; then {left} jobs were left", fleet.kills, began.elapsed());
    sent.print();
    let drain = Instant::now();
    let is_drained = || (database.jobs_left() == 0).then_some(());
    eventually_within(Duration::from_secs(3 * seconds), "every job ends", is_drained);
    println!("which were done after {:?}", drain.elapsed());
    fleet.listens();
    let lines = fleet.end();

    assert_eq!(sent.emails().len(), users as usize);
    database.assert_each_is_there_once(&sent.emails(), scene.mails().len());
    let errors: Vec<_> = lines.iter().filter(|line| line.contains(r#""level":"ERROR""#)).take(20).collect();
    assert!(errors.is_empty(), "the database was there all the time: {errors:#?}");
    let lost = database.count("job_attempts WHERE outcome = 'lost'");
    let most = database.number("SELECT max(attempts)::bigint AS value FROM job_queue");
    println!("{lost} attempts were lost; no job needed more than {most} attempts");
    // Otherwise nothing was struck that mattered, and the test has not shown what it is for.
    assert!(lost > 0 && sent.in_doubt > 0);
}
