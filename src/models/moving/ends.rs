//! How a target stands before a move, and what makes it a database that a service works on.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{TABLES, postgres};
use crate::db::{AnyConnection, UNFINISHED_COPY, on_either};
use crate::models::jobs;
use crate::schema::{job_versions, secrets};

/// What a target is to a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds nothing.
    Empty,
    /// It holds what an earlier run has brought, and no service has worked on it.
    Unfinished,
    /// It holds a finished copy, which may have changed since.
    Finished,
    /// It holds something else.
    Other,
}

/// How the target stands to the source, which is named first.
///
/// # Errors
/// The databases'.
pub fn standing(source: &mut AnyConnection, target: &mut AnyConnection) -> QueryResult<Standing> {
    let (ours, theirs) = (follow_key(source)?, follow_key(target)?);
    if let Some(of) = theirs.strip_prefix(UNFINISHED_COPY) {
        return Ok(if of == ours { Standing::Unfinished } else { Standing::Other });
    }
    if theirs == ours {
        return Ok(Standing::Finished);
    }
    for table in &TABLES {
        if (table.count)(target)? > 0 {
            return Ok(Standing::Other);
        }
    }
    Ok(Standing::Empty)
}

/// How many other processes of this service are connected to the target.
///
/// # Errors
/// The database's.
pub fn others(target: &mut AnyConnection) -> QueryResult<i64> {
    let others = "SELECT count(*) AS value FROM pg_stat_activity WHERE datname = current_database() \
                  AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()";
    number(target, others)
}

/// Marks the target as an unfinished copy of the source, on which no service will work.
///
/// # Errors
/// The databases'.
pub fn begin(source: &mut AnyConnection, target: &mut AnyConnection) -> QueryResult<()> {
    let mark = format!("{UNFINISHED_COPY}{}", follow_key(source)?);
    diesel::update(secrets::table).set(secrets::follow_key.eq(mark)).execute(target).map(|_| ())
}

/// Makes a target that holds all rows a database that goes on where the source stopped, also with its numbers: an id of a user
/// who has gone is not given again. With the source's key, tokens that it has given away stay valid.
///
/// # Errors
/// The databases'.
pub fn finish(source: &mut AnyConnection, target: &mut AnyConnection) -> QueryResult<()> {
    let key = follow_key(source)?;
    let version: i64 = job_versions::table.select(job_versions::last).first(source)?;
    let mut last = |table: &str| {
        number(source, &format!("SELECT coalesce(max(seq), 0) AS value FROM sqlite_sequence WHERE name = '{table}'"))
    };
    let sequences = [
        ("pg_get_serial_sequence('users', 'id')", last("users")?),
        ("pg_get_serial_sequence('job_queue', 'id')", last("job_queue")?),
        ("'job_versions'", version),
    ];
    let target = postgres(target)?;
    // The statistics by which queries are planned would otherwise come some minutes later.
    target.batch_execute(&format!("ANALYZE {}", TABLES.each_ref().map(|table| table.name).join(", ")))?;
    target.transaction(|target| {
        for (sequence, last) in sequences {
            // One that was never used begins with 1.
            let set = format!("SELECT setval({sequence}, greatest({last}, 1), {})", last > 0);
            target.batch_execute(&set)?;
        }
        jobs::ends::fill(target)?;
        diesel::update(secrets::table).set(secrets::follow_key.eq(key)).execute(target).map(|_| ())
    })
}

/// Whether `job_counts` says of the target's jobs what is true.
///
/// # Errors
/// The database's.
pub fn counts_are_right(target: &mut AnyConnection) -> QueryResult<bool> {
    let counted =
        "SELECT job_type, status, queue, sum(jobs)::bigint FROM job_counts GROUP BY 1, 2, 3 HAVING sum(jobs) <> 0";
    let there = "SELECT job_type, status, queue, count(*) FROM job_queue GROUP BY 1, 2, 3";
    let wrong = format!("(({counted}) EXCEPT ({there})) UNION ALL (({there}) EXCEPT ({counted}))");
    Ok(number(target, &format!("SELECT count(*) AS value FROM ({wrong}) AS wrong"))? == 0)
}

fn follow_key(conn: &mut AnyConnection) -> QueryResult<String> {
    secrets::table.select(secrets::follow_key).first(conn)
}

fn number(conn: &mut AnyConnection, select: &str) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        value: i64,
    }
    let number: Number = on_either!(conn, conn => diesel::sql_query(select).get_result(conn))?;
    Ok(number.value)
}
