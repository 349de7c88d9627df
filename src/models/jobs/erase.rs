//! Taking a person's data out of the jobs: what stays is that they happened.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::{ahead, next_version};
use crate::api::models::JobStatus;
use crate::db::AnyConnection;
use crate::schema::{job_attempts, job_queue};

/// Leaves of the payloads, errors, outputs, notes and unique keys of this user's jobs nothing but the user's id. The jobs themselves
/// go on: what they count has been, and the id leads nowhere any more.
///
/// # Errors
/// The database's.
pub fn user(conn: &mut AnyConnection, user_id: i64) -> QueryResult<()> {
    let of_user = job_queue::table.filter(job_queue::user_id.eq(user_id));
    if let AnyConnection::Postgresql(postgres) = &mut *conn {
        // A row that is changed is not held by a list any more.
        let ids: Vec<i64> = of_user.select(job_queue::id).order(job_queue::id).for_update().load(postgres)?;
        ahead::write_out(conn, &ids)?;
    }
    let version = next_version(conn)?;
    let jobs = of_user.select(job_queue::id);
    diesel::update(job_attempts::table.filter(job_attempts::job_id.eq_any(jobs)))
        .set(job_attempts::error.eq(None::<String>))
        .execute(conn)?;
    diesel::update(of_user)
        .set((
            job_queue::payload.eq(format!(r#"{{"user_id":{user_id}}}"#)),
            job_queue::error_message.eq(None::<String>),
            job_queue::output.eq(None::<String>),
            job_queue::progress_note.eq(None::<String>),
            job_queue::unique_key.eq(None::<String>),
            job_queue::version.eq(version),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whether a job of this type that is about this user is running.
///
/// # Errors
/// The database's.
pub fn is_running(conn: &mut AnyConnection, user_id: i64, job_type: &str) -> QueryResult<bool> {
    let of_user = job_queue::user_id.eq(user_id).and(job_queue::job_type.eq(job_type));
    // The lists first: a job may go from a list to its row between the looks, and never the other way.
    let listed = job_queue::table.filter(of_user.and(ahead::is_held()));
    let is_listed = match conn {
        AnyConnection::Sqlite(_) => false,
        AnyConnection::Postgresql(conn) => diesel::select(exists(listed)).get_result(conn)?,
    };
    let running = job_queue::table.filter(of_user.and(job_queue::status.eq(JobStatus::Processing.as_str())));
    Ok(is_listed || diesel::select(exists(running)).get_result(conn)?)
}
