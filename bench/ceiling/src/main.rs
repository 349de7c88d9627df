//! The ceiling of `make bench`: the least an axum program can do for `POST /users`.
//!
//! It parses the body with serde and answers 201 with a Location and a user, from memory alone: no database, no
//! validation beyond types, no middleware, no log. What the service reaches is stated as a share of this.
//! It is frozen: a change here makes older figures incomparable.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

static NEXT_ID: AtomicI64 = AtomicI64::new(1);

#[derive(Deserialize)]
struct UserCreate {
    email: String,
    age: i32,
    name: Option<String>,
    bio: Option<String>,
    is_active: Option<bool>,
}

#[derive(Serialize)]
struct User {
    id: i64,
    email: String,
    age: i32,
    name: Option<String>,
    bio: Option<String>,
    is_active: bool,
}

async fn create_user(Json(body): Json<UserCreate>) -> impl IntoResponse {
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let user = User {
        id,
        email: body.email,
        age: body.age,
        name: body.name,
        bio: body.bio,
        is_active: body.is_active.unwrap_or(true),
    };
    let location = format!("/users/{id}");
    (StatusCode::CREATED, [(header::LOCATION, location)], Json(user))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    // An answer goes out at once (TCP_NODELAY), as it does from the service.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            eprintln!("TCP_NODELAY: {error}");
        }
    });
    let app = Router::new().route("/users", post(create_user));
    axum::serve(listener, app).await
}
