//! `system`: health, metrics and the contract itself.

use tokio::time::timeout;

use crate::api::apis::system::{
    GetHealthResponse, GetLivenessResponse, GetMetricsResponse, GetOpenapiJsonResponse, GetOpenapiYamlResponse,
    GetReadinessResponse, System,
};
use crate::api::models::{
    DatabaseStatus, Health, HealthJobs, HealthStatus, JobStatus, Probe, ProbeStatus, Unhealthy, UnhealthyError,
    UnhealthyStatus,
};
use crate::app::App;
use crate::db::DbError;
use crate::handlers::stored;
use crate::models::jobs::counts;
use crate::problem::Problem;

impl System for App {
    async fn get_health(&self) -> Result<GetHealthResponse, Problem> {
        // Answered here before the request's own limit would, because a monitor knows these bodies.
        let counts = timeout(self.config.request_timeout / 2, self.db.read(counts::by_type_and_status)).await;
        Ok(match counts.unwrap_or_else(|late| Err(DbError::Unavailable(late.to_string()))) {
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

    async fn get_readiness(&self) -> Result<GetReadinessResponse, Problem> {
        // The write path is what makes the service useful; an empty write goes through all of it but the disk.
        self.db.write(|_| Ok(())).await?;
        Ok(GetReadinessResponse::Status200 { body: Probe { status: ProbeStatus::Ok } })
    }

    async fn get_metrics(&self) -> Result<GetMetricsResponse, Problem> {
        Ok(GetMetricsResponse::Status200 { body: self.metrics.render().map_err(Problem::internal)? })
    }

    async fn get_openapi_json(&self) -> Result<GetOpenapiJsonResponse, Problem> {
        Ok(GetOpenapiJsonResponse::Status200 { body: stored(self.contract.json())? })
    }

    async fn get_openapi_yaml(&self) -> Result<GetOpenapiYamlResponse, Problem> {
        Ok(GetOpenapiYamlResponse::Status200 { body: self.contract.yaml().to_owned() })
    }
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
