//! The contract's examples: they fit their schemas, and they are what the service answers.

use axum::http::Method;
use chrono::DateTime;
use keiyaku::contract::ValidationMode;
use serde_json::{Value, json};

use crate::database::is_postgres;
use crate::support::spec::{self, Document};
use crate::support::trouble::{UNAVAILABLE, fill_the_writer};
use crate::support::{ALL_SCOPES, Answer, Service, TARO, raw, token};

/// The value of the example at this pointer.
fn example(document: &Document, pointer: &str) -> Value {
    let found = document.resolved(pointer).unwrap_or_else(|| panic!("no example at {pointer}"));
    found.1["value"].clone()
}

/// The same without what differs from run to run.
fn masked(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| match (name.as_str(), member) {
                ("worker" | "request_id", Value::String(_)) => (name.clone(), format!("[{name}]").into()),
                _ => (name.clone(), masked(member)),
            })
            .collect(),
        Value::Array(items) => items.iter().map(masked).collect(),
        Value::String(text) if DateTime::parse_from_rfc3339(text).is_ok() => "[time]".into(),
        other => other.clone(),
    }
}

/// Calls back with every schema that has examples, and with each of them.
fn each_example(document: &Document, mut check: impl FnMut(&str, &Value)) {
    let mut visit = |place: &str| {
        let Some((place, node)) = document.resolved(place) else { return };
        for name in node["examples"].as_object().into_iter().flatten().map(|(name, _)| name) {
            check(&format!("{place}/schema"), &example(document, &format!("{place}/examples/{name}")));
        }
        if let Some(value) = node.get("example") {
            check(&format!("{place}/schema"), value);
        }
    };
    for kind in ["parameters", "headers"] {
        for name in document.root["components"][kind].as_object().unwrap().keys() {
            visit(&format!("/components/{kind}/{name}"));
        }
    }
    for operation in document.operations() {
        let node = document.root.pointer(&operation.pointer).unwrap();
        for index in 0..node["parameters"].as_array().map_or(0, Vec::len) {
            visit(&format!("{}/parameters/{index}", operation.pointer));
        }
        let answers = node["responses"].as_object().unwrap().keys().map(|status| format!("responses/{status}"));
        for part in answers.chain(["requestBody".to_owned()]) {
            let Some((place, node)) = document.resolved(&format!("{}/{part}", operation.pointer)) else { continue };
            for media in node["content"].as_object().into_iter().flatten().map(|(media, _)| media) {
                visit(&format!("{place}/content/{}", media.replace('/', "~1")));
            }
        }
    }
}

#[test]
fn every_example_fits_its_schema() {
    for mode in ValidationMode::ALL {
        let document = spec::document(mode);
        let mut count = 0;
        each_example(document, |schema, value| {
            document.must_accept(schema, value);
            count += 1;
        });
        assert!(count > 100, "{mode}: only {count} examples were found");
    }
}

/// The tests rely on it for every answer.
#[test]
fn the_check_of_answers_notices_a_member_too_many_and_one_too_few() {
    let document = spec::document(ValidationMode::Default);
    let validator = document.validator("/components/schemas/User");
    let user = example(document, "/components/examples/User");
    let (mut more, mut less) = (user.clone(), user.clone());
    more["password"] = "secret".into();
    less.as_object_mut().unwrap().remove("bio");
    assert_eq!([user, more, less].map(|user| validator.is_valid(&user)), [true, false, false]);
}

#[tokio::test]
async fn every_example_of_a_sign_up_is_accepted_and_answered_as_shown() {
    let pointer = "/paths/~1users/post/requestBody/content/application~1json/examples";
    let shown = "/paths/~1users/post/responses/201/content/application~1json/examples";
    for mode in ValidationMode::ALL {
        let document = spec::document(mode);
        for name in document.root.pointer(pointer).unwrap().as_object().unwrap().keys() {
            let service = Service::with(&[("VALIDATION_MODE", &mode.to_string())]).await;
            let answer = service.sign_up(example(document, &format!("{pointer}/{name}")).to_string()).await;
            assert_eq!(answer.status, 201, "{mode} {name}: {answer}");
            let expected = match name.as_str() {
                "full" => example(document, &format!("{shown}/created")),
                "additional" => example(document, &format!("{shown}/additional")),
                _ => continue,
            };
            // The clock stands at the time of the examples.
            assert_eq!(answer.json(), expected, "{mode} {name}");
        }
    }
}

#[tokio::test]
async fn the_examples_of_reading_are_what_is_read() {
    let document = spec::document(ValidationMode::Default);
    let service = Service::start().await;
    service.sign_up(TARO).await;
    service.finish_jobs().await;
    // Every parameter of the list has an example; all of them together find this job.
    let list = service.get(&format!("/jobs?{}", query_of_the_examples(document))).await;
    assert_eq!(masked(&list.json()), masked(&example(document, "/components/examples/JobPage")));
    let job = service.get("/jobs/1").await;
    assert_eq!(masked(&job.json()), masked(&example(document, "/components/examples/JobCompleted")));
    for (path, pointer) in [
        ("/health", "/paths/~1health/get/responses/200/content/application~1json/examples/healthy"),
        ("/livez", "/components/examples/Probe"),
        ("/readyz", "/components/examples/Probe"),
    ] {
        assert_eq!(service.get(path).await.json(), example(document, pointer));
    }
    let metrics = example(document, "/paths/~1metrics/get/responses/200/content/text~1plain/examples/jobs");
    let page = service.get("/metrics").await;
    for line in metrics.as_str().unwrap().lines() {
        assert!(page.text().lines().any(|found| found == line), "{line}\nis not in\n{page}");
    }
}

fn query_of_the_examples(document: &Document) -> String {
    let parameters = document.root.pointer("/paths/~1jobs/get/parameters").unwrap().as_array().unwrap();
    let pair = |index: usize| {
        let (_, parameter) = document.resolved(&format!("/paths/~1jobs/get/parameters/{index}")).unwrap();
        let value = &parameter["example"];
        format!("{}={}", parameter["name"].as_str().unwrap(), value.as_str().map_or(value.to_string(), str::to_owned))
    };
    (0..parameters.len()).map(pair).collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn the_examples_of_profiles_are_what_the_jobs_make() {
    let document = spec::document(ValidationMode::Flexible);
    let service = Service::with(&[("VALIDATION_MODE", "flexible")]).await;
    let sign_ups = "/paths/~1users/post/requestBody/content/application~1json/examples";
    service.sign_up(example(document, &format!("{sign_ups}/additional")).to_string()).await;
    service.sign_up(r#"{"email":"hanako@example.com","age":30}"#).await;
    service.finish_jobs().await;
    let profiles = "/paths/~1users~1{user_id}~1profile/get/responses/200/content/application~1json/examples";
    for (path, name) in [("/users/1/profile", "profile"), ("/users/2/profile", "bare")] {
        let expected = example(document, &format!("{profiles}/{name}"));
        assert_eq!(masked(&service.get(path).await.json()), masked(&expected));
    }
}

/// One way to meet each problem that the contract has an example of.
async fn every_problem() -> Vec<(&'static str, Answer)> {
    let service = Service::start().await;
    let mut met = vec![
        ("BadRequest/body", service.sign_up(r#"{"email":"taro","age":-1}"#).await),
        ("BadRequest/parameter", service.get("/jobs?limit=101").await),
        ("BadRequest/unreadable", service.sign_up(r#"{"email":"#).await),
        ("Unauthorized/missing", service.send(service.request(Method::GET, "/jobs")).await),
        ("Unauthorized/invalid", service.get_as("garbage", "/jobs").await),
        ("Forbidden/scope", service.get_as(&token("taro", "users:read"), "/jobs").await),
        ("NotFound/user", service.get("/users/99").await),
    ];
    assert_eq!(service.sign_up(TARO).await.status, 201);
    met.push(("Conflict/email", service.sign_up(TARO).await));
    let head = "POST /users HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n";
    met.push(("PayloadTooLarge/large", raw::exchange(&service, format!("{head}content-length: 262145\r\n\r\n")).await));
    let text = service.request(Method::POST, "/users").header("content-type", "text/plain");
    met.push(("UnsupportedMediaType/type", service.send(text.body("hello")).await));
    let html =
        service.request(Method::GET, "/users").bearer_auth(token("tests", ALL_SCOPES)).header("accept", "text/html");
    met.push(("NotAcceptable/media", service.send(html).await));
    let patch = service.request(Method::PATCH, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
    let patch = patch.header("if-match", "\"1\"").header("content-type", "application/merge-patch+json");
    met.push(("PreconditionFailed/changed", service.send(patch.body(r#"{"age":26}"#)).await));
    let keyed = |body: &'static str| {
        let request = service.request(Method::POST, "/users").header("idempotency-key", "one");
        service.send(request.header("content-type", "application/json").body(body))
    };
    assert_eq!(keyed(r#"{"email":"hanako@example.com","age":30}"#).await.status, 201);
    met.push(("UnprocessableContent/key", keyed(r#"{"email":"jiro@example.com","age":30}"#).await));
    service.finish_jobs().await;
    met.push(("Conflict/job", service.post("/jobs/1/cancel", "").await));
    let hold = fill_the_writer(&service).await;
    let busy = service.sign_up(TARO).await;
    drop(hold);
    match is_postgres() {
        true => assert_eq!(busy.refusal(), (503, UNAVAILABLE.to_owned())),
        false => met.push(("Unavailable/busy", busy)),
    }

    let slow = Service::with(&[("REQUEST_TIMEOUT", "50ms")]).await;
    met.push(("RequestTimeout/timeout", raw::exchange(&slow, format!("{head}content-length: 9\r\n\r\n")).await));
    let limited = Service::with(&[("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1")]).await;
    let refused = loop {
        let answer = limited.sign_up("{}").await;
        if answer.status == 429 {
            break answer;
        }
    };
    met.push(("TooManyRequests/limit", refused));
    let broken = Service::start().await;
    broken.sql("DROP TABLE job_attempts; DROP TABLE job_queue").await;
    met.push(("InternalError/fault", broken.sign_up(TARO).await));
    met
}

#[tokio::test]
async fn the_examples_of_problems_are_the_problems_that_are_met() {
    let document = spec::document(ValidationMode::Default);
    let met = every_problem().await;
    for (name, answer) in &met {
        let (response, name) = name.split_once('/').unwrap();
        let content = format!("/components/responses/{response}/content/application~1problem+json");
        let expected = example(document, &format!("{content}/examples/{name}"));
        assert_eq!(masked(&answer.json()), masked(&expected), "{response}/{name}");
    }
    let mut left = Vec::new();
    for (response, node) in document.root["components"]["responses"].as_object().unwrap() {
        let examples = node["content"]["application/problem+json"]["examples"].as_object().unwrap();
        left.extend(examples.keys().map(|name| format!("{response}/{name}")));
    }
    left.retain(|name| met.iter().all(|(done, _)| done != name));
    assert_eq!(left, if is_postgres() { vec!["Unavailable/busy"] } else { vec![] });
}

#[tokio::test]
async fn the_example_of_a_cursor_is_one_that_a_list_would_give() {
    let document = spec::document(ValidationMode::Default);
    let service = Service::start().await;
    for (parameter, path) in [("JobCursor", "/jobs"), ("UserCursor", "/users")] {
        let cursor = document.root["components"]["parameters"][parameter]["example"].as_str().unwrap();
        let request = service.request(Method::GET, &format!("{path}?cursor={cursor}"));
        let page = service.send(request.bearer_auth(token("tests", ALL_SCOPES))).await;
        assert_eq!((page.status, page.json()), (200, json!({"items": [], "next_cursor": null})));
    }
}
