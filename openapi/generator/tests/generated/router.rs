// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! Routes: each admits its request through the contract, calls one method of the API, and writes down which operation
//! answered.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing;

use super::Operation;
use super::apis::Api;
use crate::contract::Contract;
use crate::problem::Problem;

/// The router of the whole contract, served by `api`.
pub fn router<A: Api>(api: A) -> Router {
    Router::new()
        .route("/pets", routing::post(create_pet::<A>))
        .route("/pets/{kind}/found", routing::get(find_pets::<A>))
        .route("/companies", routing::post(found::<A>))
        .route("/employees", routing::post(hire::<A>))
        .route("/orders", routing::post(place_order::<A>))
        .route("/trees", routing::post(plant_tree::<A>))
        .route("/accounts", routing::put(put_account::<A>))
        .route("/shapes", routing::put(put_shape::<A>))
        .route("/someday", routing::get(someday::<A>))
        .route("/events", routing::delete(stop_watching::<A>))
        .route("/events", routing::get(watch::<A>))
        .with_state(api)
}

/// Makes the response, be it an answer or a problem, with what the contract says of a deprecated operation, and leaves the
/// operation in its extensions for logs and metrics.
async fn answer<T: IntoResponse>(
    contract: &Contract,
    operation: Operation,
    work: impl Future<Output = Result<T, Problem>>,
) -> Response {
    let mut response = work.await.into_response();
    contract.tell_deprecation(operation, response.headers_mut());
    response.extensions_mut().insert(operation);
    response
}

/// `POST /pets`
async fn create_pet<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::CreatePet, async {
        let mut admitted = api.contract().admit(Operation::CreatePet, request).await?;
        let caller = admitted.caller()?;
        let body = admitted.body()?;
        api.create_pet(caller, body).await
    })
    .await
}

/// `GET /pets/{kind}/found`
async fn find_pets<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::FindPets, async {
        let mut admitted = api.contract().admit(Operation::FindPets, request).await?;
        let path = admitted.path()?;
        let query = admitted.query()?;
        let header = admitted.header()?;
        api.find_pets(path, query, header).await
    })
    .await
}

/// `POST /companies`
async fn found<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::Found, async {
        let mut admitted = api.contract().admit(Operation::Found, request).await?;
        let body = admitted.body()?;
        api.found(body).await
    })
    .await
}

/// `POST /employees`
async fn hire<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::Hire, async {
        let mut admitted = api.contract().admit(Operation::Hire, request).await?;
        let body = admitted.body()?;
        api.hire(body).await
    })
    .await
}

/// `POST /orders`
async fn place_order<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::PlaceOrder, async {
        let mut admitted = api.contract().admit(Operation::PlaceOrder, request).await?;
        let body = admitted.body()?;
        api.place_order(body).await
    })
    .await
}

/// `POST /trees`
async fn plant_tree<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::PlantTree, async {
        let mut admitted = api.contract().admit(Operation::PlantTree, request).await?;
        let body = admitted.body()?;
        api.plant_tree(body).await
    })
    .await
}

/// `PUT /accounts`
async fn put_account<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::PutAccount, async {
        let mut admitted = api.contract().admit(Operation::PutAccount, request).await?;
        let body = admitted.body()?;
        api.put_account(body).await
    })
    .await
}

/// `PUT /shapes`
async fn put_shape<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::PutShape, async {
        let mut admitted = api.contract().admit(Operation::PutShape, request).await?;
        let body = admitted.body()?;
        api.put_shape(body).await
    })
    .await
}

/// `GET /someday`
async fn someday<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::Someday, async {
        api.contract().admit(Operation::Someday, request).await?;
        api.someday().await
    })
    .await
}

/// `DELETE /events`
async fn stop_watching<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::StopWatching, async {
        let mut admitted = api.contract().admit(Operation::StopWatching, request).await?;
        let query = admitted.query()?;
        api.stop_watching(query).await
    })
    .await
}

/// `GET /events`
async fn watch<A: Api>(State(api): State<A>, request: Request) -> Response {
    answer(api.contract(), Operation::Watch, async {
        api.contract().admit(Operation::Watch, request).await?;
        api.watch().await
    })
    .await
}
