//! `queues`: what is set for a queue, and which of them have jobs that may be claimed.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::{AnyConnection, Prepared, on_either};
use crate::schema::queues;

/// Pauses a queue, or lets it go on.
///
/// # Errors
/// The database's.
pub fn set_paused(conn: &mut AnyConnection, name: &str, paused: bool) -> QueryResult<()> {
    let row = (queues::name.eq(name), queues::paused.eq(paused));
    let put = diesel::insert_into(queues::table)
        .values(row)
        .on_conflict(queues::name)
        .do_update()
        .set(queues::paused.eq(paused));
    on_either!(conn, conn => put.execute(conn)).map(|_| ())
}

/// The queues that are paused, by name.
///
/// # Errors
/// The database's.
pub fn paused(conn: &mut AnyConnection) -> QueryResult<Vec<String>> {
    queues::table.filter(queues::paused).select(queues::name).order(queues::name).load(conn)
}

/// The queues in which a job may be claimed now, by name. It steps from one queue to the next in the claim's index, so its
/// cost is that of the queues and not of their jobs.
///
/// # Errors
/// The database's.
pub fn claimable(conn: &mut AnyConnection) -> QueryResult<Vec<String>> {
    let open = format!(
        "{} SELECT name AS name FROM steps WHERE name IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM queues q WHERE q.name = steps.name AND q.paused)",
        STEPS
    );
    names(conn, open)
}

/// The same, with those that are paused.
///
/// # Errors
/// The database's.
pub fn waiting(conn: &mut AnyConnection) -> QueryResult<Vec<String>> {
    names(conn, format!("{STEPS} SELECT name AS name FROM steps WHERE name IS NOT NULL"))
}

const STEPS: &str = "WITH RECURSIVE steps (name) AS (
        SELECT min(queue) FROM job_queue WHERE claimable
        UNION ALL
        SELECT (SELECT min(j.queue) FROM job_queue j WHERE j.claimable AND j.queue > steps.name)
        FROM steps WHERE steps.name IS NOT NULL
    )";

fn names(conn: &mut AnyConnection, query: String) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let query = Prepared(diesel::sql_query(query));
    let rows: Vec<Name> = on_either!(conn, conn => query.load(conn))?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}
