//! How the database finds the rows of what is sent to it, among many rows that are none of a worker's business: on SQLite by
//! its plans, on PostgreSQL (`plans/reads.rs`) by what each index gave.

pub mod reads;

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use diesel::connection::InstrumentationEvent;
use diesel::prelude::*;
use diesel::sql_types::Text;
use keiyaku::api::models::AttemptOutcome;
use keiyaku::db::AnyConnection;
use keiyaku::models::jobs::claim::{self, Claim};
use keiyaku::models::jobs::lease::{self, Report};
use keiyaku::models::jobs::settle;
use keiyaku::models::jobs::{Ground, Job, completions};
use keiyaku::models::queues::Room;
use keiyaku::schema::job_queue;

use super::Bench;
use crate::database::is_postgres;

/// When everything was put in.
const TIME: &str = "'2025-12-31 00:00:00'";

/// `{count}` rows of one kind. Finished ones are of ten types, queues and users.
pub fn fill(conn: &mut AnyConnection, count: i64, status: &str, claimable: bool, wake_at: &str) {
    let newest: Option<i64> = job_queue::table.select(diesel::dsl::max(job_queue::id)).first(conn).unwrap();
    let finished = status == "completed";
    let rows = format!(
        "INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, \
         scheduled_at, created_at, version, claimable, wake_at, started_at, completed_at, user_id) \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
         SELECT CASE WHEN {finished} THEN 'type ' || (i % 10) ELSE 'scripted' END, 'queue ' || (i % 10), '{{}}', \
         '{status}', i % 7, 3, 0, {attempts}, {TIME}, {TIME}, {newest} + i, {claimable}, {wake_at}, \
         {ended}, {ended}, 1 + i % 1000 FROM n",
        attempts = i64::from(finished),
        ended = if finished { TIME } else { "NULL" },
        newest = newest.unwrap_or(0),
    );
    diesel::sql_query(rows).execute(conn).unwrap();
    if is_postgres() {
        let last = "SELECT setval('job_versions', (SELECT max(version) FROM job_queue))";
        diesel::sql_query(last).execute(conn).unwrap();
    }
}

/// More users than there are jobs about.
pub fn fill_users(conn: &mut AnyConnection) {
    diesel::sql_query(
        "INSERT INTO users (email, email_key, age, is_active, created_at, updated_at) \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
         SELECT i || '@example.com', i || '@example.com', 25, i % 2 = 1, '2025-12-31 00:00:00', '2025-12-31 00:00:00' FROM n",
    )
    .execute(conn)
    .unwrap();
}

pub const BY_CLAIM: &str = "INDEX job_queue_claim";
pub const BY_WAKE: &str = "INDEX job_queue_wake";
pub const BY_KIND: &str = "INDEX job_queue_kind";
pub const BY_ID: &str = "USING INTEGER PRIMARY KEY";
/// The steps from queue to queue: a scan of the names that they find, which is no table, and a look at what is set for one. How
/// many of its jobs run is a sum over the counts, few rows however many jobs, and only for a queue that has a limit.
pub const BY_QUEUE: [&str; 3] = ["SCAN steps", "SEARCH q USING PRIMARY KEY", "SCAN c"];

/// The attempts of one job.
const ATTEMPTS: &str = "SEARCH job_attempts USING PRIMARY KEY (job_id=?)";

/// The statements that `work` sends.
pub fn statements(bench: &Bench, work: impl FnOnce(&mut AnyConnection) -> QueryResult<()>) -> Vec<String> {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let mut conn = bench.outside();
    let log = Arc::clone(&sent);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            log.lock().unwrap().push(query.to_string());
        }
    });
    let undone: QueryResult<()> = conn.transaction(|conn| {
        work(conn)?;
        Err(diesel::result::Error::RollbackTransaction)
    });
    assert_eq!(undone, Err(diesel::result::Error::RollbackTransaction));
    let sent = std::mem::take(&mut *sent.lock().unwrap());
    let text = |query: String| query.split(" -- binds").next().unwrap_or_default().to_owned();
    let of_tables = |sql: &String| ["job_queue", "job_counts", "users"].iter().any(|table| sql.contains(table));
    sent.into_iter().map(text).filter(of_tables).collect()
}

pub fn plan(bench: &Bench, statement: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    let steps: Vec<Step> =
        diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(&mut bench.outside()).unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}

/// Every statement of `work` finds its rows by `ways` alone, each of which is used: with no statistics, as at the start of
/// a database, and with those of `ANALYZE`.
pub fn finds_on(bench: &Bench, ways: &[&str], work: impl Fn(&Bench, &mut AnyConnection) -> QueryResult<()>) {
    if is_postgres() {
        return reads::finds_on(bench, ways, work);
    }
    // Made with the first statistics; every connection reads it when it opens.
    let forget = "DELETE FROM sqlite_stat1";
    diesel::sql_query("ANALYZE job_counts").execute(&mut bench.outside()).unwrap();
    for statistics in [forget, "ANALYZE"] {
        diesel::sql_query(statistics).execute(&mut bench.outside()).unwrap();
        let statements = statements(bench, |conn| work(bench, conn));
        let plans: Vec<String> = statements.iter().flat_map(|sql| plan(bench, sql)).collect();
        for step in plans.iter().filter(|step| step.contains("SCAN") || step.contains("SEARCH")) {
            assert!(ways.iter().any(|way| step.contains(way)), "{step:?} is in the plans {plans:?} of {statements:?}");
        }
        assert!(!plans.iter().any(|step| step.contains("TEMP B-TREE")), "{plans:?} of {statements:?}");
        for way in ways {
            assert!(plans.iter().any(|step| step.contains(way)), "{way} is not in the plans {plans:?}");
        }
    }
}

pub fn claim_some(bench: &Bench, conn: &mut AnyConnection) -> QueryResult<Vec<Job>> {
    let job_types = vec!["hasty", "scripted"];
    let until = bench.now() + TimeDelta::seconds(30);
    let (room, worker) = (Room::ANY, "w".to_owned());
    let wanted = Claim { job_types, limit: 64, at_once: 3, room, ground: Ground::default(), worker, until };
    claim::claim(conn, &wanted, bench.now()).map(|claimed| claimed.jobs.into_iter().map(Arc::unwrap_or_clone).collect())
}

/// What follows a claim finds its rows by their ids.
pub fn ends_find_their_rows_by_id(bench: &Bench) {
    let claimed = {
        let mut conn = bench.outside();
        claim_some(bench, &mut conn).unwrap()
    };
    let ends = |bench: &Bench, conn: &mut AnyConnection| {
        let ids: Vec<i64> = claimed.iter().map(|job| job.id).collect();
        let report = Report { progress: Some((50, "half".to_owned())), output: Some("{}".to_owned()) };
        lease::report(conn, &[(&claimed[0], &report)])?;
        lease::complete(conn, &claimed[0], &report, bench.now())?;
        lease::put_back(conn, &claimed[1], AttemptOutcome::HandedBack, bench.now(), bench.now())?;
        assert_eq!(lease::unclaim(conn, claimed[2..4].iter().map(|job| (job.id, job.lease)))?, 2);
        let many: Vec<_> = claimed[4..].iter().map(|job| (job.id, job.lease.unwrap())).collect();
        assert_eq!(completions::complete_all(conn, &many, bench.now())?, []);
        settle::release(conn, &ids).map(|_| ())
    };
    if is_postgres() {
        return reads::finds_on(bench, &[BY_ID], ends);
    }
    let statements = statements(bench, |conn| ends(bench, conn));
    assert!(statements.len() >= 7, "{statements:?}");
    for statement in statements {
        let plan = plan(bench, &statement);
        let is_found = |step: &String| [BY_ID, ATTEMPTS, "SUBQUERY"].iter().any(|way| step.contains(way));
        assert!(plan.iter().all(is_found), "{plan:?} of {statement}");
    }
}
