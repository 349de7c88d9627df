//! A client of the service.

use std::net::SocketAddr;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::LIMIT;

pub struct Client {
    http: reqwest::Client,
    runtime: Runtime,
    base: String,
    token: String,
}

/// A whole answer; the body is null where there is none.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    headers: reqwest::header::HeaderMap,
}

impl Answer {
    /// A header's value, empty where there is none.
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }
}

impl Client {
    pub fn new(address: SocketAddr, token: &str) -> Client {
        Client {
            http: reqwest::Client::builder().timeout(LIMIT).build().unwrap(),
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            base: format!("http://{address}"),
            token: token.to_owned(),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    fn send(&self, request: RequestBuilder) -> Answer {
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            let body = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default();
            Answer { status, body, headers }
        })
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path))
    }

    /// What is no JSON.
    pub fn text(&self, path: &str) -> String {
        let request = self.request(Method::GET, path);
        self.runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() })
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body))
    }

    /// A body in the very words that are given, under an `Idempotency-Key`.
    pub fn post_once(&self, path: &str, key: &str, body: &str) -> Answer {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        let request =
            headers.iter().fold(self.request(Method::POST, path), |to, (name, value)| to.header(*name, *value));
        self.send(request.body(body.to_owned()))
    }

    /// `POST /users`.
    pub fn sign_up(&self, email: &str) -> Answer {
        self.post("/users", &json!({"email": email, "age": 25, "name": "Taro"}))
    }

    pub fn patch(&self, path: &str, if_match: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).header("if-match", if_match).json(body))
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path))
    }
}
