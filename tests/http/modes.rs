//! The three modes, as far as they differ.

use axum::http::Method;
use keiyaku::json::Object;
use serde_json::json;

use crate::support::{Service, TARO};

async fn flexible() -> Service {
    Service::with(&[("VALIDATION_MODE", "flexible")]).await
}

async fn strict() -> Service {
    Service::with(&[("VALIDATION_MODE", "strict")]).await
}

/// The very text of the member that is reached by these names.
fn text_at(body: &[u8], names: &[&str]) -> String {
    let mut object: Object = serde_json::from_slice(body).unwrap();
    let (last, way) = names.split_last().unwrap();
    for name in way {
        object = serde_json::from_str(object.get(name).unwrap().get()).unwrap();
    }
    object.get(last).unwrap().get().to_owned()
}

#[tokio::test]
async fn every_mode_takes_a_plain_sign_up() {
    for mode in ["default", "flexible", "strict"] {
        let service = Service::with(&[("VALIDATION_MODE", mode)]).await;
        assert_eq!(service.sign_up(TARO).await.status, 201, "{mode}");
    }
}

#[tokio::test]
async fn flexible_mode_stores_undeclared_members_and_hands_them_to_the_job() {
    let service = flexible().await;
    let extras = r#"{"hobby":["fishing","tea"],"location":"Tokyo","score":82.50}"#;
    let created = service.sign_up(format!(r#"{{"email":"taro@example.com","age":25,{}"#, &extras[1..])).await;
    assert_eq!(created.status, 201);
    let (read, job) = (service.get("/users/1").await, service.get("/jobs/1").await);
    assert_eq!(text_at(&created.body, &["additional_data"]), extras);
    assert_eq!(text_at(&read.body, &["additional_data"]), extras);
    assert_eq!(text_at(&job.body, &["payload", "additional_props"]), extras);
    service.finish_jobs().await;
    insta::assert_snapshot!(service.get("/users/1/profile").await);
}

#[tokio::test]
async fn flexible_mode_keeps_the_very_text_of_a_number() {
    let service = flexible().await;
    for (n, number) in
        ["1.10", "1e2", "-0.0", "123456789012345678901234567890", "0.1000000000000000055511151231257827", "1E+2"]
            .iter()
            .enumerate()
    {
        let created = service.sign_up(format!(r#"{{"email":"{n}@example.com","age":25,"n":{number}}}"#)).await;
        let id = created.json()["id"].clone();
        let job = service.get(&format!("/jobs/{id}")).await;
        assert_eq!(text_at(&created.body, &["additional_data", "n"]), *number);
        assert_eq!(text_at(&job.body, &["payload", "additional_props", "n"]), *number);
    }
}

#[tokio::test]
async fn flexible_mode_lets_no_extra_shadow_a_member_of_the_answer() {
    let service = flexible().await;
    for name in ["id", "created_at", "updated_at", "additional_data"] {
        let body = json!({"email": "taro@example.com", "age": 25, name: 7});
        let answer = service.sign_up(body.to_string()).await;
        assert_eq!(answer.violations(), [format!("body /{name} propertyNames is not allowed")]);
    }
}

#[tokio::test]
async fn flexible_mode_checks_what_is_declared_all_the_same() {
    let service = flexible().await;
    let answer = service.sign_up(r#"{"email":"taro","age":2147483648,"hobby":"go"}"#).await;
    let expected =
        ["body /email format Email address format is invalid", "body /age maximum must be at most 2147483647"];
    assert_eq!((answer.status, answer.violations()), (400, expected.map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn strict_mode_has_tighter_bounds() {
    let service = strict().await;
    let with = |name: &str, value: serde_json::Value| {
        let mut body = json!({"email": "taro@example.com", "age": 25});
        body[name] = value;
        body.to_string()
    };
    for (name, value, expected) in [
        ("age", json!(151), "body /age maximum must be at most 150"),
        ("name", json!("  \u{3000}"), "body /name pattern has an invalid format"),
        ("name", json!("a\u{7}b"), "body /name pattern has an invalid format"),
        ("bio", json!("two\nlines"), "body /bio pattern has an invalid format"),
        ("hobby", json!("go"), "body /hobby additionalProperties is not allowed"),
    ] {
        let answer = service.sign_up(with(name, value)).await;
        assert_eq!((answer.status, answer.violations()), (400, vec![expected.to_owned()]), "{name}");
    }
    assert_eq!(service.sign_up(with("age", json!(150))).await.status, 201);
    let default = Service::start().await;
    assert_eq!(default.sign_up(with("age", json!(151))).await.status, 201);
}

#[tokio::test]
async fn strict_mode_refuses_undeclared_query_parameters() {
    let service = strict().await;
    let answer = service.get("/jobs?limit=1&color=red").await;
    let expected = "Parameter validation failed for 'color': is not allowed";
    assert_eq!(answer.refusal(), (400, expected.to_owned()));
    for path in ["/livez?x=1", "/openapi.json?x=1", "/users/1?x"] {
        assert_eq!(service.get(path).await.status, 400, "{path}");
    }
    assert_eq!(service.get("/jobs?limit=1").await.status, 200);
}

#[tokio::test]
async fn strict_mode_reads_utf_8_alone() {
    let service = strict().await;
    let typed = |media: &str| service.request(Method::POST, "/users").header("content-type", media).body(TARO);
    assert_eq!(service.send(typed("application/json; charset=shift_jis")).await.status, 415);
    assert_eq!(service.send(typed("application/json; charset=utf-8")).await.status, 201);
}
