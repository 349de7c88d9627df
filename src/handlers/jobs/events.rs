//! The stream of events: one task for each reader, which writes no faster than it is read.

use std::fmt::Write;
use std::future::pending;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use chrono::Utc;
use http_body::Frame;
use tokio::sync::mpsc::{Permit, Receiver, Sender, channel};

use super::shown;
use crate::api::models::MissedJobs;
use crate::app::App;
use crate::events::Reader;
use crate::models::jobs::events::EventFilter;
use crate::models::jobs::{self, Filter, Job};
use crate::problem::Problem;

/// The longest silence; proxies and clients give up on longer ones.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// What a client is asked to wait before it connects again.
const RETRY: Duration = Duration::from_secs(1);
/// A filter lets others' changes go by. The reader is told where it is after so many, so that it is not far behind when it
/// comes back.
const GONE_BY: i64 = 1_000;

/// The stream from after `last_seen` on, or from now on, until `expires_at`, in seconds since 1970.
pub(super) async fn follow(
    app: &App,
    filter: EventFilter,
    last_seen: Option<i64>,
    expires_at: Option<i64>,
) -> Result<Body, Problem> {
    let reader = Reader::start(&app.events, &app.db, filter.clone(), last_seen).await?;
    let mut text = format!("retry: {}\nid: {}\n\n", RETRY.as_millis(), reader.version());
    // Who follows one job from now on wants to know how it stands. Read last, so that no change falls in between.
    if let (Some(id), None) = (filter.job_id, last_seen) {
        let EventFilter { job_type, queue, user_id, .. } = filter;
        let one = Filter { ids: Some(vec![id]), job_type, queue, user_id, ..Filter::default() };
        for job in app.db.read(move |conn| jobs::list(conn, &one, 1)).await? {
            write_job(&mut text, None, job)?;
        }
    }
    let (sender, receiver) = channel(1);
    let stream = Stream { app: app.clone(), told: reader.version(), reader, expires_at };
    tokio::spawn(stream.run(text, sender));
    Ok(Body::new(Text(receiver)))
}

/// What one client is sent.
struct Stream {
    app: App,
    reader: Reader,
    /// The last id that was sent.
    told: i64,
    /// When its token counts no more.
    expires_at: Option<i64>,
}

impl Stream {
    /// Until the reader goes, its token expires, the process stops or the database fails; the reader comes back with the last id.
    async fn run(mut self, begun: String, sender: Sender<Bytes>) {
        let stopping = self.app.stopping.clone();
        tokio::select! {
            biased;
            () = stopping.cancelled() => {}
            () = sender.closed() => {}
            () = expired(self.expires_at) => {}
            ended = self.send(begun, &sender) => {
                if let Some(error) = ended.break_value() {
                    tracing::warn!(error = %error, "a stream of events has ended");
                }
            }
        }
    }

    async fn send(&mut self, mut text: String, sender: &Sender<Bytes>) -> ControlFlow<Problem> {
        loop {
            // Nothing is read for a reader that has not taken what was read before.
            let Ok(place) = sender.reserve().await else { return ControlFlow::Continue(()) };
            let more = match self.look(&mut text).await {
                Ok(more) => more,
                Err(error) => return ControlFlow::Break(error),
            };
            hand_over(place, &mut text);
            if !more && tokio::time::timeout(KEEP_ALIVE, self.reader.changed()).await.is_err() {
                self.keep_alive(&mut text);
            }
        }
    }

    /// Writes what has changed; whether there is more.
    async fn look(&mut self, text: &mut String) -> Result<bool, Problem> {
        let look = self.reader.look().await?;
        if let Some((from, to)) = look.missed {
            let data = serde_json::to_string(&MissedJobs { from, to }).map_err(Problem::internal)?;
            write(text, Some(to), "missed", &data);
            self.told = to;
        }
        for (job, is_last) in look.jobs {
            let version = job.version;
            write_job(text, is_last.then_some(version), job)?;
            self.told = if is_last { version } else { self.told };
        }
        if !look.more && self.reader.version() - self.told >= GONE_BY {
            self.tell_position(text);
        }
        Ok(look.more)
    }

    fn keep_alive(&mut self, text: &mut String) {
        text.push_str(":\n");
        self.tell_position(text);
    }

    /// An id without an event: the client keeps it, and nothing happens.
    fn tell_position(&mut self, text: &mut String) {
        self.told = self.reader.version();
        // Writing to a string does not fail.
        let _ = write!(text, "id: {}\n\n", self.told);
    }
}

/// What checks tokens reads the system's clock, so this does, too.
async fn expired(expires_at: Option<i64>) {
    match expires_at {
        Some(at) => {
            let left = at.saturating_sub(Utc::now().timestamp());
            tokio::time::sleep(Duration::from_secs(u64::try_from(left).unwrap_or_default())).await;
        }
        None => pending().await,
    }
}

fn hand_over(place: Permit<'_, Bytes>, text: &mut String) {
    if !text.is_empty() {
        place.send(std::mem::take(text).into());
    }
}

fn write_job(text: &mut String, id: Option<i64>, job: Job) -> Result<(), Problem> {
    let data = serde_json::to_string(&shown(job, None)?).map_err(Problem::internal)?;
    // A payload keeps the line breaks that it came with. In JSON they mean nothing, here they would end the data.
    write(text, id, "job", &data.replace(['\r', '\n'], " "));
    Ok(())
}

fn write(text: &mut String, id: Option<i64>, kind: &str, data: &str) {
    // Writing to a string does not fail.
    let _ = id.map(|id| writeln!(text, "id: {id}"));
    let _ = write!(text, "event: {kind}\ndata: {data}\n\n");
}

/// The body of a stream.
struct Text(Receiver<Bytes>);

impl http_body::Body for Text {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        self.0.poll_recv(context).map(|part| part.map(|bytes| Ok(Frame::data(bytes))))
    }
}
