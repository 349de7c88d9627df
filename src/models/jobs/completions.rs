//! Many attempts that succeeded at once and leave nothing else behind. The other ways in which an attempt ends are [`super::lease`]'s.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Timestamp};

use super::claim::padded;
use super::lease::by_lease;
use super::{by_index, ends, next_version};
use crate::api::models::JobStatus;
use crate::db::{AnyConnection, Prepared};
use crate::schema::job_queue;

/// With so many jobs to end that lie side by side, a lease has a statement to itself.
const MANY: usize = 64;

/// Attempts succeeded that leave nothing else behind, given by id and lease. Returns those of them that did not count: their leases
/// are lost.
///
/// # Errors
/// The database's.
pub fn complete_all(
    conn: &mut AnyConnection,
    claims: &[(i64, i64)],
    now: NaiveDateTime,
) -> QueryResult<Vec<(i64, i64)>> {
    by_index(conn)?;
    let version = next_version(conn)?;
    let changed = match conn {
        AnyConnection::Sqlite(conn) => complete_by_lease(conn, claims, version, now),
        AnyConnection::Postgresql(conn) => complete_at_once(conn, claims, version, now),
    }?;
    if changed == claims.len() { Ok(Vec::new()) } else { without_those_of(conn, claims, version) }
}

/// Those of these claims whose rows have not got this version. Of two claims of one job, only the later may have ended it.
fn without_those_of(conn: &mut AnyConnection, claims: &[(i64, i64)], version: i64) -> QueryResult<Vec<(i64, i64)>> {
    let ended = match conn {
        AnyConnection::Sqlite(conn) => {
            job_queue::table.filter(job_queue::version.eq(version)).select(job_queue::id).load(conn)
        }
        AnyConnection::Postgresql(conn) => ends::of_version(conn, version),
    };
    let ended: HashSet<i64> = ended?.into_iter().collect();
    let mut last = BTreeMap::new();
    for (id, lease) in claims {
        let last = last.entry(*id).or_insert(*lease);
        *last = (*last).max(*lease);
    }
    let counted = |(id, lease): &(i64, i64)| ended.contains(id) && last[id] == *lease;
    Ok(claims.iter().copied().filter(|claim| !counted(claim)).collect())
}

/// SQLite takes no list of pairs, so each lease has its statement.
fn complete_by_lease(
    conn: &mut SqliteConnection,
    claims: &[(i64, i64)],
    version: i64,
    now: NaiveDateTime,
) -> QueryResult<usize> {
    let change = (
        job_queue::status.eq(JobStatus::Completed.as_str()),
        job_queue::error_message.eq(None::<String>),
        job_queue::completed_at.eq(now),
        job_queue::version.eq(version),
        job_queue::claimable.eq(false),
        job_queue::lease.eq(None::<i64>),
    );
    let mut changed = 0;
    for (lease, ids) in by_lease(claims.iter().copied()) {
        let held = job_queue::table.filter(job_queue::id.eq_any(padded(ids)).and(job_queue::lease.eq(lease)));
        changed += Prepared(diesel::update(held).set(change.clone())).execute(conn)?;
    }
    Ok(changed)
}

/// The same for PostgreSQL, where each statement costs a round trip and a look at the counts.
fn complete_at_once(
    conn: &mut PgConnection,
    claims: &[(i64, i64)],
    version: i64,
    now: NaiveDateTime,
) -> QueryResult<usize> {
    let (mut ends, mut each) = (Vec::new(), Vec::new());
    for (lease, mut ids) in by_lease(claims.iter().copied()) {
        match Claims::side_by_side(lease, &mut ids) {
            Some(claims) => ends.push(claims),
            None => each.extend(ids.into_iter().map(|id| (id, lease))),
        }
    }
    // In the order in which others lock them.
    each.sort_unstable();
    let (ids, leases): (Vec<i64>, Vec<i64>) = each.into_iter().unzip();
    let mut changed = 0;
    for claims in ends {
        changed += Completions { claims, version, now }.execute(conn)?;
    }
    if !ids.is_empty() {
        // A plan that was made and kept while the table had next to no rows joins the two by going through all that it has since.
        conn.batch_execute("SET LOCAL plan_cache_mode = force_custom_plan")?;
        changed += Completions { claims: Claims::Each(ids, leases), version, now }.execute(conn)?;
    }
    Ok(changed)
}

/// Whose claims end.
enum Claims {
    /// Those of one lease with ids in a range, but for these.
    Range { lease: i64, first: i64, last: i64, except: Vec<i64> },
    /// Each of another: the jobs and the leases.
    Each(Vec<i64>, Vec<i64>),
}

impl Claims {
    /// Many with ids that lie side by side, or nearly so: the index is gone through once, from the first to the last, in place of once
    /// for each, as long as it is not for what lies between them.
    fn side_by_side(lease: i64, ids: &mut [i64]) -> Option<Claims> {
        ids.sort_unstable();
        let (first, last) = (*ids.first()?, *ids.last()?);
        let is_near = usize::try_from(last - first).is_ok_and(|others| others < 2 * ids.len());
        let gaps = ids.windows(2).flat_map(|neighbours| neighbours[0] + 1..neighbours[1]);
        (ids.len() >= MANY && is_near).then(|| Claims::Range { lease, first, last, except: gaps.collect() })
    }
}

/// What PostgreSQL writes at the end of claims, as a statement that is prepared once. A row that is still claimable is held by a list, and
/// what its claim left out is written now. The list is that of the statement's beginning, however long it waits for the row, which
/// may have been given to another claim meanwhile: then it has a version that is not before the lease.
struct Completions {
    claims: Claims,
    version: i64,
    now: NaiveDateTime,
}

impl QueryFragment<Pg> for Completions {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE job_queue SET status = 'completed', error_message = NULL, claimable = FALSE, lease = NULL, completed_at = ");
        out.push_bind_param::<Timestamp, _>(&self.now)?;
        out.push_sql(", version = ");
        out.push_bind_param::<BigInt, _>(&self.version)?;
        out.push_sql(
            ", attempts = attempts + claimable::int,
            started_at = CASE WHEN claimable THEN list.claimed_at ELSE started_at END,
            worker = CASE WHEN claimable THEN list.worker ELSE job_queue.worker END,
            output = CASE WHEN claimable THEN NULL ELSE output END,
            progress = CASE WHEN claimable THEN NULL ELSE progress END,
            progress_note = CASE WHEN claimable THEN NULL ELSE progress_note END
            FROM ",
        );
        match &self.claims {
            Claims::Range { lease, .. } => {
                out.push_sql("(SELECT ");
                out.push_bind_param::<BigInt, _>(lease)?;
                out.push_sql(" AS lease) AS claim");
            }
            Claims::Each(ids, leases) => {
                out.push_sql("unnest(");
                out.push_bind_param::<Array<BigInt>, _>(ids)?;
                out.push_sql(", ");
                out.push_bind_param::<Array<BigInt>, _>(leases)?;
                out.push_sql(") AS claim (id, lease)");
            }
        }
        out.push_sql(" LEFT JOIN jobs_ahead AS list ON list.lease = claim.lease WHERE job_queue.id ");
        match &self.claims {
            Claims::Range { first, last, except, .. } => {
                out.push_sql("BETWEEN ");
                out.push_bind_param::<BigInt, _>(first)?;
                out.push_sql(" AND ");
                out.push_bind_param::<BigInt, _>(last)?;
                out.push_sql(" AND job_queue.id NOT IN (SELECT unnest(");
                out.push_bind_param::<Array<BigInt>, _>(except)?;
                out.push_sql("))");
            }
            Claims::Each(..) => out.push_sql("= claim.id"),
        }
        out.push_sql(
            " AND (job_queue.lease = claim.lease OR claimable AND job_queue.version < claim.lease AND (list.whole
            OR (job_queue.id, claim.lease) IN (SELECT unnest(jobs), lease FROM jobs_ahead WHERE NOT whole AND lease = ANY(",
        );
        match &self.claims {
            Claims::Range { lease, .. } => {
                out.push_sql("ARRAY[");
                out.push_bind_param::<BigInt, _>(lease)?;
                out.push_sql("]");
            }
            Claims::Each(_, leases) => out.push_bind_param::<Array<BigInt>, _>(leases)?,
        }
        out.push_sql("))))");
        Ok(())
    }
}

impl QueryId for Completions {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<PgConnection> for Completions {}
