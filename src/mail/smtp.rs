//! [`Smtp`]: hands messages to a mail server, over connections that are kept for the next one.
//!
//! lettre speaks SMTP; the connections are kept here and not in its pool, for two reasons. It knows no limit for an answer,
//! and its pool takes back a connection whose message was given up half way: the answer that is still to come would be taken
//! for the next message's.

mod connect;
mod server;

use std::error::Error as _;
use std::fmt;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Noop;

pub use server::{Roots, SmtpServer};

use super::MailError;

/// A message is four commands: sender, recipient, the wish to send, content.
const COMMANDS: u32 = 4;
/// How long a connection is kept unused. Servers close theirs after some minutes, and something between may forget them
/// without a word.
const IDLE_MOST: Duration = Duration::from_secs(60);

/// The way to one mail server.
#[derive(Debug)]
pub(super) struct Smtp {
    server: SmtpServer,
    idle: Mutex<Vec<Idle>>,
}

/// A connection whose last message went through.
struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl Smtp {
    pub(super) fn new(server: SmtpServer) -> Smtp {
        Smtp { server, idle: Mutex::default() }
    }

    /// Returns once the server has taken the message.
    pub(super) async fn send(&self, message: &Message) -> Result<(), MailError> {
        // Whatever happens before the message is offered, a refused password too, says nothing about the message.
        let mut connection = self.connection().await.map_err(|trouble| MailError::Deferred(trouble.to_string()))?;
        let content = message.formatted();
        // lettre ends the content with a line break of its own.
        let content = content.strip_suffix(b"\r\n").unwrap_or(&content);
        let sent = within(self.server.limit() * COMMANDS, connection.send(message.envelope(), content)).await;
        match sent {
            Ok(_) => {
                self.idle().push(Idle { connection, since: Instant::now() });
                Ok(())
            }
            Err(trouble) if trouble.is_permanent() => Err(MailError::Refused(trouble.to_string())),
            Err(trouble) => Err(MailError::Deferred(trouble.to_string())),
        }
    }

    /// Whether the server would take messages: greeting, TLS, sign-in and a NOOP, and no message.
    pub(super) async fn check(&self) -> Result<(), String> {
        let check = async {
            let mut connection = self.server.open().await?;
            within(self.server.limit(), connection.command(Noop)).await?;
            within(self.server.limit(), connection.quit()).await
        };
        check.await.map(|_| ()).map_err(|trouble: Trouble| trouble.to_string())
    }

    /// One that is open and still works, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Trouble> {
        while let Some(mut connection) = self.take_idle() {
            if within(self.server.limit(), connection.command(Noop)).await.is_ok() {
                return Ok(connection);
            }
        }
        self.server.open().await
    }

    fn take_idle(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle();
        idle.retain(|one| one.since.elapsed() < IDLE_MOST);
        idle.pop().map(|one| one.connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Idle")
    }
}

/// What went wrong in one step. Its text is fit to be stored: servers like to repeat the recipient's address, so of an answer
/// it has the code alone.
enum Trouble {
    /// There is no way to the server.
    Unreachable(io::Error),
    /// No answer for so long.
    Silence(Duration),
    Error(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Error(error)
    }
}

impl Trouble {
    /// Whether the message itself is at fault, once it was offered: refused for good, or beyond what the server can do.
    fn is_permanent(&self) -> bool {
        matches!(self, Trouble::Error(error) if error.is_permanent() || error.is_client())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Unreachable(error) => write!(f, "{error}"),
            Trouble::Silence(limit) => write!(f, "no answer within {}", humantime::format_duration(*limit)),
            Trouble::Error(error) => match error.status() {
                Some(code) => write!(f, "it answered {code}"),
                None if error.is_response() => f.write_str("it hung up, or its answer is not SMTP"),
                None => f.write_str(&cause(error)),
            },
        }
    }
}

/// The innermost error: the system's, the TLS library's or lettre's own words, none of them the server's.
fn cause(error: &Error) -> String {
    let mut innermost = error.source();
    while let Some(deeper) = innermost.and_then(|error| error.source()) {
        innermost = Some(deeper);
    }
    innermost.map_or_else(|| error.to_string(), |cause| cause.to_string())
}

async fn within<T, E>(limit: Duration, step: impl Future<Output = Result<T, E>>) -> Result<T, Trouble>
where
    Trouble: From<E>,
{
    match tokio::time::timeout(limit, step).await {
        Ok(ended) => Ok(ended?),
        Err(_) => Err(Trouble::Silence(limit)),
    }
}
