//! The dashboard's pages, as far as they do not need a browser, with or without a build of them in the binary.

use axum::http::Method;

use crate::support::{Answer, Service};

/// What a browser sees: it sends no token for a page.
async fn look(service: &Service, method: Method, path: &str) -> Answer {
    service.send_unchecked(service.request(method, path)).await
}

#[tokio::test]
async fn every_page_is_the_index_and_has_a_policy_of_its_own() {
    let service = Service::start().await;
    let index = look(&service, Method::GET, "/dashboard").await;
    for path in ["/dashboard", "/dashboard/", "/dashboard/jobs", "/dashboard/jobs/7", "/dashboard/queues"] {
        let page = look(&service, Method::GET, path).await;
        assert_eq!((page.status, page.content_type()), (200, "text/html; charset=utf-8"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
        assert_eq!(page.text(), index.text(), "{path}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self'; style-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        let head = look(&service, Method::HEAD, path).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-length"), Some(&*index.body.len().to_string()), "{path}");
    }
    assert!(!index.text().contains("<style") && !index.text().contains("<script>"), "{}", index.text());
    let is_built = index.text().contains("/dashboard/assets/");
    assert!(is_built || index.text().contains("make dashboard"), "{}", index.text());
}

#[tokio::test]
async fn assets_are_kept_for_ever() {
    let service = Service::start().await;
    let index = look(&service, Method::GET, "/dashboard").await;
    let named = index.text().split('"').filter(|part| part.starts_with("/dashboard/assets/"));
    for path in named {
        let asset = look(&service, Method::GET, path).await;
        assert_eq!(asset.status, 200, "{path}");
        assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"), "{path}");
        let expected = match path.rsplit_once('.').unwrap().1 {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(asset.content_type(), expected, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_page_is_a_problem() {
    let service = Service::start().await;
    for path in ["/dashboard/assets/none.js", "/dashboard/assets/index.html", "/dashboards"] {
        assert_eq!(service.send(service.request(Method::GET, path)).await.status, 404, "{path}");
    }
    let refused = look(&service, Method::POST, "/dashboard").await;
    assert_eq!((refused.status, refused.content_type()), (405, "application/problem+json"));
    assert_eq!(refused.header("allow"), Some("GET,HEAD"));
}

#[tokio::test]
async fn the_pages_are_exempt_from_the_rate_limit() {
    let service = Service::with(&[("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1")]).await;
    for _ in 0..5 {
        assert_eq!(look(&service, Method::GET, "/dashboard").await.status, 200);
        assert_eq!(look(&service, Method::GET, "/dashboard/assets/none.js").await.status, 404);
    }
}
