//! Users who sign up through several servers. Whoever gets no answer, or is told to come back, sends the same again, with the
//! same `Idempotency-Key`, to another server, until it is acknowledged.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::eventually_within;
use super::http::{Answer, Broken, Connection, sign_up_head, user};

/// Between two attempts of one client. Shorter than `Retry-After` asks for: more of them meet a server in trouble.
const PAUSE: Duration = Duration::from_millis(100);
/// How long one user goes on trying.
const PATIENCE: Duration = Duration::from_secs(120);

/// The clients while they are at it.
pub struct Clients {
    threads: Vec<JoinHandle<Sent>>,
    progress: Arc<Progress>,
}

#[derive(Default)]
struct Progress {
    acknowledged: AtomicUsize,
    stop: AtomicBool,
}

/// How much there is to do for each connection.
#[derive(Clone, Copy)]
pub struct Load {
    pub connections: usize,
    /// For each connection; without a number, until they are told to stop.
    pub users: Option<u32>,
    /// From one user of a connection to the next; who was held up catches up.
    pub every: Duration,
}

/// What became of it all.
#[derive(Debug, Default)]
pub struct Sent {
    /// Acknowledged, each with when and how long after the first attempt.
    pub created: Vec<(String, Instant, Duration)>,
    /// For each server, how often it said 503 with `Retry-After`, and how long that took at most.
    pub unavailable: Vec<(usize, Duration)>,
    /// Attempts without a whole answer: it is in doubt whether they count.
    pub in_doubt: usize,
    /// Attempts for which there was no connection.
    pub unreachable: usize,
    /// Whatever must not be answered.
    pub strange: Vec<String>,
}

impl Sent {
    fn add(&mut self, other: Sent) {
        self.created.extend(other.created);
        for ((count, longest), (more, took)) in self.unavailable.iter_mut().zip(other.unavailable) {
            (*count, *longest) = (*count + more, (*longest).max(took));
        }
        self.in_doubt += other.in_doubt;
        self.unreachable += other.unreachable;
        self.strange.extend(other.strange);
    }

    /// The e-mails of those who were acknowledged, after asserting that nobody was told anything else.
    pub fn emails(&self) -> Vec<String> {
        let shown: Vec<_> = self.strange.iter().take(20).collect();
        assert!(shown.is_empty(), "{} sign-ups were answered as they must not be: {shown:#?}", self.strange.len());
        self.created.iter().map(|(email, ..)| email.clone()).collect()
    }

    pub fn print(&self) {
        let mut took: Vec<Duration> = self.created.iter().map(|(_, _, took)| *took).collect();
        took.sort();
        let percentile = |percent: usize| took[(took.len() * percent).div_ceil(100) - 1];
        println!(
            "{} users signed up: p50 {:?}, p99 {:?}, the longest {:?}; {} attempts were in doubt, {} found no server; \
             each server's 503s and the longest of them: {:?}",
            took.len(),
            percentile(50),
            percentile(99),
            percentile(100),
            self.in_doubt,
            self.unreachable,
            self.unavailable
        );
    }
}

impl Clients {
    pub fn start(servers: &[SocketAddr], load: Load) -> Clients {
        let progress = Arc::<Progress>::default();
        let start = |number| {
            let mut client = Client::new(servers, Arc::clone(&progress));
            thread::spawn(move || {
                client.sign_up_all(number, load);
                client.sent
            })
        };
        Clients { threads: (0..load.connections).map(start).collect(), progress }
    }

    pub fn acknowledged(&self) -> usize {
        self.progress.acknowledged.load(Ordering::SeqCst)
    }

    /// Waits until so many more users have been acknowledged.
    pub fn wait_for_more(&self, users: usize) {
        let enough = self.acknowledged() + users;
        let is_enough = || (self.acknowledged() >= enough).then_some(());
        eventually_within(PATIENCE, &format!("{users} more users are acknowledged"), is_enough);
    }

    /// True when every user has been acknowledged.
    pub fn are_done(&self) -> bool {
        self.threads.iter().all(JoinHandle::is_finished)
    }

    /// Begins no more sign-ups, and waits until those that were begun are acknowledged.
    pub fn finish(self) -> Sent {
        self.progress.stop.store(true, Ordering::SeqCst);
        self.ended()
    }

    /// Waits until every user has been acknowledged.
    pub fn ended(self) -> Sent {
        let all: Vec<Sent> = self.threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        let mut sum = Sent { unavailable: vec![Default::default(); all[0].unavailable.len()], ..Sent::default() };
        all.into_iter().for_each(|sent| sum.add(sent));
        sum
    }
}

/// One user after another, with a connection to each server.
struct Client {
    servers: Vec<SocketAddr>,
    connections: Vec<Option<Connection>>,
    progress: Arc<Progress>,
    sent: Sent,
}

impl Client {
    fn new(servers: &[SocketAddr], progress: Arc<Progress>) -> Client {
        let connections = servers.iter().map(|_| None).collect();
        let sent = Sent { unavailable: vec![Default::default(); servers.len()], ..Sent::default() };
        Client { servers: servers.to_vec(), connections, progress, sent }
    }

    fn sign_up_all(&mut self, number: usize, load: Load) {
        let began = Instant::now();
        for user in 0..load.users.unwrap_or(u32::MAX) {
            thread::sleep((began + load.every * user).saturating_duration_since(Instant::now()));
            if self.progress.stop.load(Ordering::SeqCst) {
                return;
            }
            self.sign_up(&format!("user-{number:03}{user:06}@example.com"));
        }
    }

    fn sign_up(&mut self, email: &str) {
        let began = Instant::now();
        let mut server = rand::random_range(0..self.servers.len());
        while began.elapsed() < PATIENCE {
            let sent = Instant::now();
            match self.attempt(server, email) {
                Some(Ok(answer)) if answer.status == 201 => {
                    self.sent.created.push((email.to_owned(), Instant::now(), began.elapsed()));
                    self.progress.acknowledged.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                Some(Ok(answer)) if answer.status == 503 && answer.retry_after.is_some() => {
                    let (count, longest) = &mut self.sent.unavailable[server];
                    (*count, *longest) = (*count + 1, (*longest).max(sent.elapsed()));
                }
                Some(Ok(answer)) => {
                    let body = String::from_utf8_lossy(&answer.body);
                    return self.sent.strange.push(format!("{email}: {} {body}", answer.status));
                }
                Some(Err(_)) => self.sent.in_doubt += 1,
                None => self.sent.unreachable += 1,
            }
            thread::sleep(PAUSE);
            server = (server + rand::random_range(1..self.servers.len().max(2))) % self.servers.len();
        }
        self.sent.strange.push(format!("{email}: given up after {PATIENCE:?}"));
    }

    /// None if there is no connection to be had.
    fn attempt(&mut self, server: usize, email: &str) -> Option<Result<Answer, Broken>> {
        let mut connection = match self.connections[server].take() {
            Some(connection) => connection,
            None => Connection::open(self.servers[server]).ok()?,
        };
        let body = user(email);
        let head = sign_up_head(&body);
        let answer = connection.send(&format!("{head}idempotency-key: {email}\r\n\r\n{body}"));
        let answer = answer.and_then(|()| connection.receive());
        if answer.as_ref().is_ok_and(|answer| !answer.last) {
            self.connections[server] = Some(connection);
        }
        Some(answer)
    }
}
