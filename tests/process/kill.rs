//! SIGKILL in the middle of the load, again and again: what was acknowledged stays, and is done once.

use std::collections::BTreeSet;

use crate::support::load::{Load, SignUps};
use crate::support::{Scene, assert_success, drained};

const CONNECTIONS: usize = 64;
/// Users that are acknowledged in each round before the kill: at the first moment, later, and well under way.
const ROUNDS: [usize; 5] = [1, 60, 200, 350, 500];
/// Jobs that a killed server held are claimed again after a second.
const SETTINGS: [(&str, &str); 2] = [("WORKER_COUNT", "8"), ("JOB_LEASE", "1s")];

#[test]
fn acknowledged_users_survive_five_kills_and_every_job_counts_once() {
    let scene = Scene::new();
    let mut sent = SignUps::default();
    for (round, users) in ROUNDS.into_iter().enumerate() {
        let server = scene.start(&SETTINGS);
        let load = Load::start(server.address(), CONNECTIONS, &format!("round{round}"));
        load.acknowledged(users);
        server.kill();
        sent.add(load.ended());
    }
    let server = scene.start(&SETTINGS);
    drained(&server);
    assert_success(server.stop().status);

    assert_eq!(sent.refused, [], "sign-ups that were answered with an error");
    let mut database = scene.open();
    let stored = database.emails();
    let created: BTreeSet<String> = sent.created.into_iter().collect();
    let lost: Vec<_> = created.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged and not stored: {lost:?}");
    // A request that the kill cut off may have been stored or not; nothing else may be there.
    let unknown: BTreeSet<String> = sent.unanswered.into_iter().chain(sent.cut_off).collect();
    let strange: Vec<_> = stored.difference(&created).filter(|email| !unknown.contains(*email)).collect();
    assert!(strange.is_empty(), "stored and never sent: {strange:?}");

    database.assert_every_user_checked_in_once();
    assert_eq!(scene.mails().len(), stored.len(), "one welcome mail for each user");
    // Otherwise no kill struck while a job ran, and the test has not shown what it is for.
    assert!(database.count("job_attempts WHERE outcome = 'lost'") > 0);
}
