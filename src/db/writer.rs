//! Group commit: the one thread that writes to SQLite.
//!
//! Closures wait in a bounded queue. The thread runs those that are waiting as one `BEGIN IMMEDIATE` transaction, each in
//! a savepoint of its own, commits once, and answers each only then: the more that wait, the less a commit costs each.
//!
//! Invariants:
//! - no closure is answered `Ok` before the commit that holds it has returned;
//! - a closure that fails or panics takes nothing with it but its own savepoint;
//! - when SQLite has given up the whole transaction (`SQLITE_FULL`, `SQLITE_IOERR` do that), everything before fails and
//!   nothing after runs on that connection: it is closed and another is opened.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::result::Error;
use tokio::sync::{mpsc, oneshot};

use super::checkpoint::Checkpointer;
use super::measures::Measures;
use super::open::{Connector, OpenError};
use super::turn::Turn;
use super::{AnyConnection, DbError};

/// Closures that may wait; one more is told that the service is busy.
const QUEUE: usize = 4096;
/// Bounds of one transaction, so that the first in it does not wait long for its answer.
const BATCH: usize = 512;
const BATCH_TIME: Duration = Duration::from_millis(8);
/// Of each transaction, what is kept for the background while requests wait: neither keeps the other out.
const BACKGROUND: usize = 16;

/// What the thread is asked to do.
pub(super) enum Message {
    Write(Class, Box<dyn Task>),
    /// Run this at the end of the next transaction that holds requests, in place of the one that waits for that.
    Behind(Box<dyn Task>),
    /// Finish the checkpoint that the checkpointer has nearly done, while no commit comes between.
    Checkpoint,
    /// Have the WAL cut.
    Cut,
}

/// Who waits for a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A client.
    Request,
    /// A worker, which has other things to do meanwhile.
    Background,
}

/// One queued closure with its caller's address.
pub(super) trait Task: Send {
    /// True when the caller has gone, so that the closure need not start.
    fn is_abandoned(&self) -> bool;
    /// Runs the closure in a savepoint and keeps its result; false when it failed.
    fn run(&mut self, conn: &mut AnyConnection) -> bool;
    /// Tells the caller: its own result after a commit, else the reason.
    fn answer(self: Box<Self>, committed: Result<(), &str>);
}

struct Write<T, F> {
    change: Option<F>,
    result: Option<Result<T, DbError>>,
    reply: oneshot::Sender<Result<T, DbError>>,
}

impl<T, F> Task for Write<T, F>
where
    T: Send,
    F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, conn: &mut AnyConnection) -> bool {
        let Some(change) = self.change.take() else { return true };
        let mut panic = None;
        // Diesel's transaction does not unwind, so a panic is caught inside it and leaves as an error.
        let result = conn.transaction(|conn| {
            catch_unwind(AssertUnwindSafe(|| change(conn))).unwrap_or_else(|payload| {
                panic = Some(panic_message(payload.as_ref()));
                Err(Error::RollbackTransaction)
            })
        });
        let result = match panic {
            Some(message) => Err(DbError::Panicked(message)),
            None => result.map_err(DbError::from),
        };
        let succeeded = result.is_ok();
        self.result = Some(result);
        succeeded
    }

    fn answer(self: Box<Self>, committed: Result<(), &str>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            (Err(reason), _) => Err(DbError::Unavailable(reason.to_owned())),
            (Ok(()), None) => Err(DbError::Unavailable("the write did not run".to_owned())),
        };
        // A caller that has gone needs no answer.
        let _ = self.reply.send(result);
    }
}

/// The text of a panic, for the log.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown".to_owned())
}

/// The handle to the thread. Dropping it lets what is queued finish, then closes the file.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Message>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connector: Connector, measures: Measures) -> Result<Writer, OpenError> {
        let unusable = |reason: String| OpenError::Unusable { database: connector.url.to_string(), reason };
        let conn = connect(&connector).map_err(|error| unusable(error.to_string()))?;
        let (queue, messages) = mpsc::channel(QUEUE);
        let checkpointer =
            Checkpointer::start(connector.clone(), queue.downgrade()).map_err(|error| unusable(error.to_string()))?;
        let run = {
            let connector = connector.clone();
            move || WriterThread::new(connector, conn, messages, checkpointer, measures).run()
        };
        let thread =
            thread::Builder::new().name("writer".to_owned()).spawn(run).map_err(|error| unusable(error.to_string()))?;
        Ok(Writer { queue: Some(queue), thread: Some(thread) })
    }

    pub(super) async fn forget_deleted(&self) {
        if let Some(queue) = &self.queue {
            // It fails when the thread has ended, and then the files are closed.
            let _ = queue.send(Message::Cut).await;
        }
    }

    pub(super) async fn write<T, F>(&self, class: Class, change: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.send(change, |task| Message::Write(class, task)).await
    }

    pub(super) async fn write_behind<T, F>(&self, change: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.send(change, Message::Behind).await
    }

    async fn send<T, F>(&self, change: F, message: impl FnOnce(Box<dyn Task>) -> Message) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let closed = || DbError::Unavailable("the writer has stopped".to_owned());
        let (reply, answer) = oneshot::channel();
        let task = Box::new(Write { change: Some(change), result: None, reply });
        let queue = self.queue.as_ref().ok_or_else(closed)?;
        queue.try_send(message(task)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => DbError::Busy,
            mpsc::error::TrySendError::Closed(_) => closed(),
        })?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been logged by the panic hook; there is nothing more to do with it here.
            let _ = thread.join();
        }
    }
}

struct WriterThread {
    connector: Connector,
    turn: Turn,
    /// Empty after SQLite has given up a transaction, until the next batch opens another.
    conn: Option<AnyConnection>,
    messages: mpsc::Receiver<Message>,
    requests: VecDeque<Box<dyn Task>>,
    background: VecDeque<Box<dyn Task>>,
    behind: Option<Box<dyn Task>>,
    checkpointer: Checkpointer,
    /// A checkpoint was asked for while a transaction was open.
    checkpoint_due: bool,
    measures: Measures,
}

/// How many of each class a transaction holds.
#[derive(Default)]
struct Batch {
    requests: usize,
    background: usize,
}

impl WriterThread {
    fn new(
        connector: Connector,
        conn: AnyConnection,
        messages: mpsc::Receiver<Message>,
        checkpointer: Checkpointer,
        measures: Measures,
    ) -> Self {
        let (requests, background) = (VecDeque::new(), VecDeque::new());
        WriterThread {
            turn: Turn::new(&connector.url),
            connector,
            conn: Some(conn),
            messages,
            requests,
            background,
            behind: None,
            checkpointer,
            checkpoint_due: false,
            measures,
        }
    }

    fn run(mut self) {
        while self.wait() {
            let mut batch = Batch::default();
            // What is abandoned is not worth waiting for the lock.
            while let Some(task) = self.next(&mut batch) {
                if !task.is_abandoned() {
                    self.commit_with(task, batch);
                    break;
                }
            }
            if std::mem::take(&mut self.checkpoint_due) {
                self.checkpointer.finish(self.conn.as_mut());
            }
        }
    }

    /// Waits until there is something to do; false when there will be nothing any more.
    fn wait(&mut self) -> bool {
        if self.requests.is_empty() && self.background.is_empty() {
            match self.messages.blocking_recv() {
                Some(message) => self.sort(message),
                None => return false,
            }
        }
        true
    }

    fn sort(&mut self, message: Message) {
        match message {
            Message::Write(Class::Request, task) => self.requests.push_back(task),
            Message::Write(Class::Background, task) => self.background.push_back(task),
            Message::Behind(task) => self.behind = Some(task),
            Message::Checkpoint => self.checkpoint_due = true,
            Message::Cut => self.checkpointer.cut(),
        }
    }

    /// The next closure of a transaction: the background's share, then the requests, and the rest of the background only
    /// when there was no request.
    fn next(&mut self, batch: &mut Batch) -> Option<Box<dyn Task>> {
        // What is beyond the bound stays in the channel, where it keeps more from coming.
        while self.requests.len() + self.background.len() < QUEUE
            && let Ok(message) = self.messages.try_recv()
        {
            self.sort(message);
        }
        let share = if batch.requests == 0 && self.requests.is_empty() { BATCH } else { BACKGROUND };
        if batch.background < share
            && let Some(task) = self.background.pop_front()
        {
            batch.background += 1;
            return Some(task);
        }
        let request = self.requests.pop_front();
        batch.requests += usize::from(request.is_some());
        request
    }

    /// One transaction: `first` and whatever waits behind it.
    fn commit_with(&mut self, first: Box<dyn Task>, batch: Batch) {
        let mut conn =
            match self.conn.take().map_or_else(|| connect(&self.connector).map_err(|error| error.to_string()), Ok) {
                Ok(conn) => conn,
                Err(reason) => return first.answer(Err(&reason)),
            };
        let asked = Instant::now();
        if let Err(error) = self.turn.take(|| begin(&mut conn)) {
            self.conn = is_outside_a_transaction(&mut conn).then_some(conn);
            return first.answer(Err(&error.to_string()));
        }
        self.measures.wait.observe(asked.elapsed().as_secs_f64());
        let mut ran = Vec::new();
        let outcome = self.run_batch(&mut conn, first, batch, &mut ran).and_then(|()| {
            let _timer = self.measures.commit.start_timer();
            commit(&mut conn)
        });
        self.measures.writes.observe(ran.len() as f64);
        if let Err(reason) = &outcome {
            self.measures.failed.inc();
            tracing::error!(error = %reason, writes = ran.len(), "a commit failed; none of its writes happened");
        }
        // A connection whose transaction went wrong is closed, which rolls back whatever it still holds.
        self.conn = outcome.is_ok().then_some(conn);
        if outcome.is_ok() {
            self.checkpointer.committed();
        }
        for task in ran {
            task.answer(outcome.as_ref().copied().map_err(String::as_str));
        }
    }

    /// Runs closures until the bounds are reached or none waits; fails when SQLite has given up the transaction.
    fn run_batch(
        &mut self,
        conn: &mut AnyConnection,
        first: Box<dyn Task>,
        mut batch: Batch,
        ran: &mut Vec<Box<dyn Task>>,
    ) -> Result<(), String> {
        let started = Instant::now();
        let mut next = Some(first);
        while let Some(mut task) = next {
            if !task.is_abandoned() {
                let succeeded = task.run(conn);
                ran.push(task);
                if !succeeded && !is_in_the_outer_transaction(conn) {
                    return Err("the database gave up the transaction: disk full or I/O error".to_owned());
                }
            }
            let more = ran.len() < BATCH && started.elapsed() < BATCH_TIME;
            next = if more { self.next(&mut batch) } else { None };
            if next.is_none() && batch.requests > 0 {
                next = self.behind.take();
            }
        }
        Ok(())
    }
}

/// A connection that does not wait for the write lock by itself; [`Turn`] does.
fn connect(connector: &Connector) -> Result<AnyConnection, ConnectionError> {
    let mut conn = connector.connect()?;
    if let AnyConnection::Sqlite(conn) = &mut conn {
        conn.batch_execute("PRAGMA busy_timeout = 0").map_err(ConnectionError::CouldntSetupConfiguration)?;
    }
    Ok(conn)
}

/// The write lock is taken at the start, so that no closure finds itself unable to upgrade half-way.
fn begin(conn: &mut AnyConnection) -> QueryResult<()> {
    match conn {
        AnyConnection::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
        AnyConnection::Postgresql(conn) => AnsiTransactionManager::begin_transaction(conn),
    }
}

fn commit(conn: &mut AnyConnection) -> Result<(), String> {
    <AnyConnection as Connection>::TransactionManager::commit_transaction(conn).map_err(|error| error.to_string())
}

fn depth(conn: &mut AnyConnection) -> QueryResult<u32> {
    let status = <AnyConnection as Connection>::TransactionManager::transaction_manager_status_mut(conn);
    Ok(status.transaction_depth()?.map_or(0, std::num::NonZero::get))
}

fn is_in_the_outer_transaction(conn: &mut AnyConnection) -> bool {
    depth(conn).is_ok_and(|depth| depth == 1)
}

/// True when a connection is fit for the next user.
pub(super) fn is_outside_a_transaction(conn: &mut AnyConnection) -> bool {
    depth(conn).is_ok_and(|depth| depth == 0)
}
