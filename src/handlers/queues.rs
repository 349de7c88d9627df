//! `queues`: what is in them; pausing, resuming, limiting; and the workers that serve them.

use std::collections::BTreeMap;

use diesel::QueryResult;

use crate::api::apis::queues::{
    ListQueuesResponse, ListWorkersResponse, PauseQueueResponse, Queues, ResumeQueueResponse, UpdateQueueResponse,
};
use crate::api::models::{
    JobStatus, PauseQueuePathParams, Queue, QueueList, QueuePatch, ResumeQueuePathParams, RunningJob,
    UpdateQueuePathParams, Worker, WorkerList,
};
use crate::app::App;
use crate::contract::Caller;
use crate::db::AnyConnection;
use crate::handlers::utc;
use crate::models::jobs::counts;
use crate::models::queues::{self, Settings};
use crate::models::workers::{self, Running};
use crate::problem::Problem;

/// Jobs that run, of all workers together, which a list of workers shows.
const RUNNING_MOST: i64 = 1_000;

impl Queues for App {
    async fn list_queues(&self, _caller: Caller) -> Result<ListQueuesResponse, Problem> {
        let items = self.db.read(all).await?;
        Ok(ListQueuesResponse::Status200 { body: QueueList { items } })
    }

    async fn list_workers(&self, _caller: Caller) -> Result<ListWorkersResponse, Problem> {
        let since = self.clock.now() - workers::SILENT;
        let read =
            move |conn: &mut AnyConnection| Ok((workers::alive(conn, since)?, workers::running(conn, RUNNING_MOST)?));
        let (alive, running) = self.db.read(read).await?;
        let of =
            |name: &str| running.iter().filter(|job| job.worker.as_deref() == Some(name)).map(running_shown).collect();
        let items = alive.into_iter().map(|worker| Worker {
            running: of(&worker.name),
            name: worker.name,
            started_at: utc(worker.started_at),
            seen_at: utc(worker.seen_at),
            executors: worker.executors,
            queues: worker.queues,
        });
        Ok(ListWorkersResponse::Status200 { body: WorkerList { items: items.collect() } })
    }

    async fn update_queue(
        &self,
        _caller: Caller,
        path: UpdateQueuePathParams,
        body: QueuePatch,
    ) -> Result<UpdateQueueResponse, Problem> {
        let name = path.queue;
        let update = move |conn: &mut AnyConnection| {
            if let Some(most) = body.max_running {
                queues::set_max_running(conn, &name, most)?;
            }
            Ok(all(conn)?.into_iter().find(|queue| queue.name == name).unwrap_or_else(|| empty(name)))
        };
        let body = self.db.write(update).await?;
        self.jobs.notify_one();
        Ok(UpdateQueueResponse::Status200 { body })
    }

    async fn pause_queue(&self, _caller: Caller, path: PauseQueuePathParams) -> Result<PauseQueueResponse, Problem> {
        Ok(PauseQueueResponse::Status200 { body: set_paused(self, path.queue, true).await? })
    }

    async fn resume_queue(&self, _caller: Caller, path: ResumeQueuePathParams) -> Result<ResumeQueueResponse, Problem> {
        let body = set_paused(self, path.queue, false).await?;
        self.jobs.notify_one();
        Ok(ResumeQueueResponse::Status200 { body })
    }
}

fn running_shown(job: &Running) -> RunningJob {
    RunningJob {
        job_id: job.id,
        job_type: job.job_type.clone(),
        queue: job.queue.clone(),
        started_at: utc(job.started_at.unwrap_or_default()),
        progress: job.progress,
        progress_note: job.progress_note.clone(),
    }
}

/// Sets it for a queue that there is, and returns the queue.
async fn set_paused(app: &App, name: String, paused: bool) -> Result<Queue, Problem> {
    let set = move |conn: &mut AnyConnection| {
        let Some(queue) = all(conn)?.into_iter().find(|queue| queue.name == name) else { return Ok(None) };
        queues::set_paused(conn, &name, paused)?;
        Ok(Some(Queue { paused, ..queue }))
    };
    app.db.write(set).await?.ok_or_else(|| Problem::not_found("Queue"))
}

/// Every queue that has jobs, is paused or has a limit, by name.
pub(crate) fn all(conn: &mut AnyConnection) -> QueryResult<Vec<Queue>> {
    let mut all: BTreeMap<String, Queue> = BTreeMap::new();
    for (name, status, jobs) in counts::by_queue_and_status(conn)? {
        let queue = all.entry(name.clone()).or_insert_with(|| empty(name));
        match status.parse() {
            Ok(JobStatus::Pending) => queue.pending += jobs,
            Ok(JobStatus::Processing) => queue.processing += jobs,
            Ok(JobStatus::RetryPending) => queue.retry_pending += jobs,
            Ok(JobStatus::Failed) => queue.failed += jobs,
            Ok(JobStatus::Completed | JobStatus::Cancelled) | Err(_) => {}
        }
    }
    for Settings { name, paused, max_running } in queues::settings(conn)? {
        // A queue that nothing is set for any more is there as long as it has jobs.
        if paused || max_running.is_some() {
            let queue = all.entry(name.clone()).or_insert_with(|| empty(name));
            (queue.paused, queue.max_running) = (paused, max_running);
        }
    }
    Ok(all.into_values().collect())
}

fn empty(name: String) -> Queue {
    Queue { name, paused: false, max_running: None, pending: 0, processing: 0, retry_pending: 0, failed: 0 }
}
