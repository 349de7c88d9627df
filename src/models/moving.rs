//! Moving all that a SQLite database holds into one of PostgreSQL, table by table.
//!
//! What is brought is the difference, whatever it comes from: an empty target, a copy that was broken off, changes since the
//! last one. Rows of both databases are read side by side in the same order; first all rows are taken away that the source
//! does not have, then those are brought that the target lacks. In between, the target's rows are some of the source's, so
//! that no row, whatever has changed, meets another that holds its unique value.

mod ends;
mod tables;

use std::iter::Peekable;
use std::vec;

use diesel::prelude::*;
use diesel::result::Error;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::db::AnyConnection;

pub use ends::{Standing, begin, counts_are_right, finish, others, standing};
pub use tables::TABLES;

/// Rows that are read or written at once.
const PAGE: usize = 1_000;
/// The same in bytes, roughly, so that long rows do not fill the memory.
const PAGE_BYTES: usize = 8 << 20;
/// Rows that are read at first, when nothing is known of their length.
const FIRST_PAGE: usize = 32;

/// Told of every row that was looked at, or of so many.
pub type Seen<'a> = &'a mut dyn FnMut(usize);

/// A table whose rows are moved.
trait Moved: Serialize + Sized {
    /// By which the table is walked: a column with an index, which may hold the same value in several rows.
    type Place: Clone + Ord;

    fn place(&self) -> Self::Place;

    /// About `limit` rows behind a place, in the order of their places, with all rows of the last one.
    fn page(conn: &mut AnyConnection, after: Option<&Self::Place>, limit: usize) -> QueryResult<Vec<Self>>;

    fn count(conn: &mut AnyConnection) -> QueryResult<i64>;

    /// Deletes all rows at these places.
    fn delete(conn: &mut PgConnection, places: Vec<Self::Place>) -> QueryResult<usize>;

    fn insert(conn: &mut PgConnection, rows: Vec<Self>) -> QueryResult<usize>;

    /// The row as PostgreSQL can store it: what jobs say of themselves had a NUL in it before releases took that out.
    fn storable(self) -> Self;
}

/// What can be done with a table, whatever its rows are.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// How many rows it has.
    pub count: fn(&mut AnyConnection) -> QueryResult<i64>,
    /// Takes what the source, which is named first, does not have away from the target; how many rows. What shares a place with
    /// such a row may go with it.
    pub remove: fn(&mut AnyConnection, &mut AnyConnection, Seen<'_>) -> QueryResult<usize>,
    /// Brings what the target lacks; how many rows.
    pub bring: fn(&mut AnyConnection, &mut AnyConnection, Seen<'_>) -> QueryResult<usize>,
    /// What all its rows come to.
    pub sum: fn(&mut AnyConnection, Seen<'_>) -> QueryResult<Sum>,
}

impl Table {
    const fn of<T: Moved>(name: &'static str) -> Table {
        Table { name, count: T::count, remove: remove::<T>, bring: bring::<T>, sum: sum::<T> }
    }
}

/// What the rows of a table come to, the same on both databases if and only if the rows are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub rows: usize,
    /// Of all of them in their order, in hex.
    pub sha256: String,
}

fn remove<T: Moved>(source: &mut AnyConnection, target: &mut AnyConnection, seen: Seen<'_>) -> QueryResult<usize> {
    let (mut ours, mut theirs) = (Walk::<T>::new(source), Walk::<T>::new(target));
    let mut removed = 0;
    loop {
        let wrong = only_in(&mut theirs, &mut ours, seen)?;
        if wrong.is_empty() {
            return Ok(removed);
        }
        removed += T::delete(postgres(theirs.conn)?, wrong.into_iter().map(|read| read.place).collect())?;
    }
}

fn bring<T: Moved>(source: &mut AnyConnection, target: &mut AnyConnection, seen: Seen<'_>) -> QueryResult<usize> {
    let (mut ours, mut theirs) = (Walk::<T>::new(source), Walk::<T>::new(target));
    let mut brought = 0;
    loop {
        let lacking = only_in(&mut ours, &mut theirs, seen)?;
        if lacking.is_empty() {
            return Ok(brought);
        }
        brought += T::insert(postgres(theirs.conn)?, lacking.into_iter().map(|read| read.row).collect())?;
    }
}

fn sum<T: Moved>(conn: &mut AnyConnection, seen: Seen<'_>) -> QueryResult<Sum> {
    let count = usize::try_from(T::count(conn)?).unwrap_or_default();
    let mut walk = Walk::<T>::new(conn);
    let (mut rows, mut hash) = (0, Sha256::new());
    while let Some(read) = walk.next()? {
        hash.update(&read.text);
        rows += 1;
        seen(1);
    }
    if rows != count {
        return Err(Error::DeserializationError(format!("{rows} rows were read, and {count} are there").into()));
    }
    Ok(Sum { rows, sha256: hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect() })
}

/// The next rows, a page at most, that `this` has and `other` has not; none at the end.
fn only_in<T: Moved>(this: &mut Walk<T>, other: &mut Walk<T>, seen: Seen<'_>) -> QueryResult<Vec<Read<T>>> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    while found.len() < PAGE && bytes < PAGE_BYTES {
        let Some(read) = this.next()? else { break };
        seen(1);
        while other.peek()?.is_some_and(|passed| passed.order() < read.order()) {
            other.next()?;
        }
        if other.peek()?.is_none_or(|same| same.order() != read.order()) {
            bytes += read.text.len();
            found.push(read);
        }
    }
    Ok(found)
}

fn postgres(conn: &mut AnyConnection) -> QueryResult<&mut PgConnection> {
    match conn {
        AnyConnection::Postgresql(conn) => Ok(conn),
        AnyConnection::Sqlite(_) => Err(Error::QueryBuilderError("rows are moved to PostgreSQL alone".into())),
    }
}

/// A row that was read, with what decides on its order.
struct Read<T: Moved> {
    place: T::Place,
    /// The whole row, as JSON. It also orders what is at the same place: the databases would each do it in a way of their own.
    text: Vec<u8>,
    row: T,
}

impl<T: Moved> Read<T> {
    fn new(row: T) -> QueryResult<Read<T>> {
        let text = serde_json::to_vec(&row).map_err(|error| Error::SerializationError(error.into()))?;
        Ok(Read { place: row.place(), text, row })
    }

    fn order(&self) -> (&T::Place, &[u8]) {
        (&self.place, &self.text)
    }
}

/// All rows of a table in their order, read page by page.
struct Walk<'a, T: Moved> {
    conn: &'a mut AnyConnection,
    page: Peekable<vec::IntoIter<Read<T>>>,
    after: Option<T::Place>,
    limit: usize,
    is_over: bool,
}

impl<'a, T: Moved> Walk<'a, T> {
    fn new(conn: &'a mut AnyConnection) -> Walk<'a, T> {
        Walk { conn, page: Vec::new().into_iter().peekable(), after: None, limit: FIRST_PAGE, is_over: false }
    }

    fn peek(&mut self) -> QueryResult<Option<&Read<T>>> {
        if self.page.peek().is_none() && !self.is_over {
            self.turn()?;
        }
        Ok(self.page.peek())
    }

    fn next(&mut self) -> QueryResult<Option<Read<T>>> {
        self.peek()?;
        Ok(self.page.next())
    }

    fn turn(&mut self) -> QueryResult<()> {
        let rows = T::page(self.conn, self.after.as_ref(), self.limit)?;
        let mut page = rows.into_iter().map(T::storable).map(Read::new).collect::<QueryResult<Vec<Read<T>>>>()?;
        page.sort_unstable_by(|one, other| one.order().cmp(&other.order()));
        // Times are compared as texts by SQLite: one that was written in another way than ours would be in another place.
        if page.first().is_some_and(|first| self.after.as_ref().is_some_and(|after| *after >= first.place)) {
            return Err(Error::DeserializationError("a row is not in the order of its column".into()));
        }
        match page.last() {
            Some(last) => self.after = Some(last.place.clone()),
            None => self.is_over = true,
        }
        let bytes: usize = page.iter().map(|read| read.text.len()).sum();
        self.limit = (PAGE_BYTES * page.len() / bytes.max(1)).clamp(1, PAGE);
        self.page = page.into_iter().peekable();
        Ok(())
    }
}
