//! Commits whose answers never come: the connection is lost between the two, so that nobody can tell whether they happened.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use keiyaku::clock::Clock;
use keiyaku::models::jobs::{self, DEFAULT_QUEUE, NewJob};

use crate::support::{Scene, eventually, write};

/// A way to the server that ends the first connection to commit a transaction with `marker` in a statement, after the server has
/// committed and before it can say so.
struct Cutting {
    url: String,
    has_cut: Arc<AtomicBool>,
}

impl Cutting {
    fn commits_of(marker: &'static str, scene: &Scene) -> Cutting {
        let (head, tail) = scene.url().rsplit_once(':').map(|(head, tail)| (head.to_owned(), tail.to_owned())).unwrap();
        let (port, database) = tail.split_once('/').unwrap();
        let server: u16 = port.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{head}:{}/{database}", listener.local_addr().unwrap().port());
        let has_cut = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&has_cut);
        thread::spawn(move || {
            for client in listener.incoming() {
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                pass_on(client.unwrap(), server, marker, &told);
            }
        });
        Cutting { url, has_cut }
    }

    fn has_cut(&self) -> bool {
        self.has_cut.load(Ordering::SeqCst)
    }
}

fn pass_on(client: TcpStream, server: TcpStream, marker: &'static str, has_cut: &Arc<AtomicBool>) {
    let is_over = Arc::new(AtomicBool::new(false));
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (over, told) = (Arc::clone(&is_over), Arc::clone(has_cut));
    thread::spawn(move || {
        let mut is_marked = false;
        pass(&mut from_client, &mut to_server, |sent| {
            let has = |text: &str| sent.windows(text.len()).any(|window| window == text.as_bytes());
            is_marked |= has(marker);
            if is_marked && has("COMMIT\0") && !told.swap(true, Ordering::SeqCst) {
                over.store(true, Ordering::SeqCst);
            }
            true
        });
    });
    let (mut from_server, mut to_client) = (server, client);
    thread::spawn(move || pass(&mut from_server, &mut to_client, |_| !is_over.load(Ordering::SeqCst)));
}

/// Until one of the two ends, or `goes_on` says no.
fn pass(from: &mut TcpStream, to: &mut TcpStream, mut goes_on: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if !goes_on(&buffer[..read]) || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    // Either may be gone already.
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// Without retries, so that an attempt that is charged for nothing is the end of it.
fn put_in(scene: &Scene) {
    let job = NewJob {
        job_type: "data_analysis".to_owned(),
        queue: DEFAULT_QUEUE.to_owned(),
        payload: "{}".to_owned(),
        user_id: None,
        priority: 0,
        max_retries: 0,
        scheduled_at: None,
        unique_key: None,
        timeout_seconds: None,
    };
    write(&scene.db(), move |conn| jobs::enqueue(conn, &job, Clock::system().now()));
}

#[test]
fn what_a_claim_took_that_was_not_confirmed_is_given_back_at_once_and_spends_nothing() {
    let scene = Scene::new();
    let cutting = Cutting::commits_of("INSERT INTO \"job_leases\"", &scene);
    let _db = scene.db();
    let worker = scene.spawn(&["worker"], &[("DATABASE_URL", &cutting.url), ("JOB_LEASE", "1h")]);
    eventually("the worker is there", || (scene.count("workers") == 1).then_some(()));
    put_in(&scene);
    eventually("the job is completed", || (scene.count("job_queue WHERE status = 'completed'") == 1).then_some(()));
    assert!(cutting.has_cut());
    assert_eq!(scene.count("job_queue WHERE attempts = 1 AND losses = 0 AND retry_count = 0"), 1);
    assert_eq!(scene.count("job_attempts"), 0);
    assert_eq!(worker.stop().code, Some(0));
    assert_eq!(scene.count("job_leases"), 0);
}

#[test]
fn an_end_that_was_committed_and_not_confirmed_counts_for_the_worker_too() {
    let scene = Scene::new();
    let cutting = Cutting::commits_of("\"completed_at\" = ", &scene);
    let _db = scene.db();
    let worker = scene.spawn(&["worker"], &[("DATABASE_URL", &cutting.url)]);
    put_in(&scene);
    let line = r#""outcome":"completed""#;
    eventually("the worker knows that it is completed", || worker.log().contains(line).then_some(()));
    assert!(cutting.has_cut());
    let ended = worker.stop();
    assert_eq!((ended.code, ended.log.contains("counts for nothing")), (Some(0), false), "{}", ended.log);
    assert_eq!(scene.count("job_queue WHERE status = 'completed' AND attempts = 1"), 1);
    assert_eq!(scene.number("SELECT sum(completed)::bigint AS value FROM job_minutes"), 1);
}
