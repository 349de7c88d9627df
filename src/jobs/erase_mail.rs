//! `erase_mail`: the mail to a user who was deleted leaves the mail folder, too.

use super::{Context, Done, Job, JobError};
use crate::api::job_types;
use crate::api::models::EraseMailPayload;
use crate::jobs::send_welcome_email;
use crate::models::jobs::erase;

impl Job for EraseMailPayload {
    const JOB_TYPE: &'static str = job_types::ERASE_MAIL;
    /// A mail that is being sent meanwhile has ended, and a folder that is away may be back, before the last of these.
    const MAX_RETRIES: i32 = 10;

    async fn run(self, context: Context) -> Result<Done, JobError> {
        let user_id = self.user_id;
        let sending = move |conn: &mut _| erase::is_running(conn, user_id, job_types::SEND_WELCOME_EMAIL);
        if context.app.db.read(sending).await? {
            return Err(JobError::Temporary("a mail is being sent; it is erased when that has ended".to_owned()));
        }
        let recipient = send_welcome_email::recipient(user_id, self.signed_up_at);
        context.app.mailer.erase(recipient).await.map_err(|error| JobError::Temporary(error.to_string()))?;
        Ok(Done::default())
    }
}
