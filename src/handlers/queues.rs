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
        let set = move |conn: &mut AnyConnection, name: &str| match body.max_running {
            Some(most) => queues::set_max_running(conn, name, most),
            None => Ok(()),
        };
        Ok(UpdateQueueResponse::Status200 { body: change(self, path.queue, set).await? })
    }

    async fn pause_queue(&self, _caller: Caller, path: PauseQueuePathParams) -> Result<PauseQueueResponse, Problem> {
        let set = |conn: &mut AnyConnection, name: &str| queues::set_paused(conn, name, true);
        Ok(PauseQueueResponse::Status200 { body: change(self, path.queue, set).await? })
    }

    async fn resume_queue(&self, _caller: Caller, path: ResumeQueuePathParams) -> Result<ResumeQueueResponse, Problem> {
        let set = |conn: &mut AnyConnection, name: &str| queues::set_paused(conn, name, false);
        Ok(ResumeQueueResponse::Status200 { body: change(self, path.queue, set).await? })
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

/// Sets something for a queue, whether it has jobs or not, and returns it. Workers look again, as more may run now.
async fn change(
    app: &App,
    name: String,
    set: impl FnOnce(&mut AnyConnection, &str) -> QueryResult<()> + Send + 'static,
) -> Result<Queue, Problem> {
    let set = move |conn: &mut AnyConnection| {
        set(conn, &name)?;
        Ok(all(conn)?.into_iter().find(|queue| queue.name == name).unwrap_or_else(|| empty(name)))
    };
    let queue = app.db.write(set).await?;
    app.jobs.notify_one();
    Ok(queue)
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
