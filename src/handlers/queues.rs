//! `queues`: what is in them; pausing and resuming.

use std::collections::BTreeMap;

use diesel::QueryResult;

use crate::api::apis::queues::{ListQueuesResponse, PauseQueueResponse, Queues, ResumeQueueResponse};
use crate::api::models::{JobStatus, PauseQueuePathParams, Queue, QueueList, ResumeQueuePathParams};
use crate::app::App;
use crate::contract::Caller;
use crate::db::AnyConnection;
use crate::models::jobs::counts;
use crate::models::queues;
use crate::problem::Problem;

impl Queues for App {
    async fn list_queues(&self, _caller: Caller) -> Result<ListQueuesResponse, Problem> {
        let items = self.db.read(all).await?;
        Ok(ListQueuesResponse::Status200 { body: QueueList { items } })
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

/// Sets it for a queue that there is, and returns the queue.
async fn set_paused(app: &App, name: String, paused: bool) -> Result<Queue, Problem> {
    let set = move |conn: &mut AnyConnection| {
        let Some(queue) = all(conn)?.into_iter().find(|queue| queue.name == name) else { return Ok(None) };
        queues::set_paused(conn, &name, paused)?;
        Ok(Some(Queue { paused, ..queue }))
    };
    app.db.write(set).await?.ok_or_else(|| Problem::not_found("Queue"))
}

/// Every queue that has jobs or is paused, by name.
fn all(conn: &mut AnyConnection) -> QueryResult<Vec<Queue>> {
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
    for name in queues::paused(conn)? {
        all.entry(name.clone()).or_insert_with(|| empty(name)).paused = true;
    }
    Ok(all.into_values().collect())
}

fn empty(name: String) -> Queue {
    Queue { name, paused: false, pending: 0, processing: 0, retry_pending: 0, failed: 0 }
}
