//! `erase_mail`: the mail of a user who was deleted leaves the mail folder, too.

use super::{Context, Done, Job, JobError};
use crate::api::job_types;
use crate::api::models::{EraseMailPayload, JobStatus};
use crate::jobs::send_welcome_email;
use crate::models::jobs;

impl Job for EraseMailPayload {
    const JOB_TYPE: &'static str = job_types::ERASE_MAIL;
    /// A mail that is being sent meanwhile has ended long before the last of these.
    const MAX_RETRIES: i32 = 10;

    async fn run(self, context: Context) -> Result<Done, JobError> {
        for sent_by in self.sent_by {
            let job = context.app.db.read(move |conn| jobs::find(conn, sent_by.id)).await?;
            if job.is_some_and(|job| job.status == JobStatus::Processing.as_str()) {
                return Err(JobError::Temporary("a mail is being sent; it is erased when that has ended".to_owned()));
            }
            let id = send_welcome_email::mail_id(sent_by.id, sent_by.created_at);
            context.app.mailer.erase(&id).await.map_err(|error| JobError::Temporary(error.to_string()))?;
        }
        Ok(Done::default())
    }
}
