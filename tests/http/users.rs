//! `GET /users/{user_id}` and its profile.

use crate::support::{Service, TARO};

#[tokio::test]
async fn an_unknown_user_is_not_found() {
    let service = Service::start().await;
    insta::assert_snapshot!(service.get("/users/99").await);
    assert_eq!(service.get("/users/9223372036854775807").await.status, 404);
}

#[tokio::test]
async fn a_profile_is_not_found_before_its_job_has_run() {
    let service = Service::start().await;
    service.sign_up(TARO).await;
    assert_eq!(service.get("/users/1/profile").await.refusal(), (404, "Profile not found".to_owned()));
    service.finish_jobs().await;
    assert_eq!(service.get("/users/1/profile").await.status, 200);
    assert_eq!(service.get("/users/2/profile").await.status, 404);
}

#[tokio::test]
async fn an_id_that_is_none_is_named() {
    let service = Service::start().await;
    let cases = [
        ("0", "path /user_id minimum must be at least 1"),
        ("-1", "path /user_id minimum must be at least 1"),
        ("9223372036854775808", "path /user_id maximum must be at most 9223372036854775807"),
        ("123456789012345678901234567890", "path /user_id maximum must be at most 9223372036854775807"),
        ("taro", "path /user_id type must be an integer"),
        ("1.0", "path /user_id type must be an integer"),
        ("01", "path /user_id type must be an integer"),
        ("+1", "path /user_id type must be an integer"),
        ("%20", "path /user_id type must be an integer"),
        ("1%00", "path /user_id type must be an integer"),
    ];
    for (id, expected) in cases {
        for path in [format!("/users/{id}"), format!("/users/{id}/profile")] {
            let answer = service.get(&path).await;
            assert_eq!((answer.status, answer.violations()), (400, vec![expected.to_owned()]), "{path}");
        }
    }
    insta::assert_snapshot!(service.get("/users/0").await);
    let answer = service.get("/users/%FF").await;
    assert_eq!(answer.refusal(), (400, "The path is not valid UTF-8".to_owned()));
}
