//! Who may do what: tokens, scopes, and when they are looked at.

use std::time::Duration;

use axum::http::Method;
use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use keiyaku::contract::TokenKeys;
use serde_json::{Value, json};

use crate::support::{Answer, SECRET, Service, TARO, raw, token};

/// A GET with this Authorization header.
async fn get_with(service: &Service, authorization: &str) -> Answer {
    service.send(service.request(Method::GET, "/jobs").header("authorization", authorization)).await
}

/// A token with these claims, signed in this way.
fn signed(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

/// A time from now, in seconds since the epoch.
fn after(seconds: i64) -> i64 {
    (Utc::now() + TimeDelta::seconds(seconds)).timestamp()
}

#[tokio::test]
async fn without_a_token_a_protected_operation_is_closed() {
    let service = Service::start().await;
    insta::assert_snapshot!(service.send(service.request(Method::GET, "/jobs")).await);
}

#[tokio::test]
async fn another_scheme_is_not_a_token() {
    let service = Service::start().await;
    for authorization in
        ["Basic dGFybzpzZWNyZXQ=", "Bearer", "Bearer ", "Token abc", "abc", "", "Bearer a b", "Bearer a,b"]
    {
        let answer = get_with(&service, authorization).await;
        assert_eq!(answer.refusal(), (401, "Invalid authorization format".to_owned()), "{authorization}");
    }
    let twice = service.request(Method::GET, "/jobs").bearer_auth(token("a", "jobs:read"));
    let answer = service.send(twice.bearer_auth(token("b", "jobs:read"))).await;
    assert_eq!(answer.refusal(), (401, "Invalid authorization format".to_owned()));
    insta::assert_snapshot!(get_with(&service, "Basic dGFybzpzZWNyZXQ=").await);
}

#[tokio::test]
async fn the_name_of_the_scheme_may_have_any_case() {
    let service = Service::start().await;
    for scheme in ["bearer", "BEARER"] {
        assert_eq!(get_with(&service, &format!("{scheme} {}", token("a", "jobs:read"))).await.status, 200, "{scheme}");
    }
}

#[tokio::test]
async fn a_token_that_does_not_count_opens_nothing() {
    let service = Service::start().await;
    let good = json!({"sub": "taro", "scope": "jobs:read", "exp": after(60)});
    let hs256 = |claims: Value| signed(Algorithm::HS256, SECRET, &claims);
    let whole = hs256(good.clone());
    let [header, claims, signature] = whole.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let more = hs256(json!({"sub": "taro", "scope": "jobs:read jobs:write", "exp": after(60)}));
    let cases = [
        ("garbage", "garbage".to_owned()),
        ("dots", "..".to_owned()),
        ("not base64", format!("{header}.%%%.{signature}")),
        ("expired", hs256(json!({"sub": "taro", "scope": "jobs:read", "exp": after(-60)}))),
        ("without expiry", hs256(json!({"sub": "taro", "scope": "jobs:read"}))),
        ("without subject", hs256(json!({"scope": "jobs:read", "exp": after(60)}))),
        ("with an empty subject", hs256(json!({"sub": "", "scope": "jobs:read", "exp": after(60)}))),
        ("not good yet", hs256(json!({"sub": "taro", "scope": "jobs:read", "exp": after(90), "nbf": after(60)}))),
        // {"alg":"none","typ":"JWT"}
        ("alg none", format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.")),
        ("alg none with a signature", format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.{signature}")),
        ("another algorithm", signed(Algorithm::HS512, SECRET, &good)),
        ("wrong key", signed(Algorithm::HS256, "another secret, just as long as the one", &good)),
        ("changed claims", format!("{header}.{}.{signature}", more.split('.').nth(1).unwrap())),
        ("without signature", format!("{header}.{claims}.")),
        ("cut", whole[..whole.len() - 1].to_owned()),
    ];
    for (name, token) in cases {
        let answer = get_with(&service, &format!("Bearer {token}")).await;
        assert_eq!(answer.refusal(), (401, "Invalid token".to_owned()), "{name}");
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, Some(r#"Bearer realm="keiyaku", error="invalid_token""#), "{name}");
    }
    assert_eq!(get_with(&service, &format!("Bearer {whole}")).await.status, 200);
    insta::assert_snapshot!(get_with(&service, "Bearer garbage").await);
}

#[tokio::test]
async fn clocks_may_lie_half_a_minute_apart() {
    let service = Service::start().await;
    let claims = json!({"sub": "taro", "scope": "jobs:read", "exp": after(-10), "nbf": after(10)});
    let token = signed(Algorithm::HS256, SECRET, &claims);
    assert_eq!(service.get_as(&token, "/jobs").await.status, 200);
}

#[tokio::test]
async fn without_a_secret_no_token_counts() {
    let service = Service::with(&[("JWT_SECRET", "")]).await;
    assert_eq!(service.get("/jobs").await.refusal(), (401, "Invalid token".to_owned()));
    assert_eq!(service.sign_up(TARO).await.status, 201);
}

#[tokio::test]
async fn a_token_that_lacks_the_scope_is_forbidden() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    for scopes in ["", "users:read", "jobs:write", "jobs:readx", "JOBS:READ", "jobs:read,users:read"] {
        let answer = service.get_as(&token("taro", scopes), "/jobs/1").await;
        assert_eq!(answer.refusal(), (403, "The token does not permit this".to_owned()), "{scopes}");
    }
    insta::assert_snapshot!(service.get_as(&token("taro", "users:read"), "/jobs/1").await);
    for scopes in ["jobs:read", "users:read jobs:read users:write"] {
        assert_eq!(service.get_as(&token("taro", scopes), "/jobs/1").await.status, 200, "{scopes}");
    }
}

#[tokio::test]
async fn users_self_opens_the_own_record_and_nothing_else() {
    let service = Service::start().await;
    for name in ["taro", "hanako"] {
        service.sign_up(format!(r#"{{"email":"{name}@example.com","age":25}}"#)).await;
    }
    service.finish_jobs().await;
    let own = token("user:1", "users:self");
    assert_eq!(service.get_as(&own, "/users/1").await.status, 200);
    for path in ["/users/2", "/users/99", "/users/1/profile", "/jobs", "/jobs/1", "/jobs/stats"] {
        assert_eq!(service.get_as(&own, path).await.status, 403, "{path}");
    }
    insta::assert_snapshot!(service.get_as(&own, "/users/2").await);
    for subject in ["1", "user:01", "user:1 ", "User:1", "user:", "user:11"] {
        assert_eq!(service.get_as(&token(subject, "users:self"), "/users/1").await.status, 403, "{subject:?}");
    }
    // The other scope opens all of them, whoever asks.
    assert_eq!(service.get_as(&token("user:1", "users:self users:read"), "/users/2").await.status, 200);
}

#[tokio::test]
async fn a_token_on_an_open_operation_is_not_looked_at() {
    let service = Service::start().await;
    let request = service.request(Method::POST, "/users").bearer_auth("garbage");
    assert_eq!(service.send(request.header("content-type", "application/json").body(TARO)).await.status, 201);
    assert_eq!(service.send(service.request(Method::GET, "/livez").bearer_auth("garbage")).await.status, 200);
}

/// The head of a request whose body is still to come.
fn head(authorization: &str, more: &str) -> String {
    format!("POST /jobs HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n{authorization}{more}\r\n")
}

#[tokio::test]
async fn a_request_without_a_token_is_refused_before_its_body_comes() {
    let service = Service::start().await;
    for more in ["content-length: 1000\r\n", "transfer-encoding: chunked\r\n"] {
        assert_eq!(raw::exchange(&service, head("", more)).await.status, 401, "{more}");
        let forbidden = format!("authorization: Bearer {}\r\n", token("taro", "jobs:read"));
        assert_eq!(raw::exchange(&service, head(&forbidden, more)).await.status, 403, "{more}");
    }
    // A body that has begun and never ends.
    let endless = format!("{}5\r\n{{\"a\":\r\n", head("", "transfer-encoding: chunked\r\n"));
    assert_eq!(raw::exchange(&service, endless).await.status, 401);
    // Neither its size nor its type matters.
    let huge = head("", "content-length: 99999999999\r\n").replace("application/json", "text/plain");
    assert_eq!(raw::exchange(&service, huge).await.status, 401);
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on_only_with_a_token() {
    let service = Service::start().await;
    let more = "content-length: 1000\r\nexpect: 100-continue\r\n";
    assert_eq!(raw::first_line(&service, head("", more)).await, "HTTP/1.1 401 Unauthorized");
    let good = format!("authorization: Bearer {}\r\n", token("taro", "jobs:write"));
    assert_eq!(raw::first_line(&service, head(&good, more)).await, "HTTP/1.1 100 Continue");
}

#[tokio::test]
async fn authentication_comes_before_every_other_check() {
    let service = Service::start().await;
    for path in ["/jobs?limit=0", "/jobs/0", "/users/none", "/users/1"] {
        assert_eq!(service.send(service.request(Method::GET, path)).await.status, 401, "{path}");
    }
    let request = service.request(Method::POST, "/jobs").header("content-type", "text/plain").body("{");
    assert_eq!(service.send(request).await.status, 401);
}

#[tokio::test]
async fn a_token_of_the_token_command_is_good_until_it_expires() {
    let service = Service::start().await;
    let keys = TokenKeys::hs256(SECRET.as_bytes()).unwrap();
    let token = |ttl: u64, ago: i64| {
        let made = Utc::now() - TimeDelta::seconds(ago);
        keys.sign("cli", &["jobs:read".to_owned()], Duration::from_secs(ttl), made).unwrap()
    };
    assert_eq!(service.get_as(&token(60, 0), "/jobs").await.status, 200);
    assert_eq!(service.get_as(&token(60, 120), "/jobs").await.status, 401);
}
