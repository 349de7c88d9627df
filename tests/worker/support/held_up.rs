//! A writer that is held up, so that what is asked of it meanwhile waits in the queue, in a known order.

use std::pin::Pin;
use std::sync::mpsc;
use std::task::Poll;

use diesel::QueryResult;
use keiyaku::db::{AnyConnection, Db, DbError};

/// A write that waits in the queue.
pub type Queued<'a, T> = Pin<Box<dyn Future<Output = Result<T, DbError>> + 'a>>;

/// Inside a closure that returns when this is dropped.
pub struct HeldUp<'a> {
    db: &'a Db,
    /// Dropping it lets the closure return.
    _until: mpsc::Sender<()>,
}

impl<'a> HeldUp<'a> {
    pub async fn new(db: &'a Db) -> HeldUp<'a> {
        let (until, dropped) = mpsc::channel::<()>();
        let (started, has_started) = tokio::sync::oneshot::channel();
        let own = db.clone();
        tokio::spawn(async move {
            let hold = move |_: &mut AnyConnection| {
                let _ = started.send(());
                let _ = dropped.recv();
                Ok(())
            };
            own.write(hold).await
        });
        has_started.await.unwrap();
        HeldUp { db, _until: until }
    }

    /// Puts a write into the queue, behind those before it.
    pub async fn queue<T, F>(&self, change: F) -> Queued<'a, T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let mut write: Queued<'a, T> = Box::pin(self.db.write(change));
        let first = poll_once(&mut write).await;
        assert!(first.is_none(), "the writer is held up, so nothing is answered");
        write
    }
}

/// What a future says when it is asked once.
pub async fn poll_once<T>(future: &mut Pin<Box<dyn Future<Output = T> + '_>>) -> Option<T> {
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
