//! The pages for people, as far as they do not need a browser, with or without a build of them in the binary.

use axum::http::Method;

use crate::support::{Answer, Service};

const DASHBOARD: [&str; 5] = ["/dashboard", "/dashboard/", "/dashboard/jobs", "/dashboard/jobs/7", "/dashboard/queues"];
const DOCS: [&str; 2] = ["/docs", "/docs/"];
const PROBLEMS: &str = "/docs/problems";

/// What a browser sees: it sends no token for a page.
async fn look(service: &Service, method: Method, path: &str) -> Answer {
    service.send_unchecked(service.request(method, path)).await
}

#[tokio::test]
async fn every_page_has_a_policy_of_its_own_and_no_script_or_style_in_its_text() {
    let service = Service::start().await;
    for path in DASHBOARD.iter().chain(&DOCS).chain(&[PROBLEMS]) {
        let page = look(&service, Method::GET, path).await;
        assert_eq!((page.status, page.content_type()), (200, "text/html; charset=utf-8"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self'; style-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        let head = look(&service, Method::HEAD, path).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-length"), Some(&*page.body.len().to_string()), "{path}");
        for inline in ["<style", "<script>", " style="] {
            assert!(!page.text().contains(inline), "{path}: {inline}");
        }
    }
}

#[tokio::test]
async fn a_page_is_that_of_the_build_or_says_which_command_builds_it() {
    let service = Service::start().await;
    for paths in [&DASHBOARD[..], &DOCS[..]] {
        let first = look(&service, Method::GET, paths[0]).await;
        for path in paths {
            assert_eq!(look(&service, Method::GET, path).await.text(), first.text(), "{path}");
        }
        let is_built = first.text().contains("/dashboard/assets/");
        assert!(is_built || first.text().contains("make dashboard"), "{}", first.text());
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever() {
    let service = Service::start().await;
    for page in ["/dashboard", "/docs"] {
        let page = look(&service, Method::GET, page).await;
        let named = page.text().split('"').filter(|part| part.starts_with("/dashboard/assets/"));
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
}

#[tokio::test]
async fn what_problems_mean_is_told_by_every_binary() {
    let service = Service::start().await;
    let page = look(&service, Method::GET, PROBLEMS).await;
    let style = look(&service, Method::GET, "/docs/problems.css").await;
    assert_eq!((style.status, style.content_type()), (200, "text/css; charset=utf-8"));
    assert!(page.text().contains(r#"<link rel="stylesheet" href="/docs/problems.css">"#));

    let refused = service.sign_up("{}").await;
    let kind = refused.json()["type"].as_str().unwrap().to_owned();
    let section = kind.strip_prefix("/docs/problems#").unwrap();
    assert!(page.text().contains(&format!("id=\"{section}\"")), "{kind}");
}

#[tokio::test]
async fn every_status_and_member_of_the_contract_is_explained() {
    let service = Service::start().await;
    let page = look(&service, Method::GET, PROBLEMS).await;
    let document = look(&service, Method::GET, "/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.values().flat_map(|path| path.as_object().unwrap().values());
    let statuses = operations.filter_map(|operation| operation["responses"].as_object()).flat_map(|some| some.keys());
    for status in statuses.filter(|status| status.starts_with(['4', '5'])) {
        assert!(page.text().contains(&format!("id=\"status-{status}\">{status} ")), "{status}");
    }
    for schema in ["Problem", "Violation"] {
        for member in document["components"]["schemas"][schema]["properties"].as_object().unwrap().keys() {
            assert!(page.text().contains(&format!("<code>{member}</code>")), "{member}");
        }
    }
}

#[tokio::test]
async fn what_is_no_page_is_a_problem() {
    let service = Service::start().await;
    let none = ["/dashboard/assets/none.js", "/dashboard/assets/index.html", "/dashboards", "/docs/none", "/docsx"];
    for path in none {
        assert_eq!(service.send(service.request(Method::GET, path)).await.status, 404, "{path}");
    }
    for path in ["/dashboard", "/docs", PROBLEMS] {
        let refused = look(&service, Method::POST, path).await;
        assert_eq!((refused.status, refused.content_type()), (405, "application/problem+json"), "{path}");
        assert_eq!(refused.header("allow"), Some("GET,HEAD"), "{path}");
    }
}

#[tokio::test]
async fn the_pages_are_exempt_from_the_rate_limit() {
    let service = Service::with(&[("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1")]).await;
    for _ in 0..5 {
        for path in ["/dashboard", "/docs", PROBLEMS, "/docs/problems.css"] {
            assert_eq!(look(&service, Method::GET, path).await.status, 200, "{path}");
        }
        assert_eq!(look(&service, Method::GET, "/dashboard/assets/none.js").await.status, 404);
    }
}
