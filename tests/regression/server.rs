//! An implementation that answers what it understood, and a client for it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::{self, Next};
use axum::response::Response;
use chrono::{NaiveDate, Utc};
use http_body::Frame;
use keiyaku::contract::{TokenKeys, ValidationMode};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::task::AbortOnDropHandle;

use crate::api::{self, apis, apis::echo, apis::streams, models};
use crate::contract::{Caller, Contract};
use crate::problem::{self, Problem};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// Answers what it understood.
#[derive(Clone)]
struct Echoing {
    contract: Arc<Contract>,
    /// What `GET /events` sends, once.
    events: Arc<Mutex<Option<Receiver<Bytes>>>>,
}

impl apis::Api for Echoing {
    fn contract(&self) -> &Contract {
        &self.contract
    }
}

impl apis::echo::Echo for Echoing {
    async fn create_pet(&self, _: Caller, body: models::Pet) -> Result<echo::CreatePetResponse, Problem> {
        let x_kind = match &body {
            models::Pet::Cat(_) => models::PetKind::Cat,
            models::Pet::Dog(_) => models::PetKind::Dog,
        };
        Ok(echo::CreatePetResponse::Status201 { body, x_kind })
    }

    async fn find_pets(
        &self,
        path: models::FindPetsPathParams,
        query: models::FindPetsQueryParams,
        header: models::FindPetsHeaderParams,
    ) -> Result<echo::FindPetsResponse, Problem> {
        let models::FindPetsQueryParams { sort, color, tag, ids, colors, filter, more, limit } = query;
        let (header_color, header_sizes) = (header.x_color, header.x_sizes);
        let (kind, sort) = (path.kind, sort.to_string());
        let body =
            models::Found { kind, sort, limit, color, tag, ids, colors, filter, more, header_color, header_sizes };
        Ok(echo::FindPetsResponse::Status200 { body })
    }

    async fn found(&self, body: models::Company) -> Result<echo::FoundResponse, Problem> {
        Ok(echo::FoundResponse::Status200 { body: vec![body] })
    }

    async fn hire(&self, body: models::Employee) -> Result<echo::HireResponse, Problem> {
        Ok(echo::HireResponse::Status200 { body })
    }

    async fn place_order(&self, body: models::Order) -> Result<echo::PlaceOrderResponse, Problem> {
        Ok(echo::PlaceOrderResponse::Status200 { body })
    }

    async fn plant_tree(&self, body: models::Tree) -> Result<echo::PlantTreeResponse, Problem> {
        Ok(echo::PlantTreeResponse::Status200 { body })
    }

    async fn put_shape(&self, body: models::ShapeRequest) -> Result<echo::PutShapeResponse, Problem> {
        Ok(echo::PutShapeResponse::Status200 { body: stored(body) })
    }

    /// The id has the length of the password, which shows that it came in.
    async fn put_account(&self, body: models::AccountRequest) -> Result<echo::PutAccountResponse, Problem> {
        let models::AccountRequest { name, password, owner: models::OwnerRequest { name: owner } } = body;
        let since = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
        let id = i64::try_from(password.len()).unwrap();
        let body = models::Account { id, name, owner: models::Owner { name: owner, since } };
        Ok(echo::PutAccountResponse::Status200 { body })
    }
}

/// Gives every circle the id 7.
fn stored(shape: models::ShapeRequest) -> models::Shape {
    match shape {
        models::ShapeRequest::Circle(models::CircleRequest { form, inside }) => {
            models::Shape::Circle(models::Circle { form, id: 7, inside: inside.map(|shape| Box::new(stored(*shape))) })
        }
        models::ShapeRequest::Square(square) => models::Shape::Square(square),
    }
}

impl apis::streams::Streams for Echoing {
    async fn watch(&self) -> Result<streams::WatchResponse, Problem> {
        let events = self.events.lock().unwrap().take().ok_or_else(|| Problem::conflict("Somebody is watching"))?;
        let cache_control = Some("no-store".to_owned());
        Ok(streams::WatchResponse::Status200 { body: Body::new(Events(events)), cache_control })
    }

    async fn stop_watching(
        &self,
        query: models::StopWatchingQueryParams,
    ) -> Result<streams::StopWatchingResponse, Problem> {
        match query.problem {
            true => Err(Problem::conflict("Nobody is watching")),
            false => Ok(streams::StopWatchingResponse::Status204),
        }
    }
}

/// A body that is sent as it is made.
struct Events(Receiver<Bytes>);

impl HttpBody for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|event| event.map(|event| Ok(Frame::data(event))))
    }
}

/// Gives problems their body, as the service's own middleware does.
async fn problems(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    if let Some(body) = response.extensions().get::<Problem>().map(|problem| problem.render(&path, "the-request")) {
        response.headers_mut().insert("content-type", problem::MEDIA_TYPE);
        response.headers_mut().insert("content-length", HeaderValue::from(body.len()));
        *response.body_mut() = Body::from(body);
    }
    response
}

/// A running server.
pub struct Server {
    pub address: String,
    pub events: Sender<Bytes>,
    client: Client,
    _task: AbortOnDropHandle<()>,
}

/// An answer: its status and its body, which is null if there is none.
pub type Answer = (u16, Value);

impl Server {
    pub async fn start() -> Server {
        Server::in_mode(ValidationMode::Default).await
    }

    pub async fn in_mode(mode: ValidationMode) -> Server {
        let (events, receiver) = channel(8);
        let contract = Arc::new(Contract::load(mode, TokenKeys::hs256(SECRET).unwrap()));
        let echoing = Echoing { contract, events: Arc::new(Mutex::new(Some(receiver))) };
        let router = api::router(echoing).layer(middleware::from_fn(problems));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Server { address, events, client: Client::new(), _task: AbortOnDropHandle::new(task) }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// Sends JSON in its very text.
    pub async fn send(&self, method: Method, path: &str, json: &str) -> Answer {
        let request = self.request(method, path).header("content-type", "application/json");
        answer(request.bearer_auth(token(&["pets:write"])).body(json.to_owned())).await
    }

    /// The body that answers a request as it should be.
    pub async fn understood(&self, path: &str, json: &str) -> Value {
        let (status, body) = self.send(Method::POST, path, json).await;
        assert!(status < 300, "{json}: {status} {body}");
        body
    }

    /// What is wrong with a request, as "pointer keyword message".
    pub async fn refused(&self, path: &str, json: &str) -> Vec<String> {
        violations(self.send(Method::POST, path, json).await)
    }
}

pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    (status, serde_json::from_str(&body).unwrap_or_default())
}

/// The violations of an answer that must be a problem document of the usual form.
pub fn violations((status, body): Answer) -> Vec<String> {
    assert_eq!((status, &body["status"], &body["title"]), (400, &400.into(), &"Validation failed".into()), "{body}");
    let text = |violation: &Value, member: &str| violation[member].as_str().unwrap().to_owned();
    let line =
        |violation: &Value| ["in", "pointer", "keyword", "message"].map(|member| text(violation, member)).join(" ");
    body["errors"].as_array().unwrap().iter().map(line).collect()
}

pub fn token(scopes: &[&str]) -> String {
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    TokenKeys::hs256(SECRET).unwrap().sign("user:1", &scopes, Duration::from_secs(60), Utc::now()).unwrap()
}
