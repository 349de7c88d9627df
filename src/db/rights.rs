//! What a role of PostgreSQL may do. README.md says under "Roles" what it needs.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::open::OpenError;
use super::{DatabaseUrl, postgres};

/// What is there and lacks a right, of everything that a process works with; of the last line only whoever fills an empty
/// database has need. Others' tables may have the same names in other schemas.
const LACKING: &str = "
    SELECT coalesce(string_agg(DISTINCT relname, ', ' ORDER BY relname), '') AS things,
        quote_ident(current_user) AS role, quote_ident(current_database()) AS database,
        coalesce(min(relnamespace::regnamespace::text), '') AS schema,
        has_database_privilege(current_database(), 'TEMPORARY') AS may_make_temporary
    FROM (VALUES
        ('{__diesel_schema_migrations,schema_serves}'::name[], '{SELECT}'::text[], TRUE),
        ('{idempotency_keys,job_attempts,job_counts,job_ends,job_leases,job_minutes,job_queue,jobs_ahead,queues,secrets,
            signup_counts,user_profiles,users,workers}', '{SELECT,INSERT,UPDATE,DELETE}', TRUE),
        ('{job_versions}', '{SELECT,\"USAGE,UPDATE\"}', TRUE),
        ('{job_queue_id_seq,job_versions,users_id_seq}', '{UPDATE}', $1)
    ) AS needs (names, rights, are_needed)
    JOIN pg_class ON relname = ANY (names) CROSS JOIN unnest(rights) AS one
    WHERE are_needed
    AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('__diesel_schema_migrations'))
    AND CASE relkind WHEN 'S' THEN NOT has_sequence_privilege(pg_class.oid, one)
        ELSE NOT has_table_privilege(pg_class.oid, one) END";

#[derive(QueryableByName)]
struct Lacking {
    #[diesel(sql_type = Text)]
    things: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Text)]
    database: String,
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = Bool)]
    may_make_temporary: bool,
}

/// What a database is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To serve requests and to run jobs.
    Work,
    /// To be filled from another.
    Fill,
}

/// Fails for a role of PostgreSQL that may not use all tables that are there: it would be found out by the first request that needs
/// one. Commands that read do with less.
///
/// # Errors
/// One line for the operator, with what has to be granted.
pub fn require_rights(url: &DatabaseUrl, purpose: Purpose) -> Result<(), OpenError> {
    let DatabaseUrl::Postgres(address) = url else { return Ok(()) };
    let mut conn = postgres::connect(address).map_err(|error| OpenError::unusable(url, error))?;
    let lacking = diesel::sql_query(LACKING).bind::<Bool, _>(purpose == Purpose::Fill).get_result(&mut conn);
    let lacking = lacking.map_err(|error| OpenError::unusable(url, error))?;
    let Lacking { things, role, database, schema, may_make_temporary } = lacking;
    if !things.is_empty() {
        return Err(OpenError::unusable(
            url,
            format_args!(
                "the role {role} lacks rights to {things}: let their owner run GRANT SELECT, INSERT, UPDATE, DELETE \
                 ON ALL TABLES IN SCHEMA {schema} TO {role}; GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}"
            ),
        ));
    }
    if !may_make_temporary {
        let remedy = format_args!("let its owner run GRANT TEMPORARY ON DATABASE {database} TO {role}");
        return Err(OpenError::unusable(url, format_args!("the role {role} may make no temporary tables: {remedy}")));
    }
    Ok(())
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
