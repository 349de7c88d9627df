//! `send_welcome_email`: one mail to a new user.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Context, Done, Job, JobError};
use crate::api::job_types;
use crate::api::models::SendWelcomeEmailPayload;
use crate::mail::{Mail, MailError};
use crate::models::users;

/// Names a user in the mail folder. With the time of the sign-up, because a folder may have seen several databases.
pub(super) fn recipient(user_id: i64, signed_up_at: DateTime<Utc>) -> String {
    format!("user-{user_id}-{}", signed_up_at.timestamp_micros())
}

/// The same for every attempt of a job and for no other job, so that a repeat is recognised.
fn mail_id(job_id: i64, created_at: DateTime<Utc>) -> String {
    format!("{}-{job_id}-{}", job_types::SEND_WELCOME_EMAIL, created_at.timestamp_micros())
}

impl Job for SendWelcomeEmailPayload {
    const JOB_TYPE: &'static str = job_types::SEND_WELCOME_EMAIL;
    /// Close to an hour: long enough for a mail server that makes strangers wait, or that is down.
    const MAX_RETRIES: i32 = 14;
    /// Every step with the mail server has a limit of its own; giving up sooner would send mail again that was taken.
    const TIMEOUT: Duration = Duration::from_secs(600);

    fn user_id(&self) -> Option<i64> {
        Some(self.user_id)
    }

    async fn run(self, context: Context) -> Result<Done, JobError> {
        let user_id = self.user_id;
        // The address is read now and not kept in the payload, so that a user who has gone is not written to.
        let Some(user) = context.app.db.read(move |conn| users::find(conn, user_id, users::Reach::All)).await? else {
            return Ok(Done::default());
        };
        let recipient = recipient(user_id, user.created_at.and_utc());
        // A name is anybody's text, and the address may be another's: it gets one line of the message and no more.
        let is_break = |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
        let name = user.name.map(|name| name.replace(is_break, " "));
        let greeting = name.as_deref().map_or_else(|| "Welcome!".to_owned(), |name| format!("Welcome, {name}!"));
        let mail = Mail {
            id: mail_id(context.job.id, context.job.created_at.and_utc()),
            recipient: recipient.clone(),
            to: user.email,
            to_name: name,
            subject: "Welcome".to_owned(),
            text: format!("{greeting}\r\n\r\nYour account is ready.\r\n"),
            date: context.app.clock.utc().into(),
        };
        context.app.mailer.send(mail).await.map_err(failure)?;
        // `erase_mail` waits for jobs that run, but this one may have been cancelled meanwhile, or have lost its lease.
        if context.app.db.read(move |conn| users::find(conn, user_id, users::Reach::All)).await?.is_none() {
            context.app.mailer.erase(recipient).await.map_err(failure)?;
        }
        Ok(Done::default())
    }
}

fn failure(error: MailError) -> JobError {
    match error.is_permanent() {
        true => JobError::Permanent(error.to_string()),
        false => JobError::Temporary(error.to_string()),
    }
}
