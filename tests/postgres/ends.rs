//! Jobs that have completed, whose changes are listed by version.

use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use keiyaku::db::Db;
use keiyaku::models::jobs::ends;
use keiyaku::models::jobs::events::{self, EventFilter, MOST, Position};

use crate::support::{Scene, block_on, write};

const ROW: &str = "INSERT INTO job_queue (id, job_type, queue, payload, user_id, status, priority, max_retries, retry_count, attempts,
        scheduled_at, created_at, version, claimable)
    SELECT n, 'noop', 'queue ' || n % 2, '{}', n % 5, 'pending', 0, 0, 0, 0, now(), now(), nextval('job_versions'), false";

fn scene() -> (Scene, Db) {
    let scene = Scene::new();
    let db = scene.db();
    (scene, db)
}

/// What happens with one version.
fn at_once(scene: &Scene, updates: &[&str]) {
    let updates: String = updates.iter().map(|update| format!("UPDATE job_queue SET version = v, {update};")).collect();
    scene.execute(&format!("DO $$ DECLARE v BIGINT := nextval('job_versions'); BEGIN {updates} END $$"));
}

/// Version and id.
type Change = (i64, i64);

/// Every change since, in the order in which they are read, and those that were read as the last of a version.
fn changes(db: &Db, since: i64, filter: EventFilter) -> (Vec<Change>, Vec<Change>) {
    let (mut position, mut all, mut last) = (Position::after(since), Vec::new(), Vec::new());
    loop {
        let filter = filter.clone();
        let look = block_on(db.read(move |conn| events::look(conn, position, None, &filter, 100))).unwrap();
        assert_eq!(look.missed, None);
        for (job, is_last) in look.jobs {
            all.push((job.version, job.id));
            last.extend(is_last.then_some((job.version, job.id)));
        }
        position = look.reached;
        if !look.more {
            return (all, last);
        }
    }
}

#[test]
fn what_completes_with_one_version_is_read_in_parts_in_order_and_each_job_once() {
    let (scene, db) = scene();
    scene.execute(&format!("{ROW} FROM generate_series(1, 600) n"));
    at_once(&scene, &["status = 'completed' WHERE id <= 250", "status = 'completed' WHERE id BETWEEN 401 AND 500"]);
    at_once(&scene, &["status = 'failed' WHERE id BETWEEN 251 AND 260"]);
    at_once(&scene, &["status = 'completed' WHERE id BETWEEN 501 AND 520", "status = 'failed' WHERE id = 510"]);
    // Of a job that has changed since, only that is read.
    at_once(&scene, &["payload = '[]' WHERE id IN (7, 250)"]);
    at_once(&scene, &["status = 'retry_pending' WHERE id = 8"]);

    let waiting = (261..=400).chain(521..=600).map(|id| (id, id));
    let first = (1..=249).filter(|id| ![7, 8].contains(id)).chain(401..=500).map(|id| (601, id));
    let then = (251..=260).map(|id| (602, id)).chain((501..=520).map(|id| (603, id)));
    let all: Vec<_> = waiting.chain(first).chain(then).chain([(604, 7), (604, 250), (605, 8)]).collect();
    let (read, last) = changes(&db, 0, EventFilter::default());
    assert_eq!(read, all);
    assert_eq!(last[220..], [(601, 500), (602, 260), (603, 520), (604, 250), (605, 8)]);

    let of = |wanted: fn(i64) -> bool| all.iter().copied().filter(|(_, id)| wanted(*id)).collect::<Vec<_>>();
    let filter = EventFilter::default;
    assert_eq!(changes(&db, 0, EventFilter { queue: Some("queue 1".to_owned()), ..filter() }).0, of(|id| id % 2 == 1));
    assert_eq!(changes(&db, 0, EventFilter { user_id: Some(3), ..filter() }).0, of(|id| id % 5 == 3));
    assert_eq!(changes(&db, 0, EventFilter { job_id: Some(77), ..filter() }).0, [(601, 77)]);
    assert_eq!(changes(&db, 0, EventFilter { job_type: Some("other".to_owned()), ..filter() }).0, []);
    assert_eq!(changes(&db, 602, filter()).0.len(), 20 + 2 + 1);
}

#[test]
fn lists_go_when_every_reader_is_too_far_behind_for_them() {
    let (scene, db) = scene();
    scene.execute(&format!("{ROW} FROM generate_series(1, 3) n"));
    for id in 1..=3 {
        at_once(&scene, &[&format!("status = 'completed' WHERE id = {id}")]);
    }
    let listed = || scene.texts("SELECT (version || ': ' || jobs::text) AS value FROM job_ends ORDER BY version");
    assert_eq!(listed(), ["4: {1}", "5: {2}", "6: {3}"]);
    scene.execute(&format!("SELECT setval('job_versions', {})", 5 + MOST));
    write(&db, ends::forget);
    assert_eq!(listed(), ["5: {2}", "6: {3}"]);
    assert_eq!(changes(&db, 5, EventFilter::default()).0, [(6, 3)]);
}

#[test]
fn what_completed_before_there_were_lists_is_read_all_the_same() {
    let (scene, db) = scene();
    let (mut conn, source) = (scene.connect(), FileBasedMigrations::from_path("migrations/postgres").unwrap());
    let mut undone = String::new();
    while !undone.starts_with("20261208000001") {
        undone = conn.revert_last_migration(source.clone()).unwrap().to_string();
    }
    scene.execute(&format!("{ROW} FROM generate_series(1, 3) n"));
    at_once(&scene, &["status = 'completed' WHERE id < 3"]);
    conn.run_pending_migrations(source).unwrap();
    assert_eq!(changes(&db, 0, EventFilter::default()).0, [(3, 3), (4, 1), (4, 2)]);
}
