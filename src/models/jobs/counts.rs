//! How many jobs there are, from `job_counts`, which triggers keep: no count scans the jobs.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamp};

use crate::db::{AnyConnection, on_either};
use crate::models::queues;
use crate::schema::job_counts;

/// How many jobs of each type are in each status, by type and status; no row for none.
///
/// # Errors
/// The database's.
pub fn by_type_and_status(conn: &mut AnyConnection) -> QueryResult<Vec<(String, String, i64)>> {
    let rows: Vec<(String, String, i64)> = job_counts::table
        .order((job_counts::job_type, job_counts::status))
        .select((job_counts::job_type, job_counts::status, job_counts::jobs))
        .load(conn)?;
    let mut counts: Vec<(String, String, i64)> = Vec::new();
    for (job_type, status, jobs) in rows {
        match counts.last_mut() {
            // The slots of one count.
            Some(last) if (&last.0, &last.1) == (&job_type, &status) => last.2 += jobs,
            _ => counts.push((job_type, status, jobs)),
        }
    }
    counts.retain(|(_, _, jobs)| *jobs != 0);
    Ok(counts)
}

/// How many jobs of each queue are in each status; no row for none.
///
/// # Errors
/// The database's.
pub fn by_queue_and_status(conn: &mut AnyConnection) -> QueryResult<Vec<(String, String, i64)>> {
    let rows: Vec<(String, String, i64)> =
        job_counts::table.select((job_counts::queue, job_counts::status, job_counts::jobs)).load(conn)?;
    let mut counts = BTreeMap::new();
    for (queue, status, jobs) in rows {
        *counts.entry((queue, status)).or_insert(0) += jobs;
    }
    Ok(counts.into_iter().filter(|(_, jobs)| *jobs != 0).map(|((queue, status), jobs)| (queue, status, jobs)).collect())
}

/// Since when the oldest job waits whose time has come. Within each queue it steps from one priority to the next in the
/// claim's index, since within each the first is the oldest.
///
/// # Errors
/// The database's.
pub fn oldest_waiting(conn: &mut AnyConnection) -> QueryResult<Option<NaiveDateTime>> {
    let mut oldest = None;
    for queue in queues::waiting(conn)? {
        let of_queue = oldest_in(conn, &queue)?;
        oldest = [oldest, of_queue].into_iter().flatten().min();
    }
    Ok(oldest)
}

fn oldest_in(conn: &mut AnyConnection, queue: &str) -> QueryResult<Option<NaiveDateTime>> {
    #[derive(QueryableByName)]
    struct Oldest {
        #[diesel(sql_type = Nullable<Timestamp>)]
        oldest: Option<NaiveDateTime>,
    }
    // As the claim's index has it.
    let (first, column, after) = match conn {
        AnyConnection::Sqlite(_) => ("max", "priority", "<"),
        AnyConnection::Postgresql(_) => ("min", "-priority::bigint", ">"),
    };
    let query = format!(
        "WITH RECURSIVE priorities (step) AS (
            SELECT {first}({column}) FROM job_queue WHERE claimable AND queue = $1
            UNION ALL
            SELECT (SELECT {first}({column}) FROM job_queue WHERE claimable AND queue = $1 AND {column} {after} step)
            FROM priorities p WHERE step IS NOT NULL
        )
        SELECT min((SELECT min(scheduled_at) FROM job_queue WHERE claimable AND queue = $1 AND {column} = step)) AS oldest
        FROM priorities p"
    );
    let row: Oldest = on_either!(conn, conn => diesel::sql_query(query).bind::<Text, _>(queue).get_result(conn))?;
    Ok(row.oldest)
}
