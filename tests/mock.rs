//! `make mock`: the contract's examples as answers, for those who build a page before there is a service.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

/// What starting it may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The mock and make, which has started it.
struct Mock {
    make: Child,
    origin: String,
}

impl Mock {
    fn start() -> Mock {
        // Free a moment ago, and the system does not give it to others at once.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut make = Command::new("make");
        make.args(["--no-print-directory", "mock", &format!("PORT={port}")]).current_dir(env!("CARGO_MANIFEST_DIR"));
        let make = make.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0).spawn().unwrap();
        Mock { make, origin: format!("http://127.0.0.1:{port}") }
    }

    /// The answer to a request, once there is one.
    async fn get(&self, path: &str) -> Response {
        let (client, started) = (Client::new(), Instant::now());
        loop {
            match client.get(format!("{}{path}", self.origin)).bearer_auth("any").send().await {
                Ok(answer) => return answer,
                Err(error) => assert!(started.elapsed() < LIMIT, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let group = format!("kill -TERM -{}", self.make.id());
        let _ = Command::new("sh").args(["-c", &group]).status();
        let _ = self.make.wait();
    }
}

#[tokio::test]
async fn the_mock_answers_with_the_examples_of_the_contract() {
    let mock = Mock::start();
    let contract: Value = serde_json::from_str(include_str!("../generated/openapi/default.json")).unwrap();
    let answer = mock.get("/users/1").await;
    assert_eq!(answer.status(), StatusCode::OK);
    let user: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(user, contract["components"]["examples"]["User"]["value"]);
    let refused = mock.get("/users?limit=0").await;
    assert_ne!(refused.status(), StatusCode::OK, "what does not fit the contract");
    let unknown = mock.get("/nothing").await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}
