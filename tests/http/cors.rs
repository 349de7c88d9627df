//! What a page of another origin may do.

use axum::http::Method;
use keiyaku::contract::ValidationMode;

use crate::support::{Answer, Service, TARO, spec, token};

const ORIGIN: &str = "https://app.example";

/// A GET as a browser sends it for a page of this origin.
async fn get_from(service: &Service, origin: &str, path: &str) -> Answer {
    service.send(service.request(Method::GET, path).header("origin", origin)).await
}

#[tokio::test]
async fn errors_have_cors_headers_too() {
    let service = Service::with(&[("CORS_ALLOW_ORIGINS", ORIGIN), ("BODY_LIMIT", "1024")]).await;
    let post = |media: &str, body: String| {
        let request = service.request(Method::POST, "/users").header("origin", ORIGIN).header("content-type", media);
        service.send(request.body(body))
    };
    let answers = [
        post("application/json", TARO.to_owned()).await,
        post("application/json", TARO.to_owned()).await,
        post("application/json", "{".to_owned()).await,
        post("application/json", " ".repeat(1025)).await,
        post("text/plain", TARO.to_owned()).await,
        get_from(&service, ORIGIN, "/jobs").await,
        get_from(&service, ORIGIN, "/nowhere").await,
        service.send(service.request(Method::PUT, "/users").header("origin", ORIGIN)).await,
    ];
    assert_eq!(answers.each_ref().map(|answer| answer.status), [201, 409, 400, 413, 415, 401, 404, 405]);
    for answer in answers {
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "{answer}");
        let exposed = answer.header("access-control-expose-headers").unwrap();
        let expected = "location,etag,retry-after,www-authenticate,x-request-id,ratelimit,ratelimit-policy,idempotency-replayed,job-id,\
             job-token,deprecation,sunset";
        assert_eq!(exposed, expected, "{answer}");
    }
}

#[tokio::test]
async fn a_limit_that_is_reached_has_cors_headers_too() {
    let limit = [("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1"), ("CORS_ALLOW_ORIGINS", ORIGIN)];
    let service = Service::with(&limit).await;
    let answer = loop {
        let answer = get_from(&service, ORIGIN, "/jobs").await;
        if answer.status == 429 {
            break answer;
        }
    };
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
}

#[tokio::test]
async fn a_preflight_is_answered_without_a_token_and_without_a_limit() {
    let limit = [("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1"), ("CORS_ALLOW_ORIGINS", ORIGIN)];
    let service = Service::with(&limit).await;
    let document = spec::document(ValidationMode::Default);
    for operation in document.operations() {
        let wanted = document.header_parameters(&operation).join(",");
        let path = operation.path.replace(['{', '}'], "");
        let request = service
            .request(Method::OPTIONS, &path)
            .header("origin", ORIGIN)
            .header("access-control-request-method", operation.method.as_str())
            .header(
                "access-control-request-headers",
                format!("authorization,content-type,x-request-id,traceparent,{wanted}"),
            );
        let answer = service.send(request).await;
        assert_eq!(answer.status, 200, "{}", operation.id);
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
        assert_eq!(answer.header("access-control-max-age"), Some("3600"));
        let allowed = |name: &str| answer.header(name).unwrap().split(',').map(str::to_owned).collect::<Vec<_>>();
        assert!(allowed("access-control-allow-methods").contains(&operation.method.to_string()), "{answer:?}");
        let headers = allowed("access-control-allow-headers");
        for header in format!("authorization,content-type,x-request-id,traceparent,{wanted}")
            .split(',')
            .filter(|name| !name.is_empty())
        {
            assert!(headers.contains(&header.to_lowercase()), "{header}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn only_a_preflight_of_a_path_that_there_is_is_answered_by_cors() {
    let service = Service::with(&[("CORS_ALLOW_ORIGINS", ORIGIN)]).await;
    let options = |path: &str| service.request(Method::OPTIONS, path).header("origin", ORIGIN);
    let plain = service.send(options("/users/1")).await;
    assert_eq!(plain.refusal(), (405, "Method not allowed".to_owned()));
    assert_eq!(plain.header("allow"), Some("DELETE,GET,HEAD,PATCH"));
    let lost = service.send(options("/nowhere")).await;
    let asked = service.send(options("/nowhere").header("access-control-request-method", "GET")).await;
    for answer in [&lost, &asked] {
        assert_eq!(answer.refusal(), (404, "Path not found".to_owned()));
    }
    for answer in [plain, lost, asked] {
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "{answer}");
    }
}

#[tokio::test]
async fn another_origin_is_not_let_in() {
    let service = Service::with(&[("CORS_ALLOW_ORIGINS", "https://app.example, http://localhost:3000")]).await;
    for origin in ["https://evil.example", "http://app.example", "https://app.example.evil.example", "null"] {
        let answer = get_from(&service, origin, "/livez").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None), "{origin}");
        // Caches must not give one origin's answer to another.
        assert!(answer.headers.get_all("vary").iter().any(|value| value.to_str().unwrap().contains("origin")));
    }
    for origin in ["https://app.example", "http://localhost:3000"] {
        let answer = get_from(&service, origin, "/livez").await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    }
}

#[tokio::test]
async fn without_a_setting_no_origin_is_let_in_and_with_a_star_every_one() {
    let service = Service::start().await;
    assert_eq!(get_from(&service, ORIGIN, "/livez").await.header("access-control-allow-origin"), None);
    let open = Service::with(&[("CORS_ALLOW_ORIGINS", "*")]).await;
    let request = open.request(Method::GET, "/jobs").bearer_auth(token("page", "jobs:read"));
    let answer = open.send(request.header("origin", ORIGIN)).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    // Tokens come in a header that the page sets; cookies are none of ours.
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}
