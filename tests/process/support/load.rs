//! Users who sign up over many connections at once, as fast as they are answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::eventually;
use super::http::{Broken, Connection};

/// The load while it runs.
pub struct Load {
    connections: Vec<JoinHandle<SignUps>>,
    progress: Arc<Progress>,
}

/// What the connections tell while they run, and are told.
#[derive(Default)]
struct Progress {
    acknowledged: AtomicUsize,
    refused: AtomicUsize,
    stop: AtomicBool,
}

/// The sign-ups that were sent, by e-mail, and what became of each.
#[derive(Debug, Default)]
pub struct SignUps {
    /// Answered 201, whole.
    pub created: Vec<String>,
    /// The connection ended before an answer began.
    pub unanswered: Vec<String>,
    /// It ended inside an answer.
    pub cut_off: Vec<String>,
    /// Answered with anything else.
    pub refused: Vec<(String, u16)>,
    /// How long each whole answer took.
    pub took: Vec<Duration>,
}

impl SignUps {
    pub fn add(&mut self, other: SignUps) {
        self.created.extend(other.created);
        self.unanswered.extend(other.unanswered);
        self.cut_off.extend(other.cut_off);
        self.refused.extend(other.refused);
        self.took.extend(other.took);
    }
}

impl Load {
    /// E-mails begin with `label` and end with a number that is used once.
    pub fn start(address: SocketAddr, connections: usize, label: &str) -> Load {
        Load::run(address, connections, |number| {
            let label = label.to_owned();
            (0..).map(move |user| email(&label, number, user))
        })
    }

    /// So many users over each connection, evenly over a time; who was held up catches up.
    pub fn spread(address: SocketAddr, connections: usize, label: &str, users: u32, time: Duration) -> Load {
        let began = Instant::now();
        Load::run(address, connections, |number| {
            let label = label.to_owned();
            (0..users).map(move |user| {
                let due = began + time.mul_f64(f64::from(user) / f64::from(users));
                thread::sleep(due.saturating_duration_since(Instant::now()));
                email(&label, number, user)
            })
        })
    }

    fn run<E>(address: SocketAddr, connections: usize, emails: impl Fn(usize) -> E) -> Load
    where
        E: Iterator<Item = String> + Send + 'static,
    {
        let progress = Arc::<Progress>::default();
        let connection = |number: usize| {
            let (progress, emails) = (Arc::clone(&progress), emails(number));
            thread::spawn(move || sign_up_all(address, emails, &progress))
        };
        Load { connections: (0..connections).map(connection).collect(), progress }
    }

    /// Waits until so many users have been acknowledged.
    pub fn acknowledged(&self, users: usize) {
        at_least(users, "users are acknowledged", &self.progress.acknowledged);
    }

    /// Waits until so many users have been answered with an error.
    pub fn refused(&self, users: usize) {
        at_least(users, "users are refused", &self.progress.refused);
    }

    /// Sends no more, and waits for the answers to what was sent.
    pub fn finish(self) -> SignUps {
        self.progress.stop.store(true, Ordering::SeqCst);
        self.ended()
    }

    /// Waits until the server has ended every connection.
    pub fn ended(self) -> SignUps {
        let mut all = SignUps::default();
        self.connections.into_iter().for_each(|connection| all.add(connection.join().unwrap()));
        all
    }
}

fn email(label: &str, connection: usize, user: u32) -> String {
    format!("{label}-{connection:03}{user:05}@example.com")
}

fn at_least(users: usize, what: &str, counter: &AtomicUsize) {
    eventually(&format!("{users} {what}"), || (counter.load(Ordering::SeqCst) >= users).then_some(()));
}

/// One after another over one connection, until it ends or is told to stop.
fn sign_up_all(address: SocketAddr, emails: impl Iterator<Item = String>, progress: &Progress) -> SignUps {
    let mut users = SignUps::default();
    // The server may be gone before this connection is made.
    let Ok(mut connection) = Connection::open(address) else { return users };
    for email in emails.take_while(|_| !progress.stop.load(Ordering::SeqCst)) {
        let sent = Instant::now();
        match connection.sign_up(&email) {
            Err(Broken::Unanswered) => users.unanswered.push(email),
            Err(Broken::CutOff) => users.cut_off.push(email),
            Ok(answer) => {
                users.took.push(sent.elapsed());
                if answer.status == 201 {
                    users.created.push(email);
                    progress.acknowledged.fetch_add(1, Ordering::SeqCst);
                } else {
                    users.refused.push((email, answer.status));
                    progress.refused.fetch_add(1, Ordering::SeqCst);
                }
                if !answer.last {
                    continue;
                }
            }
        }
        break;
    }
    users
}
