//! A disk that takes nothing for a while: no sign-up is acknowledged then, none is half there, and the service recovers.

use std::collections::BTreeSet;
use std::fs;

use crate::support::load::Load;
use crate::support::{Scene, assert_success, drained, preload};

#[test]
fn a_full_disk_is_survived_and_nothing_is_acknowledged_meanwhile() {
    survives("FAIL_WRITES");
}

#[test]
fn a_disk_that_fails_to_sync_is_survived_and_nothing_is_acknowledged_meanwhile() {
    survives("FAIL_SYNCS");
}

fn survives(trouble: &str) {
    let scene = Scene::new();
    let (library, switch) = (preload::compile("fail", scene.folder()), scene.path("trouble"));
    let server = scene.start(&[("LD_PRELOAD", library), (trouble, switch.clone())]);
    let load = Load::start(server.address(), 16, "user");
    load.acknowledged(100);
    fs::write(&switch, "").unwrap();
    load.refused(50);
    fs::remove_file(&switch).unwrap();
    load.acknowledged(300);
    let sent = load.finish();
    drained(&server);
    assert_success(server.stop().status);

    assert_eq!(sent.unanswered.len() + sent.cut_off.len(), 0, "{sent:?}");
    assert!(sent.refused.iter().all(|(_, status)| *status == 503), "{:?}", sent.refused);
    let mut database = scene.open();
    assert_eq!(database.emails(), sent.created.into_iter().collect::<BTreeSet<_>>());
    database.assert_every_user_checked_in_once();
}
