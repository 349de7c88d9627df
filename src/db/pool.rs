//! [`Pool`]: the connections for reading (SQLite) or for everything (PostgreSQL), and the line of those who wait for one.
//!
//! r2d2 makes the connections and looks after them; who gets one next, and how many may wait, is decided here, where waiting takes
//! no thread and ends with the caller.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::open::Connector;
use super::writer::Class;
use super::{AnyConnection, DbError, Measures, panic_message};

/// Of so many connections, how many PostgreSQL's background writes may have at a time: hundreds of jobs that end at once keep neither
/// requests from the rest, nor the heartbeat that keeps the leases of all others.
fn in_background(size: u32) -> u32 {
    (size - size / 4).min(size - 1).max(1)
}

/// So many of PostgreSQL's are made at the start, since each takes some ten milliseconds of both sides. SQLite's are files.
const READY: u32 = 4;
/// How many may wait for a connection.
const LINE: u32 = 4_096;
/// How long a caller waits for a connection before it is told that the database is busy.
const WAIT: Duration = Duration::from_secs(5);
/// The same while there is no connection at all and none can be made: the pool goes on trying by itself.
const AWAY_WAIT: Duration = Duration::from_secs(1);

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Pool {
    pool: r2d2::Pool<Connector>,
    connector: Connector,
    measures: Measures,
    /// Places for all who have a connection or wait for one.
    line: Arc<Semaphore>,
    /// As many as there are connections.
    places: Arc<Semaphore>,
    /// As many as background writes may have.
    background: Arc<Semaphore>,
}

impl Pool {
    /// Opens the first connections of at most `size`.
    ///
    /// # Errors
    /// One line for the operator.
    pub(super) fn open(connector: Connector, size: u32, measures: Measures) -> Result<Pool, String> {
        let ready = if connector.read_only { 1 } else { READY.min(size) };
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .test_on_check_out(true)
            .connection_timeout(WAIT)
            // Whoever needs a connection says why there is none.
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build(connector.clone())
            .map_err(|error| error.to_string())?;
        // Held together, so that each is another. Where the server has no more to give, the first will do.
        let first = pool.get().map_err(|error| error.to_string())?;
        drop((1..ready).map_while(|_| pool.get_timeout(AWAY_WAIT).ok()).collect::<Vec<_>>());
        drop(first);
        let places = |most: u32| Arc::new(Semaphore::new(most as usize));
        let (line, background, places) = (places(size + LINE), places(in_background(size)), places(size));
        Ok(Pool { pool, connector, measures, line, places, background })
    }

    /// Runs `work` on a connection. Blocks; for start-up.
    pub(super) fn at_once<T>(&self, work: impl FnOnce(&mut AnyConnection) -> QueryResult<T>) -> Result<T, DbError> {
        work(&mut *self.take()?).map_err(DbError::from)
    }

    /// Runs `change` in a transaction of its own.
    pub(super) async fn write<T, F>(&self, class: Class, change: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        // The semaphore is never closed.
        let _place = if let Class::Background = class { self.background.acquire().await.ok() } else { None };
        let commit = self.measures.commit.clone();
        let transaction = move |conn: &mut AnyConnection| {
            let mut began = None;
            let done = conn.transaction(|conn| change(conn).inspect(|_| began = Some(Instant::now())));
            if let (Some(began), Ok(_)) = (began, &done) {
                commit.observe(began.elapsed().as_secs_f64());
            }
            done
        };
        self.run(transaction).await
    }

    /// Runs `work` on a connection, off the async threads. A caller that goes away while it waits for one has done nothing.
    ///
    /// # Errors
    /// [`DbError::Busy`] when too many wait, [`DbError::Unavailable`] when no connection is to be had, else those of `work`.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let _in_line = self.line.try_acquire().map_err(|_| DbError::Busy)?;
        let place = self.place().await?;
        let pool = self.clone();
        let run = move || {
            // Given back after the connection.
            let _place = place;
            let mut conn = pool.take()?;
            let done = work(&mut conn).map_err(DbError::from);
            if let Err(DbError::Unavailable(_)) = &done {
                pool.connector.lost(&mut conn);
            }
            done
        };
        tokio::task::spawn_blocking(run).await.unwrap_or_else(|error| {
            let message = match error.try_into_panic() {
                Ok(panic) => panic_message(panic.as_ref()),
                Err(error) => error.to_string(),
            };
            Err(DbError::Panicked(message))
        })
    }

    /// Waits for a place among those who have a connection.
    async fn place(&self) -> Result<OwnedSemaphorePermit, DbError> {
        let wait = if self.is_away() { AWAY_WAIT } else { WAIT };
        let place = tokio::time::timeout(wait, Arc::clone(&self.places).acquire_owned()).await;
        // The semaphore is never closed.
        place.ok().and_then(Result::ok).ok_or_else(|| {
            DbError::Unavailable(format!("no connection became free within {}", humantime::format_duration(wait)))
        })
    }

    fn take(&self) -> Result<r2d2::PooledConnection<Connector>, DbError> {
        let began = Instant::now();
        loop {
            let error = match self.pool.get_timeout(AWAY_WAIT) {
                Ok(conn) => return Ok(conn),
                Err(error) => error,
            };
            if self.is_away() || began.elapsed() >= WAIT {
                return Err(DbError::Unavailable(error.to_string()));
            }
        }
    }

    /// Whether there is no connection, and none could be made.
    fn is_away(&self) -> bool {
        self.connector.is_away.load(Ordering::Relaxed) && self.pool.state().connections == 0
    }
}
