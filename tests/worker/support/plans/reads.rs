//! What PostgreSQL reads: no plan that it shows, but how many rows each table and each index gave to the statements as they
//! were sent, with all they were given.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use keiyaku::db::AnyConnection;

use super::{BY_CLAIM, BY_ID, BY_KIND, BY_WAKE};
use crate::support::Bench;

/// The most rows that nearly anything here has a reason to read, of more than 200,000 jobs and 10,000 users.
const MOST: i64 = 3_000;

/// What a table gave that was read from its beginning, or an index.
#[derive(Debug, QueryableByName)]
struct Read {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    scans: i64,
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// The index that does what `way` does on SQLite; none where no index of the jobs or users has a part in it.
fn index(way: &str) -> Option<&str> {
    match way {
        BY_CLAIM | BY_WAKE | BY_KIND => way.strip_prefix("INDEX "),
        // Of whichever table it is.
        BY_ID | "SCAN job_queue" | "SCAN users" => Some("_pkey"),
        _ if way.starts_with("INDEX sqlite_autoindex_users_1") => Some("users_email_key_key"),
        _ => way.strip_prefix("INDEX ")?.split(' ').next().filter(|name| name.starts_with("job_queue_")),
    }
}

/// [`finds_within`] what most of it may read.
pub fn finds_on(bench: &Bench, ways: &[&str], work: impl Fn(&Bench, &mut AnyConnection) -> QueryResult<()>) {
    finds_within(bench, ways, MOST, work);
}

/// The statements of `work` read jobs and users through the indexes of `ways` alone, each of which they use, and few rows:
/// with plans that know the values, and with those that are made for any.
pub fn finds_within(
    bench: &Bench,
    ways: &[&str],
    most: i64,
    work: impl Fn(&Bench, &mut AnyConnection) -> QueryResult<()>,
) {
    let indexes: Vec<&str> = ways.iter().filter_map(|way| index(way)).collect();
    for plans in ["force_custom_plan", "force_generic_plan"] {
        let mut conn = bench.outside();
        conn.batch_execute(&format!("SET plan_cache_mode = {plans}")).unwrap();
        let mut reads: Vec<Read> = Vec::new();
        let undone: QueryResult<()> = conn.transaction(|conn| {
            work(bench, conn)?;
            let counted = "SELECT relname::text AS name, pg_stat_get_xact_numscans(oid) AS scans,
                               pg_stat_get_xact_tuples_returned(oid) AS rows
                           FROM pg_class WHERE relname ~ '^(job_queue|users)' AND relkind IN ('r', 'i')";
            reads = diesel::sql_query(counted).load(conn)?;
            Err(diesel::result::Error::RollbackTransaction)
        });
        assert_eq!(undone, Err(diesel::result::Error::RollbackTransaction));
        reads.retain(|read| read.scans > 0);
        // A look for one row, as for a constraint or by the planner itself, needs no reason.
        for read in reads.iter().filter(|read| read.rows > read.scans) {
            assert!(
                indexes.iter().any(|index| read.name.ends_with(index)),
                "{read:?} with {plans}, and not {indexes:?} alone"
            );
        }
        for index in &indexes {
            assert!(
                reads.iter().any(|read| read.name.ends_with(index)),
                "{index} is not used with {plans}, but {reads:?}"
            );
        }
        assert!(reads.iter().map(|read| read.rows).sum::<i64>() <= most, "too much is read with {plans}: {reads:?}");
    }
}
