//! Outgoing mail: composed by lettre, written to `MAIL_DIR` as one .eml file a message.
//!
//! A message has the id its sender gives it, and the file its name: sending the same message again replaces the file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lettre::Message;
use lettre::message::Mailbox;

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It will not go another time either.
    #[error("the message cannot be composed: {0}")]
    Unacceptable(String),
    /// It may go later.
    #[error("cannot write to the mail folder: {0}")]
    Folder(#[from] std::io::Error),
}

/// What a message says, and to whom.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Unique to the message, the same when it is sent again; of letters, digits, `.`, `-` and `_`.
    pub id: String,
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
}

impl Mailer {
    /// A mailer that writes to `folder`, made when first needed.
    pub fn new(from: Mailbox, folder: PathBuf) -> Mailer {
        Mailer { from, folder }
    }

    /// Sends one message.
    ///
    /// # Errors
    /// See [`MailError`]; the message says nothing of the recipient.
    pub async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let name = format!("{}.eml", mail.id);
        let message = self.compose(mail)?.formatted();
        let folder = self.folder.clone();
        let put = tokio::task::spawn_blocking(move || put_in_place(&folder, &name, &message));
        Ok(put.await.map_err(std::io::Error::other)??)
    }

    /// Removes a message from the folder, if it is there.
    ///
    /// # Errors
    /// When the folder does not let it go.
    pub async fn erase(&self, id: &str) -> Result<(), MailError> {
        match tokio::fs::remove_file(self.folder.join(format!("{id}.eml"))).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
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
