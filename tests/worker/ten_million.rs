//! What a claim and a finish cost among ten million jobs, compared with among ten thousand: at most half as much again.
//!
//! Only in the long form, since the large file takes minutes to build and some gigabytes of the target folder, which it
//! gives back in the end. Optimised, as it is meant to be:
//!
//!     KEIYAKU_LONG=1 cargo test --release --test worker ten_million -- --nocapture

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use keiyaku::db::{AnyConnection, DatabaseUrl, migrate};
use keiyaku::models::jobs::claim::{self, Claim};
use keiyaku::models::jobs::lease::{self, Report};
use keiyaku::models::jobs::{self, Ground, Job, NewJob, completions, counts};
use keiyaku::models::queues::Room;

use crate::database::sqlite_only;
use crate::support::plans::{
    BY_CLAIM, BY_ID, BY_QUEUE, claim_some, ends_find_their_rows_by_id, fill, fill_users, finds_on,
};
use crate::support::scripts::Scripted;
use crate::support::{Bench, is_long, make_mark, make_marks};

const MANY: i64 = 64;
const WARM_UP: usize = 50;
const ROUNDS: usize = 300;
const MOST: f64 = 1.5;

/// Finished jobs, then those that are due some day, then those that are due now.
fn build(path: &Path, [finished, later, due]: [i64; 3]) {
    migrate(&DatabaseUrl::Sqlite(path.to_owned())).unwrap();
    let mut conn = AnyConnection::Sqlite(SqliteConnection::establish(&path.to_string_lossy()).unwrap());
    let quick = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000";
    conn.batch_execute(quick).unwrap();
    // Row by row, the triggers and indexes would take an hour.
    let kept = without_triggers_and_indexes(&mut conn);
    fill(&mut conn, finished, "completed", false, "NULL");
    fill(&mut conn, later, "pending", false, "'2027-01-01 00:00:00'");
    fill(&mut conn, due, "pending", true, "NULL");
    // A job about nobody would be taken for one whose user was deleted.
    fill_users(&mut conn);
    kept.iter().for_each(|sql| conn.batch_execute(sql).unwrap());
    conn.batch_execute(
        "INSERT INTO job_counts (job_type, status, queue, slot, jobs)
         SELECT job_type, status, queue, 0, count(*) FROM job_queue GROUP BY job_type, status, queue;
         UPDATE job_versions SET last = (SELECT max(version) FROM job_queue)",
    )
    .unwrap();
    conn.batch_execute(make_marks()).unwrap();
    conn.batch_execute("PRAGMA journal_mode = WAL").unwrap();
}

/// Drops them from the jobs, and returns what makes them again.
fn without_triggers_and_indexes(conn: &mut AnyConnection) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Made {
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        sql: String,
    }
    let all = "SELECT type AS kind, name, sql FROM sqlite_master
               WHERE tbl_name = 'job_queue' AND type IN ('trigger', 'index') AND sql IS NOT NULL";
    let all: Vec<Made> = diesel::sql_query(all).load(conn).unwrap();
    assert!(all.len() > 8, "three triggers, and an index for every way to find a job");
    for made in &all {
        conn.batch_execute(&format!("DROP {} {}", made.kind, made.name)).unwrap();
    }
    all.into_iter().map(|made| made.sql).collect()
}

/// One of the two files, and how long everything took on it.
struct File {
    bench: Bench,
    conn: AnyConnection,
    script: Scripted,
    times: [Vec<Duration>; 6],
}

const NAMES: [&str; 6] = ["claim 64", "finish 64", "claim 1", "finish 1 with effects", "enqueue 64", "enqueue 1"];

impl File {
    fn new(jobs: [i64; 3]) -> File {
        let started = Instant::now();
        let bench = Bench::on_file(|path| build(path, jobs));
        let mut conn = bench.outside();
        // The writer's, which leaves checkpoints to a thread of its own.
        let settings = "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0; \
                        PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA secure_delete = ON";
        conn.batch_execute(settings).unwrap();
        let length = std::fs::metadata(&bench.path).unwrap().len() as f64 / 1e9;
        eprintln!("{} jobs: built in {:.0?}, {length:.3} GB", jobs.iter().sum::<i64>(), started.elapsed());
        File { bench, conn, script: Scripted::succeeding(), times: Default::default() }
    }

    /// Everything once, each in a transaction of its own. As much is put in as is finished.
    fn round(&mut self, round: usize) {
        let now = self.bench.now();
        let many = self.timed(0, |bench, conn| claim(bench, conn, MANY));
        let claims: Vec<_> = many.iter().map(|job| (job.id, job.lease.unwrap())).collect();
        let lost = self.timed(1, |_, conn| completions::complete_all(conn, &claims, now));
        let one = self.timed(2, |bench, conn| claim(bench, conn, 1));
        let report = Report { progress: None, output: Some(r#"{"sent":true}"#.to_owned()) };
        self.timed(3, |_, conn| {
            lease::complete(conn, &one[0], &report, now)?;
            make_mark(conn, "done")
        });
        assert_eq!((many.len(), lost.len(), one.len()), (MANY as usize, 0, 1));
        let new: Vec<NewJob> = (0..=MANY).map(|place| self.new_job(round, place)).collect();
        self.timed(4, |_, conn| jobs::enqueue_all(conn, &new[1..], now));
        self.timed(5, |_, conn| jobs::enqueue(conn, &new[0], now));
    }

    fn new_job(&self, round: usize, place: i64) -> NewJob {
        NewJob {
            queue: format!("queue {}", place % 10),
            priority: (place % 7) as i32,
            user_id: Some(place + 1),
            unique_key: Some(format!("{round}, {place}")),
            ..self.bench.job(&self.script)
        }
    }

    fn timed<T>(&mut self, what: usize, work: impl FnOnce(&Bench, &mut AnyConnection) -> QueryResult<T>) -> T {
        let started = Instant::now();
        let done = self.conn.transaction(|conn| work(&self.bench, conn)).unwrap();
        self.times[what].push(started.elapsed());
        done
    }

    fn checkpoint(&mut self) {
        self.conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)").unwrap();
    }

    /// The median, after the warm-up.
    fn median(&self, what: usize) -> Duration {
        let mut times = self.times[what][WARM_UP..].to_vec();
        times.sort_unstable();
        times[times.len() / 2]
    }
}

fn claim(bench: &Bench, conn: &mut AnyConnection, limit: i64) -> QueryResult<Vec<Job>> {
    let job_types = vec!["hasty", "scripted"];
    let until = bench.now() + TimeDelta::seconds(30);
    let wanted = Claim {
        job_types,
        limit,
        at_once: limit,
        room: Room::ANY,
        ground: Ground::default(),
        worker: "w".to_owned(),
        until,
    };
    claim::claim(conn, &wanted, bench.now()).map(|claimed| claimed.jobs.into_iter().map(Arc::unwrap_or_clone).collect())
}

#[test]
fn ten_million_jobs_make_a_claim_and_a_finish_no_more_than_half_as_dear_again() {
    if !is_long() {
        return;
    }
    sqlite_only!("a file that is filled faster than the service could");
    let mut small = File::new([2_000, 1_000, 7_000]);
    let mut large = File::new([9_000_000, 990_000, 10_000]);
    for round in 0..WARM_UP + ROUNDS {
        // In turns, so that what else the machine does falls upon both.
        let files = if round % 2 == 0 { [&mut small, &mut large] } else { [&mut large, &mut small] };
        for file in files {
            file.round(round);
            file.checkpoint();
        }
    }
    let all: i64 = counts::by_type_and_status(&mut large.conn).unwrap().iter().map(|(.., jobs)| jobs).sum();
    assert_eq!(all, 10_000_000 + (WARM_UP + ROUNDS) as i64 * (MANY + 1));
    let mut dear = Vec::new();
    for (what, name) in NAMES.iter().enumerate() {
        let (among_few, among_many) = (small.median(what), large.median(what));
        let ratio = among_many.as_secs_f64() / among_few.as_secs_f64();
        eprintln!("{name}: {among_few:.1?} among ten thousand, {among_many:.1?} among ten million, {ratio:.2} times");
        if ratio > MOST && !name.starts_with("enqueue") {
            dear.push(*name);
        }
    }
    finds_on(&large.bench, &[BY_CLAIM, BY_ID, BY_QUEUE[0], BY_QUEUE[1], BY_QUEUE[2]], |bench, conn| {
        claim_some(bench, conn).map(|claimed| assert_eq!(claimed.len(), 64))
    });
    ends_find_their_rows_by_id(&large.bench);
    assert!(dear.is_empty(), "{dear:?}");
}
