//! `CHECK_RESPONSES`: answers are checked against the contract on their way out. What is wrong is logged and counted; the
//! answer leaves all the same, because a client can do more with it than with none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::{Body, HttpBody, to_bytes};
use axum::http::Method;
use axum::response::{IntoResponse, Response};

use super::access_log::Seen;
use crate::api::Operation;
use crate::app::App;
use crate::config::CheckResponses;
use crate::contract::Answers;
use crate::problem::Problem;

/// Of how many answers of an operation one is checked in `sample`.
const ONE_IN: u32 = 100;

/// How many answers each operation has given.
#[derive(Clone)]
pub(super) struct Given(Arc<[AtomicU32]>);

impl Given {
    pub(super) fn nothing_yet() -> Given {
        Given(Operation::ALL.iter().map(|_| AtomicU32::new(0)).collect())
    }
}

pub(super) async fn sample(app: &App, given: &Given, seen: &Seen, response: Response) -> Response {
    let Some(answers) = app.contract.answers() else { return response };
    // What never reached a route is none of an operation's answers.
    let Some(operation) = response.extensions().get::<Operation>().copied() else { return response };
    let number = given.0[operation as usize].fetch_add(1, Ordering::Relaxed);
    let due = match app.config.check_responses {
        CheckResponses::Off => false,
        CheckResponses::Sample => number.is_multiple_of(ONE_IN),
        CheckResponses::All => true,
    };
    // A stream has no end to wait for.
    if !due || response.body().size_hint().exact().is_none() {
        return response;
    }
    checked(app, answers, operation, seen.method == Method::HEAD, response).await
}

async fn checked(app: &App, answers: &Answers, operation: Operation, head: bool, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return Problem::internal(error).into_response(),
    };
    let result = answers.check(operation, parts.status, &parts.headers, (!head).then_some(&bytes[..]));
    app.metrics.response_checked(operation.id(), result.is_ok());
    if let Err(mistake) = result {
        tracing::error!(
            operation = operation.id(),
            status = parts.status.as_u16(),
            mistake,
            "an answer breaks the contract"
        );
    }
    Response::from_parts(parts, Body::from(bytes))
}
