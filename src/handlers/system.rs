//! `system`: health, metrics and the contract itself.

use crate::api::apis::system::{
    GetHealthResponse, GetLivenessResponse, GetMetricsResponse, GetOpenapiJsonResponse, GetOpenapiYamlResponse,
    GetReadinessResponse, System,
};
use crate::api::models::{
    DatabaseStatus, Health, HealthJobs, HealthStatus, JobStatus, Probe, ProbeStatus, Unhealthy, UnhealthyError,
    UnhealthyStatus,
};
use crate::app::App;
use crate::db::{AnyConnection, DbError};
use crate::handlers::stored;
use crate::metrics::Look;
use crate::models::jobs::counts;
use crate::problem::Problem;

impl System for App {
    async fn get_health(&self) -> Result<GetHealthResponse, Problem> {
        let counts = self.db.read(counts::by_type_and_status);
        Ok(match in_time(self, counts).await {
            Ok(counts) => GetHealthResponse::Status200 {
                body: Health {
                    status: HealthStatus::Healthy,
                    database: DatabaseStatus::Connected,
                    jobs: health_jobs(&counts),
                },
            },
            Err(error) => {
                tracing::error!(%error, "the health check failed");
                let error = match error {
                    DbError::Query(_) => UnhealthyError::JobQueueUnavailable,
                    _ => UnhealthyError::DatabaseConnectionFailed,
                };
                GetHealthResponse::Status503 { body: Unhealthy { status: UnhealthyStatus::Unhealthy, error } }
            }
        })
    }

    async fn get_liveness(&self) -> Result<GetLivenessResponse, Problem> {
        Ok(GetLivenessResponse::Status200 { body: Probe { status: ProbeStatus::Ok } })
    }

    // A process that starts or shuts down listens to nobody, which says the same.
    async fn get_readiness(&self) -> Result<GetReadinessResponse, Problem> {
        // The write path is what makes the service useful.
        in_time(self, self.db.can_write()).await?;
        Ok(GetReadinessResponse::Status200 { body: Probe { status: ProbeStatus::Ok } })
    }

    async fn get_metrics(&self) -> Result<GetMetricsResponse, Problem> {
        let look = in_time(self, look(self)).await;
        if let Err(error) = &look {
            tracing::error!(%error, "the metrics are without those of the database");
        }
        Ok(GetMetricsResponse::Status200 { body: self.metrics.render(look.ok().as_ref()).map_err(Problem::internal)? })
    }

    async fn get_openapi_json(&self) -> Result<GetOpenapiJsonResponse, Problem> {
        Ok(GetOpenapiJsonResponse::Status200 { body: stored(self.contract.json())? })
    }

    async fn get_openapi_yaml(&self) -> Result<GetOpenapiYamlResponse, Problem> {
        Ok(GetOpenapiYamlResponse::Status200 { body: self.contract.yaml().to_owned() })
    }
}

async fn look(app: &App) -> Result<Look, DbError> {
    let now = app.clock.now();
    let counts = |conn: &mut AnyConnection| Ok((counts::by_queue_and_status(conn)?, counts::oldest_waiting(conn)?));
    let (jobs, oldest) = app.db.read(counts).await?;
    let oldest = oldest.map_or(0.0, |since| (now - since).as_seconds_f64().max(0.0));
    Ok(Look { jobs, oldest, files: app.db.file_sizes().await? })
}

/// Gives up in time to say so in the contract's words: beyond the request's limit the answer would be a problem, which a
/// monitor does not know.
async fn in_time<T>(app: &App, work: impl Future<Output = Result<T, DbError>>) -> Result<T, DbError> {
    let late = |_| Err(DbError::Unavailable("no answer in time".to_owned()));
    tokio::time::timeout(app.config.request_timeout / 2, work).await.unwrap_or_else(late)
}

fn health_jobs(counts: &[(String, String, i64)]) -> HealthJobs {
    let number = |statuses: &[JobStatus]| {
        let counted = counts.iter().filter(|(_, status, _)| statuses.iter().any(|wanted| wanted.as_str() == status));
        counted.map(|(.., jobs)| jobs).sum()
    };
    HealthJobs {
        pending: number(&[JobStatus::Pending, JobStatus::RetryPending]),
        processing: number(&[JobStatus::Processing]),
        failed: number(&[JobStatus::Failed]),
    }
}
