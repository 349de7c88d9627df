//! `job_ends`: which jobs completed with which version, in one row for each. PostgreSQL alone has it, in place of an entry in the index of
//! versions for every job that completes; a trigger writes it with every update. A job that has changed since has another version in its
//! own row.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::ahead::Id;
use super::events::{EventFilter, MOST, Position};
use crate::db::{AnyConnection, Prepared};

/// The ids of at most `limit` jobs that are completed since a version after this position and up to `end`, in the order of versions and
/// ids. The transaction reads by indexes alone (`by_index`): it goes from one version to the next, and no further than to the limit.
pub(super) fn since(
    conn: &mut PgConnection,
    after: Position,
    end: i64,
    filter: &EventFilter,
    limit: i64,
) -> QueryResult<Vec<i64>> {
    let EventFilter { job_type, queue, user_id, job_id } = filter;
    let query = diesel::sql_query(
        "SELECT job.id
        FROM (SELECT version, jobs FROM job_ends WHERE version BETWEEN $1 AND $2 ORDER BY version) AS ended
        CROSS JOIN LATERAL (
            SELECT id FROM job_queue
            WHERE id = ANY(ended.jobs) AND id > CASE WHEN ended.version = $1 THEN $7 ELSE 0 END
                AND version = ended.version AND status = 'completed' AND ($3 IS NULL OR job_type = $3) AND ($4 IS NULL OR queue = $4)
                AND ($5 IS NULL OR user_id = $5) AND ($6 IS NULL OR id = $6)
        ) AS job
        ORDER BY ended.version, job.id LIMIT $8",
    );
    let query = query.bind::<BigInt, _>(after.version).bind::<BigInt, _>(end);
    let query = query.bind::<Nullable<Text>, _>(job_type).bind::<Nullable<Text>, _>(queue);
    let query = query.bind::<Nullable<BigInt>, _>(user_id).bind::<Nullable<BigInt>, _>(job_id);
    let rows = Prepared(query.bind::<BigInt, _>(after.id).bind::<BigInt, _>(limit)).load(conn)?;
    Ok(ids(rows))
}

/// The ids of the jobs that completed with this version.
pub(super) fn of_version(conn: &mut PgConnection, version: i64) -> QueryResult<Vec<i64>> {
    let query = diesel::sql_query("SELECT unnest(jobs) AS id FROM job_ends WHERE version = $1");
    query.bind::<BigInt, _>(version).load(conn).map(ids)
}

fn ids(rows: Vec<Id>) -> Vec<i64> {
    rows.into_iter().map(|row| row.id).collect()
}

/// Lists what was put in as completed, as by a move from another database, for readers who go on from before that.
///
/// # Errors
/// The database's.
pub fn fill(conn: &mut PgConnection) -> QueryResult<()> {
    let listed = diesel::sql_query(
        "INSERT INTO job_ends (version, jobs) SELECT version, array_agg(id) FROM job_queue
        WHERE status = 'completed' AND version >= (SELECT last_value FROM job_versions) - $1 GROUP BY version
        ON CONFLICT (version) DO UPDATE SET jobs = excluded.jobs",
    );
    listed.bind::<BigInt, _>(MOST).execute(conn).map(|_| ())
}

/// Deletes what no reader is told of any more.
///
/// # Errors
/// The database's.
pub fn forget(conn: &mut AnyConnection) -> QueryResult<()> {
    let AnyConnection::Postgresql(conn) = conn else { return Ok(()) };
    let old = diesel::sql_query("DELETE FROM job_ends WHERE version < (SELECT last_value FROM job_versions) - $1");
    old.bind::<BigInt, _>(MOST).execute(conn).map(|_| ())
}
