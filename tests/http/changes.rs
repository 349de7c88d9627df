//! Lists and changes of users, and tokens for people.

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{ALL_SCOPES, Answer, Service, TARO, now, token};

async fn send(
    service: &Service,
    token: &str,
    method: Method,
    path: &str,
    if_match: Option<&str>,
    body: Option<&str>,
) -> Answer {
    let mut request = service.request(method, path).bearer_auth(token);
    if let Some(tag) = if_match {
        request = request.header("if-match", tag);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/merge-patch+json").body(body.to_owned());
    }
    service.send(request).await
}

async fn patch(service: &Service, if_match: Option<&str>, body: &str) -> Answer {
    send(service, &token("tests", ALL_SCOPES), Method::PATCH, "/users/1", if_match, Some(body)).await
}

fn tag(answer: &Answer) -> String {
    answer.header("etag").unwrap().to_owned()
}

/// The ids of every page, the next one fetched by the cursor of the one before.
async fn pages(service: &Service, query: &str) -> Vec<Vec<i64>> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = service.get(&format!("/users?{query}{cursor}")).await.json();
        pages.push(page["items"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect());
        let Some(next) = page["next_cursor"].as_str() else { return pages };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn users_are_listed_by_id_in_pages_and_filtered() {
    let service = Service::start().await;
    for id in 1..=5 {
        let body = json!({"email": format!("User{id}@example.com"), "age": 20 + id, "is_active": id % 2 == 0});
        assert_eq!(service.sign_up(body.to_string()).await.status, 201);
    }
    assert_eq!(pages(&service, "limit=2").await, [vec![1, 2], vec![3, 4], vec![5]]);
    assert_eq!(pages(&service, "is_active=true").await, [vec![2, 4]]);
    assert_eq!(pages(&service, "is_active=false&limit=2").await, [vec![1, 3], vec![5]]);
    assert_eq!(pages(&service, "email=uSER3@example.com").await, [vec![3]]);
    assert_eq!(pages(&service, "created_after=2026-01-15T09:30:01Z").await, [vec![0_i64; 0]]);
    assert_eq!(pages(&service, "created_before=2026-01-15T09:30:01Z&limit=5").await, [vec![1, 2, 3, 4, 5]]);
    assert_eq!(service.get("/users?cursor=made-up").await.status, 400);
}

#[tokio::test]
async fn a_merge_patch_changes_what_it_names_and_clears_by_null() {
    let service = Service::start().await;
    let before = service.sign_up(TARO).await;
    let after = patch(&service, None, r#"{"age":26.0,"bio":"Hello","is_active":false}"#).await;
    assert_eq!(after.status, 200);
    let mut expected = before.json();
    expected["age"] = json!(26);
    expected["bio"] = json!("Hello");
    expected["is_active"] = json!(false);
    expected["updated_at"] = after.json()["updated_at"].clone();
    assert_eq!(after.json(), expected);
    assert_eq!(service.get("/users/1").await.json(), expected);
    let cleared = patch(&service, None, r#"{"name":null,"bio":null}"#).await.json();
    assert_eq!((&cleared["name"], &cleared["bio"], &cleared["age"]), (&Value::Null, &Value::Null, &json!(26)));
}

#[tokio::test]
async fn a_patch_is_checked_like_a_sign_up() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    let refused = patch(&service, None, r#"{"email":null,"age":-1,"nick":"T"}"#).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.violations().len(), 3, "{refused}");
    assert_eq!(patch(&service, None, "[]").await.status, 400);
    let plain = service.request(Method::PATCH, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
    assert_eq!(service.send(plain.header("content-type", "text/plain").body("{}")).await.status, 415);
}

#[tokio::test]
async fn an_email_can_be_changed_to_one_that_is_free() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    service.sign_up(r#"{"email":"hanako@example.com","age":30}"#).await;
    assert_eq!(patch(&service, None, r#"{"email":"HANAKO@example.com"}"#).await.status, 409);
    assert_eq!(patch(&service, None, r#"{"email":"Taro@Example.com"}"#).await.json()["email"], "Taro@Example.com");
    assert_eq!(service.sign_up(TARO).await.status, 409, "his still, however it is written");
    assert_eq!(patch(&service, None, r#"{"email":"jiro@example.com"}"#).await.status, 200);
    assert_eq!(service.sign_up(TARO).await.status, 201);
}

#[tokio::test]
async fn a_version_is_named_and_only_the_named_one_is_changed() {
    let service = Service::start().await;
    let first = tag(&service.sign_up(TARO).await);
    assert_eq!(tag(&service.get("/users/1").await), first);
    assert_eq!(tag(&patch(&service, Some(&first), "{}").await), first, "nothing was changed");
    // The clock stands still; the version changes all the same.
    let second = tag(&patch(&service, Some(&first), r#"{"age":26}"#).await);
    assert_ne!(second, first);
    let late = patch(&service, Some(&first), r#"{"age":27}"#).await;
    assert_eq!(late.refusal(), (412, "The user was changed by somebody else".to_owned()));
    assert_eq!(patch(&service, Some(&format!("\"x\", {second}")), r#"{"age":28}"#).await.status, 200);
    assert_eq!(patch(&service, Some("*"), r#"{"age":29}"#).await.status, 200);
    let admin = token("tests", ALL_SCOPES);
    assert_eq!(send(&service, &admin, Method::DELETE, "/users/1", Some(&second), None).await.status, 412);
    assert_eq!(send(&service, &admin, Method::DELETE, "/users/1", Some("*"), None).await.status, 204);
    assert_eq!(patch(&service, None, r#"{"age":30}"#).await.status, 404);
}

#[tokio::test]
async fn tags_on_several_lines_are_one_list() {
    let service = Service::start().await;
    let tag = tag(&service.sign_up(TARO).await);
    let request = |method: Method, name: &'static str, tags: [&str; 2]| {
        let request = service.request(method, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
        let request = tags.into_iter().fold(request, |request, tag| request.header(name, tag.to_owned()));
        request.header("content-type", "application/merge-patch+json")
    };
    for tags in [[tag.as_str(), "\"x\""], ["\"x\"", &tag]] {
        assert_eq!(service.send(request(Method::GET, "if-none-match", tags)).await.status, 304, "{tags:?}");
        assert_eq!(service.send(request(Method::PATCH, "if-match", tags).body("{}")).await.status, 200, "{tags:?}");
    }
    let others = ["\"x\"", "\"y\""];
    assert_eq!(service.send(request(Method::GET, "if-none-match", others)).await.status, 200);
    assert_eq!(service.send(request(Method::PATCH, "if-match", others).body("{}")).await.status, 412);
}

#[tokio::test]
async fn extras_are_merged_and_keep_the_text_of_their_numbers() {
    let service = Service::with(&[("VALIDATION_MODE", "flexible")]).await;
    service.sign_up(r#"{"email":"taro@example.com","age":25,"score":82.50,"home":{"city":"Tokyo","zip":"1"}}"#).await;
    let patched = patch(&service, None, r#"{"score":1e2,"home":{"zip":null,"lat":35.60}}"#).await;
    assert_eq!(patched.status, 200);
    let text = String::from_utf8(patched.body.clone()).unwrap();
    assert!(text.contains(r#""additional_data":{"score":1e2,"home":{"city":"Tokyo","lat":35.60}}"#), "{text}");
    let cleared = patch(&service, None, r#"{"score":null,"home":null}"#).await.json();
    assert_eq!(cleared["additional_data"], Value::Null);
    assert_eq!(patch(&service, None, r#"{"id":7}"#).await.status, 400);
}

#[tokio::test]
async fn extras_grow_by_changes_to_what_a_body_may_have_and_no_further() {
    let service = Service::with(&[("VALIDATION_MODE", "flexible"), ("BODY_LIMIT", "1024")]).await;
    let text = "x".repeat(700);
    service.sign_up(format!(r#"{{"email":"taro@example.com","age":25,"a":"{text}"}}"#)).await;
    let grown = patch(&service, None, &format!(r#"{{"b":"{text}"}}"#)).await;
    assert_eq!(grown.refusal(), (413, "The resource would be too large".to_owned()));
    assert_eq!(patch(&service, None, &format!(r#"{{"a":null,"b":"{text}"}}"#)).await.status, 200);
}

#[tokio::test]
async fn a_persons_token_opens_the_own_row_and_no_other() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    service.sign_up(r#"{"email":"hanako@example.com","age":30}"#).await;
    let own = token("user:1", "users:self");
    assert_eq!(send(&service, &own, Method::GET, "/users/1", None, None).await.status, 200);
    assert_eq!(send(&service, &own, Method::PATCH, "/users/1", None, Some(r#"{"age":26}"#)).await.status, 200);
    for path in ["/users/2", "/users/99"] {
        assert_eq!(send(&service, &own, Method::GET, path, None, None).await.status, 403, "{path}");
        assert_eq!(send(&service, &own, Method::PATCH, path, None, Some("{}")).await.status, 403, "{path}");
        assert_eq!(send(&service, &own, Method::DELETE, path, None, None).await.status, 403, "{path}");
    }
    for path in ["/users", "/users/1/profile", "/jobs", "/analytics/signups"] {
        assert_eq!(send(&service, &own, Method::GET, path, None, None).await.status, 403, "{path}");
    }
    assert_eq!(send(&service, &own, Method::DELETE, "/users/1", None, None).await.status, 204);
    let nobody = token("user:1x", "users:self");
    assert_eq!(send(&service, &nobody, Method::GET, "/users/2", None, None).await.status, 403);
}

#[tokio::test]
async fn filters_by_time_take_the_first_moment_and_leave_the_last() {
    let service = Service::start().await;
    for id in 1..=6 {
        service.app.clock.set(now() + TimeDelta::seconds(id));
        service.sign_up(format!(r#"{{"email":"{id}@example.com","age":1,"is_active":{}}}"#, id % 3 != 0)).await;
    }
    let nobody = || vec![vec![0_i64; 0]];
    for (query, expected) in [
        ("created_after=2026-01-15T09:30:03.123456Z", vec![vec![3, 4, 5, 6]]),
        ("created_after=2026-01-15T09:30:03.123457Z", vec![vec![4, 5, 6]]),
        ("created_before=2026-01-15T09:30:03.123456Z", vec![vec![1, 2]]),
        // The same moment, written in Tokyo.
        ("created_before=2026-01-15T18:30:03.123456%2B09:00", vec![vec![1, 2]]),
        ("created_after=2026-01-15T09:30:03Z&created_before=2026-01-15T09:30:05Z", vec![vec![3, 4]]),
        ("created_after=2026-01-15T09:30:02Z&is_active=true&limit=2", vec![vec![2, 4], vec![5]]),
        ("created_after=2026-01-15T09:30:05Z&created_before=2026-01-15T09:30:03Z", nobody()),
        ("email=1%40EXAMPLE.com&is_active=false", nobody()),
        ("email=nobody@example.com", nobody()),
        // As far away as a time can be written.
        ("created_before=9999-12-31T23:59:59-12:00&limit=6", vec![vec![1, 2, 3, 4, 5, 6]]),
        ("created_after=0000-01-01T00:00:00%2B12:00&limit=6", vec![vec![1, 2, 3, 4, 5, 6]]),
        // The last page may be full.
        ("limit=3", vec![vec![1, 2, 3], vec![4, 5, 6]]),
    ] {
        assert_eq!(pages(&service, query).await, expected, "{query}");
    }
    for query in ["created_after=yesterday", "is_active=1", "email=taro", "limit=101"] {
        let answer = service.get(&format!("/users?{query}")).await;
        assert_eq!((answer.status, answer.violations().len()), (400, 1), "{query}: {answer}");
    }
}

#[tokio::test]
async fn who_is_deleted_leaves_a_gap_in_the_list_and_disturbs_no_page() {
    let service = Service::start().await;
    for id in 1..=5 {
        service.sign_up(format!(r#"{{"email":"{id}@example.com","age":1}}"#)).await;
    }
    let first = service.get("/users?limit=2").await.json();
    let admin = token("tests", ALL_SCOPES);
    for id in [2, 3] {
        assert_eq!(send(&service, &admin, Method::DELETE, &format!("/users/{id}"), None, None).await.status, 204);
    }
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(pages(&service, &format!("cursor={next}")).await, [vec![4, 5]]);
}

#[tokio::test]
async fn a_patch_comes_as_either_kind_of_json() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    let kinds = [
        "application/json",
        "application/json; charset=utf-8",
        "application/merge-patch+json",
        "Application/Merge-Patch+JSON",
    ];
    for (age, kind) in (40..).zip(kinds) {
        let request = service.request(Method::PATCH, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
        let answer = service.send(request.header("content-type", kind).body(format!(r#"{{"age":{age}}}"#))).await;
        assert_eq!((answer.status, &answer.json()["age"]), (200, &json!(age)), "{kind}");
    }
}

#[tokio::test]
async fn a_patch_that_says_what_is_so_changes_nothing() {
    let service = Service::with(&[("VALIDATION_MODE", "flexible")]).await;
    let created = service.sign_up(r#"{"email":"taro@example.com","age":25,"name":"Taro","score":82.50}"#).await;
    service.app.clock.set(now() + TimeDelta::hours(1));
    for same in [
        "{}",
        r#"{"age":25}"#,
        r#"{"email":"taro@example.com","name":"Taro","bio":null,"is_active":true}"#,
        r#"{"score":82.50}"#,
        r#"{"never_given":null}"#,
    ] {
        let answer = patch(&service, None, same).await;
        assert_eq!((answer.status, answer.text(), tag(&answer)), (200, created.text(), tag(&created)), "{same}");
    }
    let changed = patch(&service, None, r#"{"bio":"Hello"}"#).await.json();
    assert_eq!(
        json!([changed["created_at"], changed["updated_at"]]),
        json!(["2026-01-15T09:30:00.123456Z", "2026-01-15T10:30:00.123456Z"])
    );
}

#[tokio::test]
async fn every_member_is_changed_by_itself() {
    let service = Service::start().await;
    let mut expected = service.sign_up(TARO).await.json();
    let mut tags = vec![tag(&service.get("/users/1").await)];
    for (member, value) in [
        ("email", json!("jiro@example.com")),
        ("age", json!(0)),
        ("name", json!("次郎")),
        ("bio", json!("")),
        ("is_active", json!(false)),
        ("name", Value::Null),
        ("bio", Value::Null),
        ("is_active", json!(true)),
    ] {
        let answer = patch(&service, tags.last().map(String::as_str), &json!({member: value}).to_string()).await;
        expected[member] = value;
        expected["updated_at"] = answer.json()["updated_at"].clone();
        assert_eq!((answer.status, answer.json()), (200, expected.clone()), "{member}");
        assert!(!tags.contains(&tag(&answer)), "{member}: every version has a tag of its own");
        tags.push(tag(&answer));
    }
    let read = service.get("/users/1").await;
    assert_eq!((read.json(), Some(&tag(&read))), (expected, tags.last()));
    for (member, value) in [
        ("age", "null"),
        ("is_active", "null"),
        ("email", "null"),
        ("name", r#""""#),
        ("age", "1.5"),
        ("id", "2"),
        ("created_at", "null"),
    ] {
        let answer = patch(&service, None, &format!(r#"{{"{member}":{value}}}"#)).await;
        assert_eq!((answer.status, answer.violations().len()), (400, 1), "{member}: {answer}");
    }
}

#[tokio::test]
async fn a_condition_counts_for_strong_tags_in_quotes_and_for_users_that_are_there() {
    let service = Service::start().await;
    let tag = tag(&service.sign_up(TARO).await);
    let admin = token("tests", ALL_SCOPES);
    for other in [format!("W/{tag}"), tag.trim_matches('"').to_owned(), r#""""#.to_owned(), r#""*""#.to_owned()] {
        let answer = patch(&service, Some(&other), r#"{"age":1}"#).await;
        assert!([400, 412].contains(&answer.status), "{other}: {answer}");
        let answer = send(&service, &admin, Method::DELETE, "/users/1", Some(&other), None).await;
        assert!([400, 412].contains(&answer.status), "{other}: {answer}");
    }
    for condition in [None, Some("*"), Some(tag.as_str())] {
        for (method, body) in [(Method::PATCH, Some("{}")), (Method::DELETE, None)] {
            let answer = send(&service, &admin, method, "/users/99", condition, body).await;
            assert_eq!(answer.refusal(), (404, "User not found".to_owned()), "{condition:?}");
        }
    }
    assert_eq!(service.get("/users/1").await.json()["age"], 25);
    assert_eq!(send(&service, &admin, Method::DELETE, "/users/1", Some(&tag), None).await.status, 204);
    assert_eq!(send(&service, &admin, Method::GET, "/users/1", None, None).await.status, 404);
    assert_eq!(service.get("/users").await.json()["items"], json!([]));
}

#[tokio::test]
async fn of_two_changes_of_one_version_one_is_made() {
    let service = Service::start().await;
    let tag = tag(&service.sign_up(TARO).await);
    let change = async |age: i32| patch(&service, Some(&tag), &format!(r#"{{"age":{age}}}"#)).await.status;
    let all = tokio::join!(change(30), change(31), change(32), change(33));
    let mut statuses = <[u16; 4]>::from(all);
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412]);
}
