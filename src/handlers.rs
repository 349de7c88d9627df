//! The handlers: one file per tag of the contract, each the implementation of its generated trait for [`App`].
//!
//! A handler gets typed, checked arguments, authorises the object, calls models inside [`App`]'s `db`, and maps rows to
//! the contract's answers. It does no outside work: that is a job.

mod analytics;
mod cursor;
pub(crate) mod jobs;
mod once;
pub(crate) mod queues;
mod system;
pub(crate) mod users;

use std::time::Duration;

use chrono::NaiveDateTime;

use crate::api::apis::Api;
use crate::app::App;
use crate::contract::Contract;
use crate::db::DbError;
use crate::problem::Problem;

impl Api for App {
    fn contract(&self) -> &Contract {
        &self.contract
    }
}

/// What the client hears when the database did not do it. Both cases pass by themselves, so it may try again.
impl From<DbError> for Problem {
    fn from(error: DbError) -> Problem {
        match error {
            DbError::Busy => Problem::unavailable("The service is busy, please try again", Duration::from_secs(1)),
            DbError::Unavailable(reason) => {
                tracing::error!(error = %reason, "the database is unavailable");
                Problem::unavailable("The service is temporarily unavailable, please try again", Duration::from_secs(2))
                    .with_cause(format_args!("the database is unavailable: {reason}"))
            }
            error => Problem::internal(error),
        }
    }
}

/// The contract's time of a column's.
fn utc(time: NaiveDateTime) -> chrono::DateTime<chrono::Utc> {
    time.and_utc()
}

/// With what a client may follow the job that it has made.
fn follow_token(app: &App, job_id: i64) -> Result<Option<String>, Problem> {
    app.contract.follow_token(job_id).map_err(Problem::internal)
}

/// What a column holds that only this service writes; anything else in it is a mistake of ours.
fn stored<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| Problem::internal(format!("a column holds what it should not: {error}")))
}
