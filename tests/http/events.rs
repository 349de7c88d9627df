//! `GET /jobs/events`: following the jobs as they change.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use axum::http::Method;
use diesel::connection::SimpleConnection;
use rand::RngExt;
use reqwest::Response;
use serde_json::{Value, json};

use crate::database::is_postgres;
use crate::support::{ALL_SCOPES, SECRET, Service, TARO, eventually, token};

/// What any event may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// One part of a stream.
#[derive(Clone, Debug, Default)]
struct Event {
    id: Option<i64>,
    kind: String,
    data: Value,
}

/// An open stream, as a client reads it.
struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    /// Opens one and reads where it starts.
    async fn open(service: &Service, query: &str, last_seen: Option<i64>) -> (Stream, i64) {
        let request = service.request(Method::GET, &format!("/jobs/events{query}"));
        let request = request.bearer_auth(token("tests", ALL_SCOPES)).header("accept-encoding", "gzip, br");
        let request = last_seen.into_iter().fold(request, |request, id| request.header("last-event-id", id));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let mut stream = Stream { response, text: String::new() };
        let first = stream.next().await.expect("a stream begins with its position");
        assert!(first.kind.is_empty() && first.data.is_null(), "{first:?}");
        (stream, first.id.unwrap())
    }

    /// The next part, be it an event or not; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        let end = loop {
            match self.text.find("\n\n") {
                Some(end) => break end,
                None => {
                    let part = self.response.chunk().await.unwrap()?;
                    self.text.push_str(std::str::from_utf8(&part).unwrap());
                }
            }
        };
        let part: String = self.text.drain(..end + 2).collect();
        let mut event = Event::default();
        for line in part.trim_end().lines() {
            match line.split_once(": ") {
                Some(("id", id)) => event.id = Some(id.parse().unwrap()),
                Some(("event", kind)) => event.kind = kind.to_owned(),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                Some(("retry", _)) => {}
                _ => assert_eq!(line, ":"),
            }
        }
        Some(event)
    }

    /// The next event.
    async fn event(&mut self) -> Event {
        let event = async {
            loop {
                let event = self.next().await.expect("the stream goes on");
                if !event.kind.is_empty() {
                    return event;
                }
            }
        };
        tokio::time::timeout(PATIENCE, event).await.expect("an event in time")
    }
}

async fn enqueue(service: &Service, queue: &str) -> i64 {
    let body = json!({"job_type": "data_analysis", "queue": queue, "payload": {}});
    service.post("/jobs", body.to_string()).await.json()["id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_change_is_told_with_the_job_as_it_is_in_the_list() {
    let service = Service::start().await;
    let (mut stream, start) = Stream::open(&service, "", None).await;
    assert_eq!(stream.response.headers()["content-type"], "text/event-stream");
    assert_eq!(stream.response.headers()["cache-control"], "no-store");
    assert!(!stream.response.headers().contains_key("content-encoding"));
    let id = enqueue(&service, "default").await;
    let event = stream.event().await;
    assert_eq!((event.kind.as_str(), event.id), ("job", Some(start + 1)));
    assert_eq!(event.data, service.get("/jobs").await.json()["items"][0]);
    service.post(&format!("/jobs/{id}/cancel"), "").await;
    let event = stream.event().await;
    assert_eq!((event.id, &event.data["status"]), (Some(start + 2), &json!("cancelled")));
}

#[tokio::test]
async fn filters_let_through_what_fits_all_of_them() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    let other = enqueue(&service, "other").await;
    let fits = async |query: &str| {
        let (mut stream, _) = Stream::open(&service, query, Some(0)).await;
        // The last of all is one that fits every filter but the one for another job.
        stream.event().await.data["id"].as_i64().unwrap()
    };
    assert_eq!(fits("?queue=other").await, other);
    assert_eq!(fits("?job_type=data_analysis").await, other);
    assert_eq!(fits(&format!("?job_id={other}")).await, other);
    assert_eq!(fits("?user_id=1").await, 1);
    assert_eq!(fits("?user_id=1&job_type=user_created").await, fits("?job_type=user_created").await);
    assert_eq!(fits("").await, 1);
}

#[tokio::test]
async fn who_follows_one_job_from_now_on_is_told_first_how_it_stands() {
    let service = Service::start().await;
    let id = enqueue(&service, "default").await;
    enqueue(&service, "other").await;
    let (mut stream, start) = Stream::open(&service, &format!("?job_id={id}"), None).await;
    let event = stream.event().await;
    assert_eq!((event.id, &event.data["id"], &event.data["status"]), (None, &json!(id), &json!("pending")));
    service.post(&format!("/jobs/{id}/cancel"), "").await;
    let event = stream.event().await;
    assert_eq!((event.id, &event.data["status"]), (Some(start + 1), &json!("cancelled")));
    // What a stream begins with comes as one.
    let (stream, _) = Stream::open(&service, &format!("?job_id={id}&queue=other"), None).await;
    assert_eq!(stream.text, "", "it does not fit the other filter");
}

#[tokio::test]
async fn a_stream_ends_when_its_token_has_expired() {
    let service = Service::start().await;
    let keys = keiyaku::contract::TokenKeys::hs256(SECRET.as_bytes()).unwrap();
    // Clocks may lie half a minute apart, so it counts for two seconds more.
    let long_ago = chrono::Utc::now() - chrono::TimeDelta::seconds(28);
    let token = keys.sign("tests", &["jobs:read".to_owned()], Duration::ZERO, long_ago).unwrap();
    let request = service.request(Method::GET, "/jobs/events").bearer_auth(&token);
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let ended = async { while response.chunk().await.unwrap().is_some() {} };
    tokio::time::timeout(PATIENCE, ended).await.expect("the stream ends");
    assert_eq!(service.get_as(&token, "/jobs/events").await.status, 401);
}

#[tokio::test]
async fn line_breaks_in_a_payload_do_not_end_its_event() {
    let service = Service::start().await;
    let (mut stream, _) = Stream::open(&service, "", None).await;
    service.post("/jobs", "{\"job_type\":\"data_analysis\",\"payload\":{\r\n\r\n\n  }}").await;
    assert_eq!(stream.event().await.data["payload"], json!({}));
}

/// Puts jobs in that were changed at once.
async fn change_at_once(service: &Service, count: i64, payload: &str) {
    let (next, last) = match is_postgres() {
        // The transaction has its number before it has a version, as in every change: else a look meanwhile passes it by.
        true => (
            "SELECT CASE WHEN pg_current_xact_id() IS NULL THEN 0 ELSE nextval('job_versions') END",
            "(SELECT last_value AS last FROM job_versions) AS versions",
        ),
        false => ("UPDATE job_versions SET last = last + 1", "job_versions"),
    };
    let rows = format!(
        "{next};
         INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts,
            scheduled_at, created_at, version, claimable)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
         SELECT 'data_analysis', 'default', '{payload}', 'pending', 0, 0, 0, 0, '2026-01-15 00:00:00',
            '2026-01-15 00:00:00', last, true FROM n, {last}"
    );
    service.app.db.write(move |conn| conn.batch_execute(&rows)).await.unwrap();
}

#[tokio::test]
async fn of_jobs_that_changed_at_once_only_the_last_carries_the_id() {
    let service = Service::start().await;
    // More than one read brings.
    change_at_once(&service, 250, "{}").await;
    change_at_once(&service, 1, "{}").await;
    let (mut stream, start) = Stream::open(&service, "", Some(0)).await;
    assert_eq!(start, 0);
    for number in 1..=251 {
        let event = stream.event().await;
        let id = match number {
            250 => Some(1),
            251 => Some(2),
            _ => None,
        };
        assert_eq!((event.id, &event.data["id"]), (id, &json!(number)));
    }
}

/// Has the counter of versions at `version`, as if there had been so many changes.
async fn raise_version(service: &Service, version: i64) {
    let raise = match is_postgres() {
        true => format!("SELECT setval('job_versions', {version})"),
        false => format!("UPDATE job_versions SET last = {version}"),
    };
    service.sql(&raise).await;
}

#[tokio::test]
async fn a_reader_that_is_too_far_behind_is_told_what_it_missed_and_goes_on_from_now() {
    let service = Service::start().await;
    enqueue(&service, "default").await;
    raise_version(&service, 10_006).await;
    for (last_seen, from) in [(5, 6), (i64::MAX, 1)] {
        let (mut stream, _) = Stream::open(&service, "", Some(last_seen)).await;
        let event = stream.event().await;
        assert_eq!((event.kind.as_str(), event.id), ("missed", Some(10_006)));
        assert_eq!(event.data, json!({"from": from, "to": 10_006}));
    }
    // One version less is not too many.
    let (mut stream, _) = Stream::open(&service, "", Some(6)).await;
    let id = enqueue(&service, "default").await;
    let event = stream.event().await;
    assert_eq!((event.kind.as_str(), &event.data["id"]), ("job", &json!(id)));
}

#[tokio::test]
async fn a_filter_does_not_leave_its_reader_behind() {
    let service = Service::start().await;
    let (mut stream, _) = Stream::open(&service, "?queue=other", None).await;
    raise_version(&service, 3_000).await;
    let told = stream.next().await.unwrap();
    assert_eq!((told.id, told.kind.as_str()), (Some(3000), ""));
}

#[tokio::test]
async fn what_was_erased_meanwhile_is_not_told() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    let delete = service.request(Method::DELETE, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
    assert_eq!(service.send(delete).await.status, 204);
    let (mut stream, _) = Stream::open(&service, "?user_id=1", Some(0)).await;
    assert_eq!(stream.event().await.data["payload"], json!({"user_id": 1}));
}

#[tokio::test]
async fn head_says_what_get_would_and_leaves_nothing_open() {
    let service = Service::start().await;
    let head = service.request(Method::HEAD, "/jobs/events").bearer_auth(token("tests", ALL_SCOPES));
    let answer = service.send(head).await;
    assert_eq!((answer.status, answer.content_type(), answer.body.len()), (200, "text/event-stream", 0));
}

#[tokio::test]
async fn a_stream_takes_no_place_of_a_request_and_outlives_its_time() {
    let service = Service::with(&[("MAX_REQUESTS", "1"), ("REQUEST_TIMEOUT", "100ms")]).await;
    let opened = Instant::now();
    let (mut stream, _) = Stream::open(&service, "", None).await;
    let (mut beside, _) = Stream::open(&service, "", None).await;
    while opened.elapsed() < Duration::from_millis(300) {
        assert_eq!(service.get("/jobs").await.status, 200);
    }
    enqueue(&service, "default").await;
    assert_eq!(stream.event().await.id, beside.event().await.id);
}

#[tokio::test]
async fn the_stream_ends_when_the_service_stops() {
    let service = Service::start().await;
    let (mut stream, _) = Stream::open(&service, "", None).await;
    service.app.stopping.cancel();
    assert!(stream.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_does_not_read_holds_nobody_up_and_is_given_up() {
    let service = Service::with(&[("HEAD_TIMEOUT", "3s")]).await;
    let mut stalled = TcpStream::connect(service.address).unwrap();
    let token = token("tests", ALL_SCOPES);
    write!(stalled, "GET /jobs/events HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n\r\n").unwrap();
    let (mut stream, _) = Stream::open(&service, "", None).await;
    // Far more than the system keeps for a connection.
    let payload = json!({"text": "x".repeat(200_000)}).to_string();
    for _ in 0..10 {
        change_at_once(&service, 10, &payload).await;
    }
    for _ in 0..100 {
        stream.event().await;
    }
    eventually("the stalled reader is given up", async || stalled.write_all(b"x").err()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_is_lost_however_often_the_reader_breaks_off() {
    let service = Service::start().await;
    service.work();
    let (mut stream, mut last_seen) = Stream::open(&service, "", None).await;
    let mut seen = BTreeMap::new();
    let mut made = 0;
    while made < 200 {
        for _ in 0..rand::rng().random_range(0..20) {
            let id = enqueue(&service, "default").await;
            made += 1;
            if rand::random() {
                // It may have been done already.
                service.post(&format!("/jobs/{id}/cancel"), "").await;
            }
        }
        for _ in 0..rand::rng().random_range(0..10_usize).min(made - seen.len()) {
            note(&mut seen, &mut last_seen, stream.event().await);
        }
        // What was sent and not read is gone.
        stream = Stream::open(&service, "", Some(last_seen)).await.0;
    }
    eventually("every job ends", async || {
        let counts = service.get("/jobs/stats").await.json()["by_status"].take();
        ["pending", "processing", "retry_pending"].iter().all(|status| counts[status] == 0).then_some(())
    })
    .await;
    let listed = all_jobs(&service).await;
    assert_eq!(listed.len(), made);
    while !listed.iter().all(|job| seen.get(&job["id"].as_i64().unwrap()) == Some(job)) {
        note(&mut seen, &mut last_seen, stream.event().await);
    }
}

async fn all_jobs(service: &Service) -> Vec<Value> {
    let (mut found, mut query) = (Vec::new(), String::new());
    loop {
        let mut page = service.get(&format!("/jobs?limit=100{query}")).await.json();
        found.append(page["items"].as_array_mut().unwrap());
        match page["next_cursor"].as_str() {
            Some(cursor) => query = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

fn note(seen: &mut BTreeMap<i64, Value>, last_seen: &mut i64, event: Event) {
    assert_eq!(event.kind, "job");
    seen.insert(event.data["id"].as_i64().unwrap(), event.data);
    assert!(event.id.is_none_or(|id| id > *last_seen));
    *last_seen = event.id.unwrap_or(*last_seen);
}
