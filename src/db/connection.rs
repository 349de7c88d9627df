//! [`AnyConnection`]: one source of queries serves both databases.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A connection to either database; one source of queries serves both.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// SQLite, the embedded file.
    Sqlite(SqliteConnection),
    /// PostgreSQL.
    Postgresql(PgConnection),
}

/// Runs one query against whichever database `conn` is, compiled for each of the two.
///
/// A query given to [`AnyConnection`] itself is rendered to SQL anew at every run, and knows only what both dialects
/// share. Queries of the hot path, and those with `ON CONFLICT`, go through here: still written once.
macro_rules! on_either {
    ($conn:expr, $variant:ident => $query:expr) => {
        match $conn {
            $crate::db::AnyConnection::Sqlite($variant) => $query,
            $crate::db::AnyConnection::Postgresql($variant) => $query,
        }
    };
}
pub(crate) use on_either;

/// A query whose prepared statement is kept.
///
/// Diesel prepares some anew at every run: each UPDATE, because a changeset may leave columns out, and each list of values. The statement cache's key is the SQL
/// itself, so keeping it is right for any statement; use it for those whose SQL does not vary. On PostgreSQL it only helps where rows
/// are loaded: where they are counted, diesel asks the query below this one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prepared<Q>(pub(crate) Q);

impl<Q, DB> QueryFragment<DB> for Prepared<Q>
where
    DB: Backend,
    Q: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> RunQueryDsl<C> for Prepared<Q> {}
