//! The database goes away under a running server, and comes back.

use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::postgres::admin;
use crate::support::{Scene, eventually};

impl Scene {
    /// Ends every connection to this database and lets none in.
    fn cut_off(&self) {
        let refuse = format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.database());
        admin().batch_execute(&refuse).unwrap();
        self.end_connections();
    }

    fn let_in(&self) {
        admin().batch_execute(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.database())).unwrap();
    }

    fn end_connections(&self) {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
        admin().batch_execute(&format!("{end} AND datname = '{}'", self.database())).unwrap();
    }
}

#[test]
fn while_the_database_is_away_clients_are_told_to_come_back_and_then_all_goes_on() {
    let scene = Scene::new();
    let server = scene.start(&[]);
    let client = scene.client(&server);
    assert_eq!(client.sign_up("before@example.com").status, 201);
    server.drained();

    scene.cut_off();
    let refused = client.sign_up("during@example.com");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_ne!(refused.header("retry-after"), "");
    let health = client.get("/health");
    assert_eq!((health.status, &health.body["error"]), (503, &json!("database connection failed")));
    assert_eq!((client.get("/livez").status, client.get("/readyz").status), (200, 503));

    scene.let_in();
    eventually("the service is ready", || (client.get("/readyz").status == 200).then_some(()));
    assert_eq!(client.sign_up("after@example.com").status, 201);
    server.drained();
    let ended = server.stop();
    assert_eq!(ended.code, Some(0));
    assert!(!ended.log.contains("p@ss") && !ended.log.contains("p%40ss"), "{}", ended.log);
    scene.assert_every_user_checked_in_once();
}

#[test]
fn connections_that_were_lost_cost_at_most_one_answer() {
    let scene = Scene::new();
    let server = scene.start(&[("WORKER_COUNT", "0")]);
    let client = scene.client(&server);
    // Several at once, so that the pool has several connections.
    std::thread::scope(|scope| {
        let read = || (0..20).for_each(|_| assert_eq!(scene.client(&server).get("/users").status, 200));
        (0..6).for_each(|_| drop(scope.spawn(read)));
    });
    scene.end_connections();
    let answers: Vec<u16> = (0..20).map(|_| client.get("/users").status).collect();
    assert!(answers[1..].iter().all(|status| *status == 200), "{answers:?}");
    assert_eq!(server.stop().code, Some(0));
}
