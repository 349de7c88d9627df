//! Unions, composition, recursion, directions, defaults and null: what a handler gets, and what goes out again.

use reqwest::Method;
use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn a_union_is_told_by_its_discriminator() {
    let server = Server::start().await;
    let cat = server.understood("/pets", r#"{"kind":"cat","name":"Tama"}"#).await;
    assert_eq!(cat, json!({"kind": "cat", "name": "Tama", "lives": 9}));
    let dog = r#"{"kind":"dog","friends":[{"kind":"cat","name":"Tama","lives":1e0,"prey":{"kind":"dog"}}]}"#;
    assert_eq!(
        server.understood("/pets", dog).await,
        json!({"kind": "dog", "mood": "calm", "friends": [
            {"kind": "cat", "name": "Tama", "lives": 1, "prey": {"kind": "dog", "mood": "calm"}},
        ]})
    );
}

#[tokio::test]
async fn an_open_branch_of_a_union_keeps_the_text_of_its_extras() {
    let server = Server::start().await;
    let request = server.request(Method::POST, "/pets").header("content-type", "application/json");
    let request = request.bearer_auth(crate::server::token(&["pets:write"]));
    let dog = r#"{"size":1.50,"kind":"dog","big":12345678901234567890123}"#;
    let response = request.body(dog).send().await.unwrap();
    assert_eq!(response.headers()["x-kind"], "dog");
    let text = response.text().await.unwrap();
    assert_eq!(text, r#"{"kind":"dog","mood":"calm","size":1.50,"big":12345678901234567890123}"#);
}

#[tokio::test]
async fn the_branch_that_is_meant_says_what_is_wrong() {
    let server = Server::start().await;
    for (pet, expected) in [
        (r#"{"kind":"cat"}"#, "body /name required is required"),
        (r#"{"kind":"cat","name":"a","size":1}"#, "body /size additionalProperties is not allowed"),
        (r#"{"kind":"dog","mood":"sad"}"#, "body /mood enum must be one of calm, wild"),
        (r#"{"kind":"cow","name":"a"}"#, "body /kind enum must be one of cat, dog"),
        (r#"{"name":"a"}"#, "body /kind required is required"),
        ("[]", "body  oneOf does not have any of the allowed forms"),
        (r#"{"kind":"dog","friends":[{"kind":"cat"}]}"#, "body /friends/0/name required is required"),
    ] {
        assert_eq!(server.refused("/pets", pet).await, [expected], "{pet}");
    }
}

#[tokio::test]
async fn a_composed_object_is_one_with_the_members_of_all() {
    let server = Server::start().await;
    let body = r#"{"badge":7,"name":"Hana","manager":{"name":"Ichi","badge":8.0,"level":"senior"}}"#;
    assert_eq!(
        server.understood("/employees", body).await,
        json!({"name": "Hana", "level": "junior", "badge": 7,
            "manager": {"name": "Ichi", "level": "senior", "badge": 8}})
    );
    for (body, expected) in [
        (r#"{"name":"Hana"}"#, "body /badge required is required"),
        (r#"{"name":"","badge":7}"#, "body /name minLength must not be empty"),
        (r#"{"name":"Hana","badge":7,"x":1}"#, "body /x additionalProperties is not allowed"),
    ] {
        assert_eq!(server.refused("/employees", body).await, [expected], "{body}");
    }
    let open = server.understood("/companies", r#"{"x":1.50,"name":"Keiyaku","founded":2.026e3}"#).await;
    assert_eq!(open.to_string(), r#"[{"name":"Keiyaku","founded":2026,"x":1.5}]"#);
}

#[tokio::test]
async fn components_may_contain_themselves_in_every_way() {
    let server = Server::start().await;
    let tree = json!({
        "value": 1,
        "left": {"value": 2, "right": null},
        "right": {"value": 3},
        "bark": {"grows_on": {"value": 4}},
        "branches": [{"value": 5}],
        "named": {"top": {"value": 6}},
    });
    assert_eq!(server.understood("/trees", &tree.to_string()).await, tree);
    let wrong = r#"{"value":1,"left":{"value":2,"left":{"value":10}},"named":{"a":{}}}"#;
    assert_eq!(
        server.refused("/trees", wrong).await,
        ["body /left/left/value maximum must be at most 9", "body /named/a/value required is required"]
    );
    let deep = r#"{"value":1,"left":"#.repeat(60) + r#"{"value":1}"# + &"}".repeat(60);
    server.understood("/trees", &deep).await;
    let too_deep = r#"{"value":1,"left":"#.repeat(70) + r#"{"value":1}"# + &"}".repeat(70);
    let (status, body) = server.send(Method::POST, "/trees", &too_deep).await;
    assert_eq!(
        (status, body["error"].as_str().is_some_and(|error| error.contains("64 levels"))),
        (400, true),
        "{body}"
    );
}

#[tokio::test]
async fn what_the_server_sets_is_not_taken_and_what_the_client_sets_is_not_given() {
    let server = Server::start().await;
    let put = |body: &'static str| server.send(Method::PUT, "/accounts", body);
    let (status, body) = put(r#"{"name":"a","password":"12345678","owner":{"name":"b"}}"#).await;
    assert_eq!(status, 200);
    assert_eq!(body, json!({"id": 8, "name": "a", "owner": {"name": "b", "since": "2026-01-31"}}));
    let with_id = put(r#"{"id":1,"name":"a","password":"12345678","owner":{"name":"b","since":"2026-01-31"}}"#).await;
    let expected = ["body /id readOnly is set by the server", "body /owner/since readOnly is set by the server"];
    assert_eq!(crate::server::violations(with_id), expected);
    let without = put(r#"{"name":"a","owner":{"name":"b"}}"#).await;
    assert_eq!(crate::server::violations(without), ["body /password required is required"]);
}

#[tokio::test]
async fn both_sides_of_a_union_have_their_own_types_where_they_differ() {
    let server = Server::start().await;
    let shape = r#"{"form":"Circle","inside":{"form":"Square","side":1.50}}"#;
    let (status, body) = server.send(Method::PUT, "/shapes", shape).await;
    assert_eq!(status, 200);
    assert_eq!(body, json!({"form": "Circle", "id": 7, "inside": {"form": "Square", "side": 1.5}}));
    let refused = server.send(Method::PUT, "/shapes", r#"{"form":"Circle","inside":{"form":"Circle","id":1}}"#).await;
    assert_eq!(crate::server::violations(refused), ["body /inside/id readOnly is set by the server"]);
}

#[tokio::test]
async fn a_handler_sees_the_defaults() {
    let server = Server::start().await;
    assert_eq!(
        server.understood("/orders", r#"{"email":"a@example.com","note":null}"#).await,
        json!({
            "email": "a@example.com",
            "html": r#"<a href="x">&amp;</a>"#,
            "amount": 1,
            "size": "m",
            "defaults": [1, 2],
            "note": null,
            "rank": "gold",
        })
    );
}

#[tokio::test]
async fn absent_and_null_stay_what_they_are() {
    let server = Server::start().await;
    let sent = json!({
        "email": "a@example.com", "html": "", "amount": 2, "size": "<s>", "defaults": [], "note": "n", "rank": null,
        "gift": null, "color": null,
    });
    assert_eq!(server.understood("/orders", &sent.to_string()).await, sent);
    let given =
        server.understood("/orders", r#"{"email":"a@example.com","note":"n","gift":7.0,"color":"dark-red"}"#).await;
    assert_eq!((&given["gift"], &given["color"], &given["note"]), (&json!(7), &json!("dark-red"), &json!("n")));
    let missing = server.refused("/orders", r#"{"email":"a@example.com"}"#).await;
    assert_eq!(missing, ["body /note required is required"]);
}

#[tokio::test]
async fn integers_in_lists_and_maps_may_be_spelled_as_json_schema_lets_them() {
    let server = Server::start().await;
    let body = r#"{"email":"a@example.com","note":null,"numbers":[6.0,1e1,-9223372036854775808],
        "by_name":{"a":[1.0,null],"b":[]},"sizes":["s","m","s"],"defaults":[3e0]}"#;
    let order = server.understood("/orders", body).await;
    assert_eq!(order["numbers"].to_string(), "[6,10,-9223372036854775808]");
    assert_eq!(order["by_name"].to_string(), r#"{"a":[1,null],"b":[]}"#);
    assert_eq!((order["sizes"].to_string(), order["defaults"].to_string()), (r#"["s","m","s"]"#.into(), "[3]".into()));
}
