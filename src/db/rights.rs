//! What a role of PostgreSQL may do. README.md says under "Roles" what it needs.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};

use super::open::OpenError;
use super::{DatabaseUrl, postgres};

/// What a role lacks of what it needs for a [`Purpose`], as statements that give it that. Others' tables may have the names of the
/// service's in other schemas; where the role would find theirs, it has to look elsewhere.
const REMEDIES: &str = "
    WITH ours (space) AS (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('__diesel_schema_migrations')),
    needs (purpose, names, rights, given) AS (VALUES
        (0, '{__diesel_schema_migrations,schema_serves}'::text[], '{SELECT}'::text[], 'SELECT ON'),
        (1, '{idempotency_keys,job_attempts,job_counts,job_ends,job_leases,job_minutes,job_queue,jobs_ahead,queues,secrets,
              signup_counts,user_profiles,users,workers}', '{SELECT,INSERT,UPDATE,DELETE}', 'SELECT, INSERT, UPDATE, DELETE ON'),
        (1, '{job_versions}', '{SELECT,\"USAGE,UPDATE\"}', 'USAGE, SELECT ON SEQUENCE'),
        (2, '{job_queue_id_seq,job_versions,users_id_seq}', '{UPDATE}', 'UPDATE ON SEQUENCE')
    ),
    lacking (remedy) AS (
        SELECT format('ALTER ROLE %I IN DATABASE %I SET search_path = %s', current_user, current_database(), space::regnamespace)
        FROM ours WHERE EXISTS (SELECT FROM needs CROSS JOIN unnest(names) AS name
            JOIN pg_class ON relnamespace = space AND relname = name WHERE pg_class.oid <> to_regclass(name))
        UNION ALL
        SELECT format('GRANT %s %s TO %I', given, string_agg(DISTINCT format('%s.%I', space::regnamespace, relname), ', '), current_user)
        FROM needs CROSS JOIN ours CROSS JOIN unnest(rights) AS one JOIN pg_class ON relnamespace = space AND relname = ANY (names)
        WHERE purpose <= $1
        AND CASE relkind WHEN 'S' THEN NOT has_sequence_privilege(pg_class.oid, one)
            ELSE NOT has_table_privilege(pg_class.oid, one) END
        GROUP BY given
        UNION ALL
        SELECT format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_user)
        WHERE $1 > 0 AND NOT has_database_privilege(current_database(), 'TEMPORARY')
    )
    SELECT coalesce(string_agg(remedy, '; '), '') AS value FROM lacking";

/// What a database is opened for; each takes all that those before it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To see what it is.
    Look = 0,
    /// To serve requests and to run jobs.
    Work = 1,
    /// To be filled from another.
    Fill = 2,
}

/// Fails for a role of PostgreSQL that may not use all tables that are there, or finds others by their names: the first request that
/// needs one would show it. Commands that read do with less.
///
/// # Errors
/// One line for the operator, with what has to be granted.
pub fn require_rights(url: &DatabaseUrl, purpose: Purpose) -> Result<(), OpenError> {
    let DatabaseUrl::Postgres(address) = url else { return Ok(()) };
    let mut conn = postgres::connect(address).map_err(|error| OpenError::unusable(url, error))?;
    require_on(&mut conn, url, purpose)
}

pub(super) fn require_on(conn: &mut PgConnection, url: &DatabaseUrl, purpose: Purpose) -> Result<(), OpenError> {
    #[derive(QueryableByName)]
    struct Remedies {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let remedies = diesel::sql_query(REMEDIES).bind::<Integer, _>(purpose as i32).get_result(conn);
    let Remedies { value: statements } = remedies.map_err(|error| OpenError::unusable(url, error))?;
    if statements.is_empty() { Ok(()) } else { Err(OpenError::Rights { database: url.to_string(), statements }) }
}

/// Whether a role may bring the tables up to date. One that only uses what others make may not; and one with a schema of its own
/// would get all tables anew, and empty, in there.
pub(super) fn may_migrate(conn: &mut PgConnection) -> QueryResult<bool> {
    let may = "coalesce(has_schema_privilege(current_schema(), 'CREATE'), FALSE) AND NOT EXISTS (
                   SELECT FROM pg_class JOIN pg_namespace AS space ON space.oid = relnamespace
                   WHERE pg_class.oid = to_regclass('__diesel_schema_migrations')
                   AND NOT (nspname = current_schema() AND pg_has_role(relowner, 'USAGE')))";
    diesel::select(sql::<Bool>(may)).get_result(conn)
}
