//! Outgoing mail: composed by lettre, handed to the server of `SMTP_URL`, or without one written to `MAIL_DIR` as
//! one .eml file a message.
//!
//! A message has the id its sender gives it, as its Message-ID and in the name of its file: a repeat is recognised by a mail
//! server, and replaces the file. The name begins with the recipient's, so that all mail to somebody can be found.

mod smtp;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, MIME_VERSION_1_0};
use tracing::{Instrument, debug_span};

pub use smtp::{Roots, SmtpServer};

use crate::traces;
use smtp::Smtp;

/// Why a message was not sent. The text says nothing of the recipient.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// There is no such message.
    #[error("the message cannot be composed: {0}")]
    Unacceptable(String),
    /// The mail server will not take it another time either.
    #[error("the mail server refused the message: {0}")]
    Refused(String),
    /// The mail server may take it later.
    #[error("the mail server did not take the message: {0}")]
    Deferred(String),
    /// The folder may take it later.
    #[error("cannot write to the mail folder: {0}")]
    Folder(#[from] std::io::Error),
}

impl MailError {
    /// Whether the message will not go another time either.
    pub fn is_permanent(&self) -> bool {
        matches!(self, MailError::Unacceptable(_) | MailError::Refused(_))
    }
}

/// What a message says, and to whom.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Unique to the message, the same when it is sent again; of letters, digits, `.`, `-` and `_`.
    pub id: String,
    /// Whom the mail is to, for [`Mailer::erase`]; of the same characters but `.`.
    pub recipient: String,
    /// The recipient's address.
    pub to: String,
    /// The recipient's name.
    pub to_name: Option<String>,
    /// The subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// When it was written.
    pub date: SystemTime,
}

/// Sends mail.
#[derive(Clone, Debug)]
pub struct Mailer {
    from: Mailbox,
    folder: PathBuf,
    smtp: Option<Arc<Smtp>>,
}

impl Mailer {
    /// A mailer that hands over to `server` or, without one, writes to `folder`, made when first needed.
    pub fn new(from: Mailbox, folder: PathBuf, server: Option<SmtpServer>) -> Mailer {
        if server.as_ref().is_some_and(SmtpServer::shows_password) {
            tracing::warn!(
                "SMTP_URL: the password may go to the mail server in the clear; ?tls=required or smtps:// hides it"
            );
        }
        Mailer { from, folder, smtp: server.map(|server| Arc::new(Smtp::new(server))) }
    }

    /// Sends one message.
    ///
    /// # Errors
    /// See [`MailError`].
    pub async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let name = format!("{}.{}.eml", mail.recipient, mail.id);
        let message = self.compose(mail)?;
        let span = debug_span!("mail", otel.kind = traces::kind("client"));
        let done = self.hand_over(name, &message).instrument(span.clone()).await;
        if let Err(error) = &done {
            traces::failed(&span, &error.to_string());
        }
        done
    }

    async fn hand_over(&self, name: String, message: &Message) -> Result<(), MailError> {
        if let Some(smtp) = &self.smtp {
            return smtp.send(message).await;
        }
        let (folder, content) = (self.folder.clone(), message.formatted());
        let put = tokio::task::spawn_blocking(move || put_in_place(&folder, &name, &content));
        Ok(put.await.map_err(std::io::Error::other)??)
    }

    /// Whether the mail server takes messages, which is asked without sending one; `None` where there is no server.
    pub(crate) async fn check_server(&self) -> Option<Result<(), String>> {
        match &self.smtp {
            Some(smtp) => Some(smtp.check().await),
            None => None,
        }
    }

    /// Removes every message to `recipient` from the folder.
    ///
    /// # Errors
    /// When the folder does not let one go, or is not there although mail is written to it.
    pub async fn erase(&self, recipient: String) -> Result<(), MailError> {
        let (folder, may_be_missing) = (self.folder.clone(), self.smtp.is_some());
        let erase = move || match remove_all(&folder, &format!("{recipient}.")) {
            Err(error) if may_be_missing && error.kind() == ErrorKind::NotFound => Ok(()),
            done => done,
        };
        Ok(tokio::task::spawn_blocking(erase).await.map_err(std::io::Error::other)??)
    }

    fn compose(&self, mail: Mail) -> Result<Message, MailError> {
        let address = mail
            .to
            .parse()
            .map_err(|_| MailError::Unacceptable("the address is not one that mail goes to".to_owned()))?;
        // lettre panics over a line break in a name, and other control characters are not for showing either.
        let name = mail.to_name.map(|name| name.replace(char::is_control, " "));
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(name, address))
            .subject(mail.subject)
            .date(mail.date)
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .header(MIME_VERSION_1_0)
            // Says that the text is UTF-8.
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text)
            .map_err(|error| MailError::Unacceptable(error.to_string()))
    }
}

/// A reader of the folder sees the whole file or none.
fn put_in_place(folder: &Path, name: &str, content: &[u8]) -> std::io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    if fs::write(&part, content).is_err() {
        fs::create_dir_all(folder)?;
        fs::write(&part, content)?;
    }
    fs::rename(&part, folder.join(name))
}

/// Removes the files whose names begin like this, those that are being written, too.
fn remove_all(folder: &Path, beginning: &str) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().trim_start_matches('.').starts_with(beginning) {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}
