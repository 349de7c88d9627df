//! Chaos: while users sign up, a worker process is killed or stands still every 300 ms. And a job that takes every
//! worker down with it.
//!
//! `KEIYAKU_LONG=1` lets it last a minute with 20,000 users instead of 10 s, and `KEIYAKU_SEED` repeats the choices of a
//! run that failed, though not the moments at which they strike.

use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::support::database::Database;
use crate::support::http::Connection;
use crate::support::load::Load;
use crate::support::process::{Ended, Process};
use crate::support::{Scene, assert_success, drained, drained_within, eventually, is_long, percentile};
use crate::workers::held_by;

const WORKERS: usize = 3;
const SETTINGS: [(&str, &str); 2] = [("WORKER_COUNT", "3"), ("JOB_LEASE", "1s")];
const CONNECTIONS: u32 = 16;
/// From one strike to the next.
const STRIKE_EVERY: Duration = Duration::from_millis(300);
/// How long a worker stands still: twice as long as it may keep its jobs.
const STILL: Duration = Duration::from_secs(2);
/// How long a strike waits for its worker to hold jobs.
const CHANCE: Duration = Duration::from_millis(150);
/// How long it may work meanwhile before it is looked at again; others who are awake have all they want of the time.
const TURN: Duration = Duration::from_millis(2);
/// What a worker says that comes too late.
const LATE: &str = "the lease was lost; this attempt counts for nothing";

#[test]
fn whatever_is_killed_or_stands_still_every_job_counts_once() {
    let (seconds, users) = if is_long() { (60, 20_000) } else { (10, 2_000) };
    let time = Duration::from_secs(seconds);
    let scene = Scene::new();
    let server = scene.start_without_workers(&SETTINGS[1..]);
    let mut chaos = Chaos::begin(&scene);
    let load = Load::spread(server.address(), CONNECTIONS as usize, "user", users / CONNECTIONS, time);
    chaos.rage(time);
    let sent = load.ended();
    let mut database = scene.open();
    println!("{}; then {} jobs were left", chaos.strikes(), database.count("job_queue WHERE completed_at IS NULL"));
    let started = Instant::now();
    drained_within(&server, 3 * time);
    println!("which were done after {:?}", started.elapsed());
    let mut logs = chaos.end();
    logs.add(stopped(server));

    let refused: Vec<_> = sent.refused.iter().take(20).collect();
    assert!(refused.is_empty(), "{} sign-ups were answered with an error: {refused:?}", sent.refused.len());
    assert_eq!(sent.created.len(), users as usize, "{:?} {:?}", sent.unanswered, sent.cut_off);
    println!("sign-ups: p99 {:?}, the longest {:?}", percentile(&sent.took, 99), percentile(&sent.took, 100));
    assert_eq!(database.emails(), sent.created.into_iter().collect::<BTreeSet<_>>());
    assert_none_failed(&mut database);
    database.assert_every_user_checked_in_once();
    assert_eq!(scene.mails().len(), users as usize, "one welcome mail for each user");
    assert_attempts_add_up(&mut database);
    logs.assert_no_error();
    let (lost, late) = (database.count("job_attempts WHERE outcome = 'lost'"), logs.number(LATE));
    println!("{lost} attempts were lost; {late} ends came too late");
    // Otherwise nothing was struck, or nobody woke up with another's jobs, and the test has not shown what it is for.
    assert!(lost > 0 && late > 0);
}

/// The workers, and what is done to them.
struct Chaos<'a> {
    scene: &'a Scene,
    random: StdRng,
    database: Database,
    workers: Vec<Victim>,
    logs: Logs,
    kills: usize,
    freezes: usize,
}

struct Victim {
    process: Process,
    /// It stands still until then.
    thaws: Option<Instant>,
}

impl<'a> Chaos<'a> {
    /// All workers are at work when this returns.
    fn begin(scene: &'a Scene) -> Chaos<'a> {
        let seed = std::env::var("KEIYAKU_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
        println!("KEIYAKU_SEED={seed}");
        let workers: Vec<_> = (0..WORKERS).map(|_| Victim::new(scene)).collect();
        workers.iter().for_each(|worker| drop(worker.process.logged("working")));
        let random = StdRng::seed_from_u64(seed);
        Chaos { scene, random, database: scene.open(), workers, logs: Logs::default(), kills: 0, freezes: 0 }
    }

    fn rage(&mut self, time: Duration) {
        let began = Instant::now();
        let strikes = (1..).map(|strike| began + STRIKE_EVERY * strike);
        for due in strikes.take_while(|due| *due <= began + time) {
            self.thaw_until(due);
            self.strike();
        }
        // Everybody: who stands still in the middle of a write keeps the others from writing.
        self.thaw_until(Instant::now() + STILL);
    }

    /// Waits, and thaws who has stood still for long enough.
    fn thaw_until(&mut self, time: Instant) {
        self.workers.sort_by_key(|worker| worker.thaws);
        for worker in &mut self.workers {
            if let Some(due) = worker.thaws.take_if(|due| *due <= time) {
                sleep_until(due);
                worker.process.thaw();
            }
        }
        sleep_until(time);
    }

    /// Whoever stands still is left alone, so that it wakes up late; and one always works, so that there is work to
    /// strike: the last one is killed, which another follows at once.
    fn strike(&mut self) {
        let awake: Vec<_> = (0..WORKERS).filter(|index| self.workers[*index].thaws.is_none()).collect();
        let worker = &mut self.workers[*awake.choose(&mut self.random).unwrap()];
        worker.halt_at_work(&mut self.database);
        if awake.len() > 1 && self.random.random() {
            worker.thaws = Some(Instant::now() + STILL);
            self.freezes += 1;
        } else {
            let killed = std::mem::replace(worker, Victim::new(self.scene)).process.kill();
            assert_eq!(killed.status.signal(), Some(9), "it had ended by itself: {:?}", killed.errors);
            self.logs.add(killed);
            self.kills += 1;
        }
    }

    fn strikes(&self) -> String {
        format!("{} kills and {} halts", self.kills, self.freezes)
    }

    /// Stops them all, in order.
    fn end(mut self) -> Logs {
        for worker in self.workers {
            worker.process.logged("working");
            self.logs.add(stopped(worker.process));
        }
        self.logs
    }
}

impl Victim {
    fn new(scene: &Scene) -> Victim {
        Victim { process: scene.spawn_worker(&SETTINGS), thaws: None }
    }

    /// Halts it while it holds jobs, or in whatever state it is when it has held none for a while: it may have just been
    /// started, or wait for one that stands still in the middle of a write.
    fn halt_at_work(&self, database: &mut Database) {
        let held = held_by(self.process.id());
        let began = Instant::now();
        loop {
            self.process.freeze();
            if database.count(&held) > 0 || began.elapsed() > CHANCE {
                return;
            }
            self.process.thaw();
            thread::sleep(TURN);
        }
    }
}

/// Every line that any process wrote.
#[derive(Default)]
struct Logs(Vec<String>);

impl Logs {
    fn add(&mut self, ended: Ended) {
        self.0.extend(ended.log.into_iter().chain(ended.errors));
    }

    fn number(&self, text: &str) -> usize {
        self.0.iter().filter(|line| line.contains(text)).count()
    }

    fn assert_no_error(&self) {
        let is_error =
            |line: &&String| ["locked", "busy", "\"ERROR\"", "panicked"].iter().any(|word| line.contains(word));
        let errors: Vec<_> = self.0.iter().filter(is_error).take(20).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

fn stopped(process: Process) -> Ended {
    let ended = process.stop();
    assert_success(ended.status);
    ended
}

fn sleep_until(time: Instant) {
    thread::sleep(time.saturating_duration_since(Instant::now()));
}

/// Said with what became of their attempts, which is what to look at first.
fn assert_none_failed(database: &mut Database) {
    let attempts = "SELECT job_id, string_agg(outcome, ', ') AS outcomes FROM job_attempts GROUP BY job_id";
    let failed = database.texts(&format!(
        "SELECT count(*) || ' ' || job_type || ', max_retries ' || max_retries || ': ' || outcomes AS value \
         FROM job_queue JOIN ({attempts}) AS ended ON job_id = id WHERE status = 'failed' GROUP BY job_type, max_retries, outcomes"
    ));
    assert_eq!(failed, [""; 0], "jobs that failed");
}

/// Asserts that of every job every claim but the one that completed it is on record as lost, and as many as it was given.
fn assert_attempts_add_up(database: &mut Database) {
    let strange = "job_attempts WHERE outcome <> 'lost'";
    assert_eq!(database.count(strange), 0, "attempts that ended otherwise");
    let numbered = "SELECT id AS numbered, count(job_id) AS lost, coalesce(max(attempt), 0) AS last \
                    FROM job_queue LEFT JOIN job_attempts ON job_id = id GROUP BY id";
    // A job that was claimed ahead when its worker was lost is not charged for that, and never claimed ahead again.
    let sums = "last = attempts - 1 AND lost = attempts - 1 AND lost = losses AND lost - retry_count IN (0, 1)";
    let wrong = format!("job_queue JOIN ({numbered}) AS ended ON numbered = id WHERE ({sums}) IS NOT TRUE");
    assert_eq!(database.count(&wrong), 0, "jobs whose attempts do not add up");
    assert_eq!(database.count("job_queue WHERE retry_count > max_retries"), 0, "jobs that were tried too often");
    let most = database.number("SELECT CAST(max(attempts) AS BIGINT) AS value FROM job_queue");
    println!("no job needed more than {most} attempts");
}

const MAX_RETRIES: i64 = 2;
/// The job that takes workers down: only it has so few retries.
const POISON: &str = "job_queue WHERE max_retries = 2";

#[test]
fn a_job_that_takes_every_worker_down_ends_as_failed() {
    let scene = Scene::new();
    let server = scene.start_without_workers::<&str>(&[]);
    let mut connection = Connection::open(server.address()).unwrap();
    assert_eq!(connection.sign_up("taro@example.com").unwrap().status, 201);
    let worker = scene.spawn_worker(&SETTINGS);
    worker.logged("working");
    drained(&server);
    stopped(worker);
    let body = format!(r#"{{"job_type":"send_welcome_email","payload":{{"user_id":1}},"max_retries":{MAX_RETRIES}}}"#);
    let answer = connection.post("/jobs", &scene.token("jobs:write"), &body).unwrap();
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));

    let mail_server = SilentMailServer::start();
    let mut database = scene.open();
    let mut killed = Vec::new();
    for _ in 0..=MAX_RETRIES {
        let worker = mail_server.spawn_worker(&scene);
        let _connection = mail_server.accepted();
        let id = worker.id();
        assert_eq!(database.count(&format!("{POISON} AND status = 'processing' AND worker LIKE '{id}-%'")), 1);
        assert_eq!(worker.kill().status.signal(), Some(9));
        killed.push(id.to_string());
    }
    // Somebody has to find out about the last one, and gets nothing of it.
    let worker = mail_server.spawn_worker(&scene);
    drained(&server);
    worker.logged("working");
    [worker, server].into_iter().for_each(|process| drop(stopped(process)));
    assert!(!mail_server.is_asked(), "it was tried once more");
    assert_failed_with(&mut database, &killed);
    database.assert_sound();
}

/// Asserts that the poison job has failed for good, and that each of these workers is on record as lost with it.
fn assert_failed_with(database: &mut Database, killed: &[String]) {
    let failed = format!("{POISON} AND status = 'failed' AND retry_count = 2 AND attempts = 3 AND worker IS NULL");
    assert_eq!(database.count(&failed), 1);
    let attempts = "FROM job_attempts JOIN job_queue ON job_id = id WHERE max_retries = 2 ORDER BY attempt";
    let outcomes = database.texts(&format!("SELECT attempt || ' ' || outcome AS value {attempts}"));
    assert_eq!(outcomes, ["1 lost", "2 lost", "3 lost"]);
    let workers = database.texts(&format!("SELECT job_attempts.worker AS value {attempts}"));
    let ids: Vec<_> = workers.iter().map(|worker| worker.split_once('-').unwrap().0).collect();
    assert_eq!(ids, killed);
}

/// Accepts, and never says a word: whoever wants to send a mail waits.
struct SilentMailServer(TcpListener);

impl SilentMailServer {
    fn start() -> SilentMailServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        SilentMailServer(listener)
    }

    /// A worker that sends its mail there.
    fn spawn_worker(&self, scene: &Scene) -> Process {
        let url = format!("smtp://{}", self.0.local_addr().unwrap());
        scene.spawn_worker(&[("JOB_LEASE", "1s"), ("SMTP_URL", &url), ("SMTP_TIMEOUT", "30s")])
    }

    fn accepted(&self) -> TcpStream {
        eventually("a worker wants to send a mail", || self.0.accept().ok()).0
    }

    fn is_asked(&self) -> bool {
        self.0.accept().is_ok()
    }
}
