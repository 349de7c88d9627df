//! How long claims take on PostgreSQL while somebody holds a transaction open, so that nothing that is dead can be removed.
//!
//! `DATABASE_URL=postgres://... cargo bench --bench bloat`, on an empty database; `bench/postgres/bloat.py` brings one. A queue
//! of `JOBS` (default a million) is done by the real dispatcher. When a quarter is done, another connection reads in a
//! REPEATABLE READ transaction and keeps it open for half of the jobs; with `HOLD=0` it does not, for comparison. Fails when the
//! claims of a part took more than `TIMES` (default 3) times of what they took before, by median or 99th percentile.

mod support;

use std::fmt::{self, Write};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation};
use diesel::prelude::*;
use diesel::sql_types::Text;
use keiyaku::app::App;
use keiyaku::jobs::Registry;
use keiyaku::worker::Worker;
use support::{Failure, Noop, STARTED, app, fill, folder, number};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The queue is done in so many parts.
const PARTS: u64 = 16;
/// In these the transaction is open.
const HELD: Range<u64> = 4..12;

/// What was measured since the last look, in milliseconds.
static CLAIMS: Mutex<Vec<f64>> = Mutex::new(Vec::new());
static LOOKS: Mutex<Vec<f64>> = Mutex::new(Vec::new());

/// Measures from outside what a connection is asked for: the transactions that claim, from before BEGIN to after COMMIT, and the
/// looks for when time next changes a row.
struct Stopwatch {
    begun: Instant,
    asked: Instant,
    has_looked: bool,
    has_taken: bool,
}

impl Stopwatch {
    fn new() -> Stopwatch {
        Stopwatch { begun: Instant::now(), asked: Instant::now(), has_looked: false, has_taken: false }
    }
}

impl Instrumentation for Stopwatch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => {
                self.asked = Instant::now();
                if Start::of(query) == "BEGIN" {
                    (self.begun, self.has_looked, self.has_taken) = (self.asked, false, false);
                }
            }
            InstrumentationEvent::FinishQuery { query, .. } => {
                let query = Start::of(query);
                if query.starts_with("SELECT \"job_queue\".\"id\", \"job_queue\".\"priority\"") {
                    self.has_looked = true;
                } else if query.starts_with("INSERT INTO \"job_leases\"") {
                    self.has_taken = true;
                } else if query.starts_with("SELECT \"job_queue\".\"wake_at\"") {
                    note(&LOOKS, self.asked);
                } else if query == "COMMIT" && self.has_looked && self.has_taken {
                    note(&CLAIMS, self.begun);
                }
            }
            _ => {}
        }
    }
}

fn note(list: &Mutex<Vec<f64>>, since: Instant) {
    list.lock().unwrap_or_else(PoisonError::into_inner).push(since.elapsed().as_secs_f64() * 1e3);
}

/// The first bytes of a statement. The whole, with its hundreds of values, would take longer to write down than to run.
struct Start(String);

impl Start {
    const MOST: usize = 300;

    fn of(query: &dyn fmt::Display) -> String {
        let mut start = Start(String::new());
        // Ends with an error as soon as there is enough.
        let _ = write!(start, "{query}");
        start.0
    }
}

impl Write for Start {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.0.push_str(piece);
        if self.0.len() < Start::MOST { Ok(()) } else { Err(fmt::Error) }
    }
}

/// What was measured in a part of the jobs.
struct Part {
    is_held: bool,
    rate: f64,
    claims: Vec<f64>,
    looks: Vec<f64>,
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    sorted.get((sorted.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or(f64::NAN)
}

fn taken(list: &Mutex<Vec<f64>>) -> Vec<f64> {
    let mut found = std::mem::take(&mut *list.lock().unwrap_or_else(PoisonError::into_inner));
    found.sort_by(f64::total_cmp);
    found
}

/// The transaction that keeps what is dead.
fn hold(url: &str) -> Result<PgConnection, Failure> {
    let mut conn = PgConnection::establish(url)?;
    conn.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM job_queue LIMIT 1")?;
    Ok(conn)
}

/// How large the queue's table and its indexes are, and how many dead rows it has.
fn size(url: &str) -> Result<String, Failure> {
    let query = "format('%s, with indexes %s; %s dead rows', pg_size_pretty(pg_relation_size(relid)), \
                 pg_size_pretty(pg_total_relation_size(relid)), n_dead_tup) FROM pg_stat_user_tables WHERE relname = 'job_queue'";
    Ok(diesel::select(diesel::dsl::sql::<Text>(query)).get_result(&mut PgConnection::establish(url)?)?)
}

async fn run(app: &App, url: &str, jobs: u64) -> Result<Vec<Part>, Failure> {
    let (worker, stop) = (Worker::new(app.clone(), Registry::default().with::<Noop>()), CancellationToken::new());
    let running = tokio::spawn(worker.run(stop.clone(), Duration::from_secs(30)));
    let (mut parts, mut held) = (Vec::new(), None);
    println!("{:>9} {:>5} {:>8} {:>7} {:>23} {:>23}", "jobs", "held", "jobs/s", "claims", "p50/p99/max ms", "looks ms");
    for number in 0..PARTS {
        if number == HELD.start && support::number("HOLD", 1) != 0 {
            held = Some(hold(url)?);
        }
        if number == HELD.end {
            println!("{:>9} {}", "", size(url)?);
            held = None;
        }
        let (begun, end, before) = (Instant::now(), jobs * (number + 1) / PARTS, STARTED.load(Ordering::Relaxed));
        while STARTED.load(Ordering::Relaxed) < end {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let rate = (STARTED.load(Ordering::Relaxed) - before) as f64 / begun.elapsed().as_secs_f64();
        let part = Part { is_held: held.is_some(), rate, claims: taken(&CLAIMS), looks: taken(&LOOKS) };
        print(end, &part);
        parts.push(part);
    }
    stop.cancel();
    running.await?;
    println!("{:>9} {}", "", size(url)?);
    Ok(parts)
}

fn print(jobs: u64, part: &Part) {
    let times = |list: &[f64]| [0.5, 0.99, 1.0].map(|share| format!("{:.1}", percentile(list, share))).join(" / ");
    let (held, claims) = (if part.is_held { "yes" } else { "" }, part.claims.len());
    let (times, looks) = (times(&part.claims), times(&part.looks));
    println!("{jobs:>9} {held:>5} {:>8.0} {claims:>7} {times:>23} {looks:>23}", part.rate);
}

/// How many times as long the claims of the worst part took as those before the transaction, by this percentile. The first
/// part, in which caches and plans come about, does not count.
fn worst(parts: &[Part], share: f64) -> f64 {
    let held = |part: &&Part| part.is_held;
    let mut before: Vec<f64> =
        parts.iter().skip(1).take_while(|part| !part.is_held).flat_map(|part| part.claims.clone()).collect();
    before.sort_by(f64::total_cmp);
    let worst = parts.iter().filter(held).map(|part| percentile(&part.claims, share)).fold(0.0, f64::max);
    worst / percentile(&before, share)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let url = std::env::var("DATABASE_URL").unwrap_or_default();
    if !url.starts_with("postgres") {
        return Err("DATABASE_URL must name an empty database of PostgreSQL; bench/postgres/bloat.py brings one".into());
    }
    set_default_instrumentation(|| Some(Box::new(Stopwatch::new())))?;
    let app = app(&folder("bloat"))?;
    let since = Instant::now();
    let jobs = fill(&app, number("JOBS", 1_000_000)).await?;
    println!("a queue of {jobs}, put in in {:.0} s", since.elapsed().as_secs_f64());
    let parts = run(&app, &url, jobs).await?;
    assert!(parts.iter().all(|part| !part.claims.is_empty()), "claims were seen in every part");
    let (median, high) = (worst(&parts, 0.5), worst(&parts, 0.99));
    println!(
        "claims while the transaction was open, the worst part beside before: median × {median:.1}, p99 × {high:.1}"
    );
    let times = number("TIMES", 3) as f64;
    if median > times || high > times { Err(format!("more than × {times}").into()) } else { Ok(()) }
}
