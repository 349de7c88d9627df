//! Users who sign up over many connections at once, as fast as they are answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use super::eventually;
use super::http::{Broken, Connection};

/// The load while it runs.
pub struct Load {
    connections: Vec<JoinHandle<SignUps>>,
    acknowledged: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
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
}

impl SignUps {
    pub fn add(&mut self, other: SignUps) {
        self.created.extend(other.created);
        self.unanswered.extend(other.unanswered);
        self.cut_off.extend(other.cut_off);
        self.refused.extend(other.refused);
    }
}

impl Load {
    /// E-mails begin with `label` and end with a number that is used once.
    pub fn start(address: SocketAddr, connections: usize, label: &str) -> Load {
        let (acknowledged, stop) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let connection = |number: usize| {
            let (acknowledged, stop, label) = (Arc::clone(&acknowledged), Arc::clone(&stop), label.to_owned());
            thread::spawn(move || {
                let emails = (0..).map(|user| format!("{label}-{number:03}{user:05}@example.com"));
                sign_up_all(address, emails.take_while(|_| !stop.load(Ordering::SeqCst)), &acknowledged)
            })
        };
        Load { connections: (0..connections).map(connection).collect(), acknowledged, stop }
    }

    /// Waits until so many users have been acknowledged.
    pub fn acknowledged(&self, users: usize) {
        eventually(&format!("{users} users are acknowledged"), || {
            (self.acknowledged.load(Ordering::SeqCst) >= users).then_some(())
        });
    }

    /// Sends no more, and waits for the answers to what was sent.
    pub fn finish(self) -> SignUps {
        self.stop.store(true, Ordering::SeqCst);
        self.ended()
    }

    /// Waits until the server has ended every connection.
    pub fn ended(self) -> SignUps {
        let mut all = SignUps::default();
        self.connections.into_iter().for_each(|connection| all.add(connection.join().unwrap()));
        all
    }
}

fn sign_up_all(address: SocketAddr, emails: impl Iterator<Item = String>, acknowledged: &AtomicUsize) -> SignUps {
    let mut users = SignUps::default();
    // The server may be gone before this connection is made.
    let Ok(mut connection) = Connection::open(address) else { return users };
    for email in emails {
        let last = match connection.sign_up(&email) {
            Ok(answer) if answer.status == 201 => {
                acknowledged.fetch_add(1, Ordering::SeqCst);
                users.created.push(email);
                answer.last
            }
            Ok(answer) => {
                users.refused.push((email, answer.status));
                answer.last
            }
            Err(Broken::Unanswered) => {
                users.unanswered.push(email);
                true
            }
            Err(Broken::CutOff) => {
                users.cut_off.push(email);
                true
            }
        };
        if last {
            break;
        }
    }
    users
}
