//! `Idempotency-Key` and SIGKILL: each key makes one user and one job, however often it was sent before and after.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use crate::support::http::{Connection, sign_up_head, user};
use crate::support::{Scene, assert_success, drained, eventually};

const KEYS: usize = 500;
/// How often each key is sent at the same time.
const TIMES: usize = 3;
/// Connections; each sends its share of the keys, and each key goes over as many of them as it has times.
const CONNECTIONS: usize = 24;

#[test]
fn five_hundred_keys_sent_three_times_each_around_a_kill_make_one_user_and_one_job_each() {
    let scene = Scene::new();
    let settings = [("JOB_LEASE", "1s"), ("WORKER_COUNT", "8")];
    let mut acknowledged: BTreeMap<usize, Vec<Vec<u8>>> = BTreeMap::new();

    let server = scene.start(&settings);
    let (answered, senders) = send_all(server.address());
    eventually("a third is answered", || (answered.load(Ordering::SeqCst) > KEYS * TIMES / 3).then_some(()));
    server.kill();
    collect(senders, &mut acknowledged);
    let before: usize = acknowledged.values().map(Vec::len).sum();
    assert!((KEYS..KEYS * TIMES).contains(&before), "{before} answers before the kill, which struck in the middle");

    let server = scene.start(&settings);
    let (_, senders) = send_all(server.address());
    collect(senders, &mut acknowledged);
    drained(&server);
    assert_success(server.stop().status);

    assert_eq!(acknowledged.len(), KEYS);
    for (key, bodies) in &acknowledged {
        assert!(bodies.len() >= TIMES, "key {key} was answered {} times", bodies.len());
        assert!(bodies.iter().all(|body| *body == bodies[0]), "key {key} has had different answers");
    }
    let mut database = scene.open();
    assert_eq!(database.emails().len(), KEYS);
    assert_eq!(database.count("job_queue WHERE job_type = 'user_created'"), KEYS as i64);
    database.assert_every_user_checked_in_once();
}

type Sender = JoinHandle<Vec<(usize, Vec<u8>)>>;

/// Sends every key as often as it is to be sent, over many connections at once.
fn send_all(address: SocketAddr) -> (Arc<AtomicUsize>, Vec<Sender>) {
    let answered = Arc::new(AtomicUsize::new(0));
    let sender = |connection: usize| {
        let answered = Arc::clone(&answered);
        thread::spawn(move || {
            let keys = (0..KEYS * TIMES).filter(|sent| sent % CONNECTIONS == connection).map(|sent| sent / TIMES);
            send(address, keys, &answered)
        })
    };
    let senders = (0..CONNECTIONS).map(sender).collect();
    (answered, senders)
}

/// What each key was answered, until the connection ends.
fn send(address: SocketAddr, keys: impl Iterator<Item = usize>, answered: &AtomicUsize) -> Vec<(usize, Vec<u8>)> {
    let mut answers = Vec::new();
    let Ok(mut connection) = Connection::open(address) else { return answers };
    for key in keys {
        let body = user(&format!("user{key}@example.com"));
        let head = sign_up_head(&body);
        let sent = connection.send(&format!("{head}idempotency-key: key-{key}\r\n\r\n{body}"));
        let Ok(answer) = sent.and_then(|()| connection.receive()) else { break };
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
        answers.push((key, answer.body));
        answered.fetch_add(1, Ordering::SeqCst);
    }
    answers
}

fn collect(senders: Vec<Sender>, acknowledged: &mut BTreeMap<usize, Vec<Vec<u8>>>) {
    for (key, body) in senders.into_iter().flat_map(|sender| sender.join().unwrap()) {
        acknowledged.entry(key).or_default().push(body);
    }
}
