//! The network between the database and some of the processes is cut, for longer than a lease and for longer than a
//! connection is waited for, and mended.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};

use crate::support::clients::{Clients, Load};
use crate::support::fleet::{Fleet, Place, print_log, readiness, ready};
use crate::support::network::{End, Network};
use crate::support::postgres::Postgres;
use crate::support::{Scene, eventually, eventually_within, is_long, random};

const LEASE: Duration = Duration::from_secs(2);
const SETTINGS: [(&str, &str); 2] = [("WORKER_COUNT", "3"), ("JOB_LEASE", "2s")];
/// Those of the service.
const CONNECTIONS: &str = "pg_stat_activity WHERE application_name = 'keiyaku'";
/// How soon after the link is back a server is ready again.
const RECOVERY: Duration = Duration::from_secs(15);

#[test]
fn whatever_the_network_does_every_user_counts_once() {
    let Some(network) = Network::make() else { return };
    let postgres = Postgres::start_in(&network.near, &network.database(), &network.mask());
    let scene = Scene::new(postgres.url());
    let mut random = random();
    let (near, far) = (&network.near, &network.far);
    let places = vec![
        Place::server().inside(near, network.near_address()),
        Place::server().inside(far, network.far_address()),
        Place::server().inside(far, network.far_address()),
        Place::worker().inside(near, network.near_address()),
        Place::worker().inside(near, network.near_address()),
        Place::worker().inside(far, network.far_address()),
        Place::worker().inside(far, network.far_address()),
    ];
    let fleet = Fleet::start(&scene, &SETTINGS, places);
    let servers = fleet.servers();
    // A process that cannot open its database ends.
    servers.iter().for_each(|server| ready(*server));
    let mut database = postgres.open();
    eventually("every worker has opened its database", || (database.count("workers") == 4).then_some(()));
    let (connections, every) = if is_long() { (32, 50) } else { (12, 200) };
    let clients = Clients::start(&servers, Load { connections, users: None, every: Duration::from_millis(every) });
    clients.wait_for_more(50);
    for cut in cuts(&mut random) {
        cut_and_mend(&network, cut, &servers[1..]);
        clients.wait_for_more(50);
    }
    let sent = clients.finish();
    sent.print();
    println!("{} jobs were left", database.jobs_left());
    let drain = Instant::now();
    let is_drained = || (database.jobs_left() == 0).then_some(());
    eventually_within(Duration::from_secs(300), "every job ends", is_drained);
    println!("which were done after {:?}", drain.elapsed());
    let lines = fleet.end();

    database.assert_each_is_there_once(&sent.emails(), scene.mails().len());
    let lost = database.count("job_attempts WHERE outcome = 'lost'");
    let count = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
    let late = count("the lease was lost; this attempt counts for nothing");
    println!("{lost} attempts were lost; {late} ends came too late");
    print_log(&lines);
    // The server keeps none for a client whose end it never heard of.
    eventually("every connection has ended", || (database.count(CONNECTIONS) == 0).then_some(()));
    // Otherwise nothing was cut that mattered, and the test has not shown what it is for.
    assert!(lost > 0 && sent.unavailable[1..].iter().any(|(count, _)| *count > 0));
}

/// How long, and how.
type Cut = (Duration, End);

/// One of them is longer than a lease, and one longer than the system is told to wait for the other side.
fn cuts(random: &mut StdRng) -> Vec<Cut> {
    let mut lengths = vec![1.0, 2.5 * LEASE.as_secs_f64(), 13.0];
    if is_long() {
        lengths.extend((0..20).map(|_| random.random_range(0.5..20.0)));
    }
    lengths.shuffle(random);
    let ends = [End::Near, End::Far];
    lengths.into_iter().map(|length| (Duration::from_secs_f64(length), *ends.choose(random).unwrap())).collect()
}

fn cut_and_mend(network: &Network, (length, end): Cut, far: &[SocketAddr]) {
    network.cut(end);
    thread::sleep(length);
    let during: Vec<_> = far.iter().map(|server| readiness(*server)).collect();
    network.mend(end);
    let mended = Instant::now();
    far.iter().for_each(|server| ready(*server));
    let took = mended.elapsed();
    println!("cut for {length:?} at {end:?}: readiness {during:?}; ready again {took:?} after it was mended");
    assert!(took < RECOVERY, "not before {took:?}");
}
