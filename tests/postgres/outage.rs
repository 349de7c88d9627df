//! The database goes away under a running server, and comes back.

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use keiyaku::config::Durability;
use keiyaku::db::{AnyConnection, Db, DbError};
use serde_json::json;

use crate::postgres::admin;
use crate::support::{Scene, block_on, eventually};

impl Scene {
    fn end_connections(&self) {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
        admin().batch_execute(&format!("{end} AND datname = '{}'", self.database().name())).unwrap();
    }
}

#[test]
fn while_the_database_is_away_clients_are_told_to_come_back_and_then_all_goes_on() {
    let scene = Scene::new();
    let server = scene.start(&[]);
    let client = scene.client(&server);
    assert_eq!(client.sign_up("before@example.com").status, 201);
    server.drained();

    scene.database().turn_away();
    let refused = client.sign_up("during@example.com");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_ne!(refused.header("retry-after"), "");
    // Whoever comes now is not kept waiting as for a connection that is in use.
    let asked = Instant::now();
    assert_eq!(client.sign_up("during@example.com").status, 503);
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    let health = client.get("/health");
    assert_eq!((health.status, &health.body["error"]), (503, &json!("database connection failed")));
    assert_eq!((client.get("/livez").status, client.get("/readyz").status), (200, 503));

    scene.database().admit();
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

#[test]
fn whoever_waits_too_long_for_a_lock_is_told_to_come_back() {
    let scene = Scene::new();
    let server = scene.start(&[("WORKER_COUNT", "0")]);
    let client = scene.client(&server);
    let mut holder = scene.connect();
    holder.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").unwrap();
    let refused = client.sign_up("taro@example.com");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_ne!(refused.header("retry-after"), "");
    drop(holder);
    assert_eq!(client.sign_up("taro@example.com").status, 201);
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn a_transaction_that_stands_still_is_ended_and_whoever_waits_for_its_rows_gets_them() {
    let scene = Scene::new();
    let db = scene.db();
    let change = |conn: &mut AnyConnection| conn.batch_execute("UPDATE secrets SET follow_key = follow_key");
    let stands_still = move |conn: &mut AnyConnection| {
        change(conn)?;
        thread::sleep(Duration::from_secs(6));
        change(conn)
    };
    let other = scene.db();
    thread::scope(|scope| {
        let still = scope.spawn(|| block_on(db.write(stands_still)));
        let waits = "pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()";
        eventually("it stands still", || (scene.count(waits) == 1).then_some(()));
        block_on(other.write(change)).unwrap();
        let ended = still.join().unwrap();
        assert!(matches!(ended, Err(DbError::Unavailable(_))), "{ended:?}");
    });
    block_on(db.write(change)).unwrap();
}

#[test]
fn the_server_looks_after_its_clients_as_the_address_says() {
    let scene = Scene::new();
    let idle = |url: String| {
        let read = |conn: &mut AnyConnection| {
            let setting = diesel::dsl::sql::<Text>("current_setting('tcp_keepalives_idle')");
            diesel::select(setting).get_result::<String>(conn)
        };
        let db = Db::open(&url.parse().unwrap(), Durability::Full, 8).unwrap();
        block_on(db.read(read)).unwrap()
    };
    assert_eq!(idle(scene.url()), "5");
    assert_eq!(idle(format!("{}?options=-c%20tcp_keepalives_idle%3D60", scene.url())), "60");
}
