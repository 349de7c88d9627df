//! Jobs that are claimed ahead: until they run for longer, only a list of their claim says so.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use chrono::{NaiveDateTime, TimeDelta};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use keiyaku::api::models::{AttemptOutcome, JobStatus};
use keiyaku::clock::Clock;
use keiyaku::db::{AnyConnection, Db};
use keiyaku::models::jobs::claim::{self, Claim};
use keiyaku::models::jobs::{self, DEFAULT_QUEUE, Filter, Ground, Job, NewJob, completions, control, erase, lease};
use keiyaku::models::queues::{self, Room};
use keiyaku::models::{attempts, leases};

use crate::support::{Scene, eventually, write};

const TYPE: &str = "data_analysis";

fn now() -> NaiveDateTime {
    Clock::system().now()
}

fn put(db: &Db, jobs: usize) -> Vec<i64> {
    let job = NewJob {
        job_type: TYPE.to_owned(),
        queue: DEFAULT_QUEUE.to_owned(),
        payload: "{}".to_owned(),
        user_id: Some(7),
        priority: 0,
        max_retries: 3,
        scheduled_at: None,
        unique_key: None,
        timeout_seconds: None,
    };
    let put = write(db, move |conn| jobs::enqueue_all(conn, &vec![job; jobs], now()));
    put.into_iter().map(|put| put.id).collect()
}

/// One job starts at once, the others are claimed ahead.
fn claim(db: &Db, worker: &str, limit: i64, ground: Ground) -> (Vec<Job>, Ground) {
    let wanted = Claim {
        job_types: vec![TYPE],
        limit,
        at_once: 1,
        room: Room::ANY,
        ground,
        worker: worker.to_owned(),
        until: now() + TimeDelta::seconds(30),
    };
    let claimed = write(db, move |conn| claim::claim(conn, &wanted, now()));
    (claimed.jobs.into_iter().map(Arc::unwrap_or_clone).collect(), claimed.ground)
}

/// Those that counted.
fn complete(db: &Db, jobs: &[Job]) -> BTreeSet<i64> {
    let claims: Vec<_> = jobs.iter().map(|job| (job.id, job.lease.unwrap())).collect();
    let given = claims.clone();
    let lost = write(db, move |conn| completions::complete_all(conn, &given, now()));
    claims.into_iter().filter(|claim| !lost.contains(claim)).map(|(id, _)| id).collect()
}

#[test]
fn claims_beside_each_other_never_take_the_same_job() {
    const JOBS: usize = 3_000;
    let scene = Scene::new();
    let db = scene.db();
    put(&db, JOBS);
    let claiming = |worker: usize| {
        let db = db.clone();
        move || {
            let (mut all, mut ground) = (Vec::new(), Ground::default());
            loop {
                let (jobs, next) = claim(&db, &worker.to_string(), 40, ground);
                if jobs.is_empty() && db_is_worked_off(&db) {
                    return all;
                }
                ground = next;
                assert_eq!(complete(&db, &jobs).len(), jobs.len(), "every attempt counts");
                all.extend(jobs.into_iter().map(|job| job.id));
            }
        }
    };
    let workers: Vec<_> = (0..4).map(|worker| thread::spawn(claiming(worker))).collect();
    let claimed: Vec<i64> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    assert_eq!((claimed.len(), BTreeSet::from_iter(&claimed).len()), (JOBS, JOBS));
    assert_eq!(scene.count("job_queue WHERE status = 'completed' AND attempts = 1 AND started_at IS NOT NULL"), 3_000);
}

#[test]
fn many_ends_of_a_claim_count_for_those_jobs_alone_and_not_for_what_lies_between_them() {
    let scene = Scene::new();
    let db = scene.db();
    put(&db, 1_500);
    let (claimed, _) = claim(&db, "w", 1_500, Ground::default());
    let (near, far) = claimed.split_at(600);
    let two_of_three: fn(&Job) -> bool = |job| job.id % 3 != 0;
    let one_of_seven: fn(&Job) -> bool = |job| job.id % 7 == 0;
    let mut ended = 0;
    for (jobs, ends) in [(near, two_of_three), (far, one_of_seven)] {
        let mut ending: Vec<Job> = jobs.iter().filter(|job| ends(job)).cloned().collect();
        assert!(ending.len() > 100);
        let cancelled = ending[20].id;
        write(&db, move |conn| control::cancel(conn, cancelled, now()).map(drop));
        // In no order of ids.
        ending.reverse();
        let all = BTreeSet::from_iter(ending.iter().map(|job| job.id));
        assert_eq!(&all - &complete(&db, &ending), BTreeSet::from([cancelled]));
        assert_eq!(complete(&db, &ending), BTreeSet::new(), "an attempt ends once");
        ended += ending.len() - 1;
        assert_eq!(scene.count("job_queue WHERE status = 'completed'"), ended as i64);
    }
    assert_eq!(complete(&db, &claimed).len(), 1_500 - 2 - ended);
    assert_eq!(scene.count("job_queue WHERE status = 'completed' AND attempts = 1 AND NOT claimable"), 1_498);
}

/// Autovacuum takes statistics once a minute, and a plan that is kept holds until then.
#[test]
fn ends_find_their_rows_by_id_in_a_queue_that_has_grown_since_they_were_planned() {
    let scene = Scene::new();
    let db = scene.db();
    let mut conn = AnyConnection::Postgresql(scene.connect());
    let mut end_every_seventh = |jobs| {
        put(&db, jobs);
        if jobs < 10 {
            scene.execute("ANALYZE job_queue");
        }
        let (claimed, _) = claim(&db, "w", 5_000, Ground::default());
        let ending = claimed.iter().filter(|job| job.id % 7 == 1);
        let ending: Vec<(i64, i64)> = ending.map(|job| (job.id, job.lease.unwrap())).collect();
        let ended = conn.transaction(|conn| {
            let read = sql::<BigInt>("pg_stat_get_xact_tuples_returned('job_queue_pkey'::regclass)");
            let read = diesel::select(read.sql(" + pg_stat_get_xact_tuples_returned('job_queue_kind'::regclass)"));
            assert_eq!(completions::complete_all(conn, &ending, now())?, []);
            read.get_result::<i64>(conn)
        });
        (ending.len(), ended.unwrap())
    };
    assert_eq!(end_every_seventh(2).0, 1);
    let (ended, read) = end_every_seventh(5_000);
    assert!(ended > 500, "{ended}");
    assert!(read < 2 * ended as i64, "{read} rows were read for {ended}");
}

fn db_is_worked_off(db: &Db) -> bool {
    let waiting = Filter { status: Some(JobStatus::Pending), ..Filter::default() };
    write(db, move |conn| jobs::count(conn, &waiting)) == 0
}

#[test]
fn what_was_claimed_ahead_is_cancelled_with_what_waits_and_its_end_counts_no_more() {
    let scene = Scene::new();
    let db = scene.db();
    let ids = put(&db, 6);
    let (claimed, _) = claim(&db, "w", 5, Ground::default());
    assert_eq!(claimed.iter().map(|job| job.id).collect::<Vec<_>>(), ids[..5]);
    assert_eq!(scene.count("job_queue WHERE status = 'processing'"), 1);
    let waiting = Filter { status: Some(JobStatus::Pending), ..Filter::default() };
    let step = write(&db, move |conn| control::cancel_all(conn, &waiting, 100, now()));
    assert_eq!(step.changed, 5);
    assert_eq!(complete(&db, &claimed), BTreeSet::from([ids[0]]));
    assert_eq!(scene.count("job_queue WHERE status = 'cancelled'"), 5);
    let job = claimed[1].clone();
    let ended = write(&db, move |conn| {
        let row = jobs::find(conn, job.id)?.unwrap();
        attempts::of_job(conn, &row)
    });
    assert_eq!((ended.len(), ended[0].outcome.as_str(), ended[0].attempt), (1, AttemptOutcome::Cancelled.as_str(), 1));
}

#[test]
fn a_job_that_is_cancelled_and_put_back_is_no_longer_its_first_claims() {
    let scene = Scene::new();
    let db = scene.db();
    let ids = put(&db, 2);
    let (first, _) = claim(&db, "one", 2, Ground::default());
    let again = ids[1];
    write(&db, move |conn| control::cancel(conn, again, now()).map(drop));
    write(&db, move |conn| control::retry(conn, again, now()).map(drop));
    let (second, _) = claim(&db, "two", 2, Ground::default());
    assert_eq!(second.iter().map(|job| job.id).collect::<Vec<_>>(), [again]);
    assert_eq!(complete(&db, &first), BTreeSet::from([ids[0]]), "that of the cancelled one counts no more");
    assert_eq!(complete(&db, &second), BTreeSet::from([again]));
}

#[test]
fn an_end_that_waits_does_not_count_for_a_job_that_was_put_back_meanwhile() {
    let scene = Scene::new();
    let db = scene.db();
    let ids = put(&db, 3);
    let (claimed, _) = claim(&db, "w", 3, Ground::default());
    let mut holder = scene.connect();
    holder.batch_execute(&format!("BEGIN; SELECT FROM job_queue WHERE id = {} FOR UPDATE", ids[1])).unwrap();
    let ending = {
        let (db, claimed) = (db.clone(), claimed[1..].to_vec());
        thread::spawn(move || complete(&db, &claimed))
    };
    let waits = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("the ends wait for a row", || (scene.count(waits) == 1).then_some(()));
    let again = ids[2];
    write(&db, move |conn| control::cancel(conn, again, now()).map(drop));
    write(&db, move |conn| control::retry(conn, again, now()).map(drop));
    holder.batch_execute("ROLLBACK").unwrap();
    assert_eq!(ending.join().unwrap(), BTreeSet::from([ids[1]]));
    assert_eq!(scene.count(&format!("job_queue WHERE id = {again} AND status = 'pending' AND attempts = 1")), 1);
}

#[test]
fn what_was_claimed_before_a_queue_is_paused_counts_as_running_then() {
    let scene = Scene::new();
    let db = scene.db();
    put(&db, 4);
    let (claimed, _) = claim(&db, "w", 3, Ground::default());
    write(&db, |conn| queues::set_paused(conn, DEFAULT_QUEUE, true));
    assert_eq!(scene.count("job_queue WHERE status = 'processing' AND worker = 'w' AND attempts = 1"), 3);
    assert_eq!(complete(&db, &claimed).len(), 3);
    assert_eq!(scene.count("job_queue WHERE status = 'completed' AND worker = 'w' AND attempts = 1"), 3);
}

#[test]
fn a_job_that_was_claimed_ahead_may_be_running() {
    let scene = Scene::new();
    let db = scene.db();
    put(&db, 1);
    let is_running = || write(&db, |conn| erase::is_running(conn, 7, TYPE));
    assert!(!is_running());
    put(&db, 1);
    let (claimed, _) = claim(&db, "w", 2, Ground::default());
    complete(&db, &claimed[..1]);
    assert!(is_running());
    complete(&db, &claimed[1..]);
    assert!(!is_running());
}

#[test]
fn what_never_began_can_be_claimed_as_soon_as_it_is_given_back_and_what_may_have_is_a_lost_attempt() {
    let scene = Scene::new();
    let db = scene.db();
    let ids = put(&db, 3);
    let (claimed, _) = claim(&db, "one", 3, Ground::default());
    let never = (claimed[1].id, claimed[1].lease);
    assert_eq!(write(&db, move |conn| lease::unclaim(conn, [never])), 1);
    let (again, _) = claim(&db, "two", 3, Ground::default());
    assert_eq!(again.iter().map(|job| (job.id, job.attempts)).collect::<Vec<_>>(), [(ids[1], 1)]);
    let gone = claimed[0].lease.unwrap();
    write(&db, move |conn| leases::give_up(conn, &[gone]));
    assert_eq!(scene.count("job_queue WHERE status = 'processing' AND ahead AND worker = 'one' AND attempts = 1"), 1);
}

#[test]
fn very_many_listed_jobs_are_given_back_and_paused_without_a_look_for_each_two_of_them() {
    const LISTS: i64 = 24;
    const EACH: i64 = 4_096;
    let scene = Scene::new();
    let db = scene.db();
    scene.execute(&format!(
        "INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, scheduled_at,
            created_at, version, claimable)
         SELECT '{TYPE}', '{DEFAULT_QUEUE}', '{{}}', 'pending', 0, 3, 0, 0, now(), now(), 1, TRUE
         FROM generate_series(1, {LISTS} * {EACH});
         SELECT setval('job_versions', 1000);
         INSERT INTO job_leases (lease, ends_at) SELECT n, now() + interval '1 hour' FROM generate_series(2, {LISTS} + 1) n;
         INSERT INTO jobs_ahead (lease, worker, claimed_at, jobs, whole, last_job)
         SELECT lease, 'w', now(), array_agg(id), TRUE, max(id)
         FROM (SELECT id, 2 + (id - 1) / {EACH} AS lease FROM job_queue) AS listed GROUP BY lease"
    ));
    let began = Instant::now();
    let claims: Vec<_> = (1..=EACH).map(|id| (id, Some(2))).collect();
    let given_back = write(&db, move |conn| lease::unclaim(conn, claims));
    write(&db, |conn| queues::set_paused(conn, DEFAULT_QUEUE, true));
    let took = began.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
    let running = scene.count("job_queue WHERE status = 'processing'");
    assert_eq!((given_back as i64, running), (EACH, (LISTS - 1) * EACH));
}
