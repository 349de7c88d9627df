//! Job types whose meaning is a closure of the test that puts them in.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keiyaku::jobs::{Context, Done, Job, JobError};
use keiyaku::models::jobs::enqueue;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::make_mark;

type Attempt = Pin<Box<dyn Future<Output = Result<Done, JobError>> + Send>>;
type Script = Arc<dyn Fn(Context) -> Attempt + Send + Sync>;

/// The scripts of all tests; a payload is an index into it.
static SCRIPTS: Mutex<Vec<Script>> = Mutex::new(Vec::new());

/// Runs a script.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Scripted {
    script: usize,
}

impl Scripted {
    /// `run` is called once for each attempt.
    pub fn new<F, A>(run: F) -> Scripted
    where
        F: Fn(Context) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Done, JobError>> + Send + 'static,
    {
        let mut scripts = SCRIPTS.lock().unwrap();
        scripts.push(Arc::new(move |context| Box::pin(run(context))));
        Scripted { script: scripts.len() - 1 }
    }

    /// The same for an attempt that waits for nothing.
    pub fn at_once(run: impl Fn(Context) -> Result<Done, JobError> + Send + Sync + 'static) -> Scripted {
        Scripted::new(move |context| std::future::ready(run(context)))
    }

    /// Succeeds and leaves nothing behind.
    pub fn succeeding() -> Scripted {
        Scripted::at_once(|_| Ok(Done::default()))
    }

    /// Succeeds, with a mark as its effect.
    pub fn marking(mark: &'static str) -> Scripted {
        Scripted::at_once(move |_| Ok(marked(mark)))
    }

    /// Succeeds, with another job as its effect.
    pub fn putting_in(next: Scripted) -> Scripted {
        Scripted::at_once(move |context| {
            let job = context.app.job(&next)?;
            Ok(Done::with(move |conn, now| enqueue(conn, &job, now).map(|_| ())))
        })
    }

    /// Fails every time.
    pub fn failing(error: JobError) -> Scripted {
        Scripted::at_once(move |_| Err(error.clone()))
    }

    fn attempt(self, context: Context) -> Attempt {
        let script = Arc::clone(&SCRIPTS.lock().unwrap()[self.script]);
        script(context)
    }
}

/// A completion whose effect is one mark.
pub fn marked(mark: &'static str) -> Done {
    Done::with(move |conn, _| make_mark(conn, mark))
}

impl Job for Scripted {
    const JOB_TYPE: &'static str = "scripted";

    // Not `async`: what a script does before its first await happens when `run` is called.
    fn run(self, context: Context) -> impl Future<Output = Result<Done, JobError>> + Send {
        self.attempt(context)
    }
}

/// The same, in a hurry.
#[derive(Serialize, Deserialize)]
pub struct Hasty(Scripted);

impl Job for Hasty {
    const JOB_TYPE: &'static str = "hasty";
    const TIMEOUT: Duration = Duration::from_millis(50);

    async fn run(self, context: Context) -> Result<Done, JobError> {
        self.0.attempt(context).await
    }
}

/// The same, always in as much of a hurry to be tried again.
#[derive(Serialize, Deserialize)]
pub struct Steady(Scripted);

impl Job for Steady {
    const JOB_TYPE: &'static str = "steady";

    fn backoff(_retry: u32) -> Duration {
        Duration::from_secs(100)
    }

    async fn run(self, context: Context) -> Result<Done, JobError> {
        self.0.attempt(context).await
    }
}

/// Where attempts wait until the test lets them go on, one by one.
#[derive(Clone)]
pub struct Door {
    open: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Door {
    pub fn closed() -> Door {
        Door { open: Arc::new(Semaphore::new(0)), waiting: Arc::default() }
    }

    /// Lets so many more through.
    pub fn let_through(&self, attempts: usize) {
        self.open.add_permits(attempts);
    }

    /// The attempt's side.
    pub async fn pass(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.open.acquire().await.unwrap().forget();
    }

    /// How many have come to the door so far.
    pub fn came(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Waits until so many attempts have come to the door.
    pub async fn has_seen(&self, attempts: usize) {
        super::eventually("attempts come to the door", async || (self.came() >= attempts).then_some(())).await;
    }

    /// Succeeds once it has passed, with a mark as its effect.
    pub fn script(&self, mark: &'static str) -> Scripted {
        let door = self.clone();
        Scripted::new(move |_| {
            let door = door.clone();
            async move {
                door.pass().await;
                Ok(marked(mark))
            }
        })
    }
}
