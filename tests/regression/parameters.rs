//! Parameters of every place and layout.

use keiyaku::contract::ValidationMode;
use reqwest::Method;
use serde_json::json;

use crate::server::{Server, answer, violations};

#[tokio::test]
async fn parameters_of_every_layout_become_their_types() {
    let server = Server::start().await;
    let query = "sort=-age&color=dark-red&tag=a&tag=b,c&ids=1,2&colors=red,dark-red&limit=5\
                 &filter[name]=taro&filter[age]=7&filter[color]=red&more[weight]=1.5&more[other]=1.50";
    let request = server.request(Method::GET, &format!("/pets/cat/found?{query}"));
    let request = request.header("x-color", "red").header("X-Sizes", "1, 2").header("x-sizes", "3");
    assert_eq!(
        answer(request).await,
        (
            200,
            json!({
                "kind": "cat", "sort": "-age", "limit": 5, "color": "dark-red", "tag": ["a", "b,c"], "ids": [1, 2],
                "colors": ["red", "dark-red"],
                "filter": {"name": "taro", "age": 7, "color": "red", "good": true},
                "more": {"weight": 1.5, "other": "1.50"},
                "header_color": "red", "header_sizes": [1, 2, 3],
            })
        )
    );
    let defaults = json!({"kind": "dog", "sort": "name", "limit": 20});
    assert_eq!(server.get("/pets/dog/found").await, (200, defaults));
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_named() {
    let server = Server::start().await;
    for (path, expected) in [
        ("/pets/cow/found", "path /kind enum must be one of cat, dog"),
        ("/pets/cat/found?sort=size", "query /sort enum must be one of name, -age"),
        ("/pets/cat/found?color=blue", "query /color enum must be one of red, dark-red"),
        ("/pets/cat/found?tag=%3Cb%3E", "query /tag pattern has an invalid format"),
        ("/pets/cat/found?tag=a&tag=b&tag=c&tag=d", "query /tag maxItems must have at most 3 items"),
        ("/pets/cat/found?ids=1,1", "query /ids uniqueItems must not have the same item twice"),
        ("/pets/cat/found?ids=1,x", "query /ids type must be an integer"),
        ("/pets/cat/found?colors=red,blue", "query /colors enum must be one of red, dark-red"),
        ("/pets/cat/found?limit=0", "query /limit exclusiveMinimum must be more than 0"),
        ("/pets/cat/found?limit=7", "query /limit multipleOf must be a multiple of 5"),
        ("/pets/cat/found?filter[age]=7", "query /filter/name required is required"),
        ("/pets/cat/found?filter[name]=a&filter[age]=-1", "query /filter/age minimum must be at least 0"),
        ("/pets/cat/found?filter[name]=a&filter[x]=1", "query /filter/x additionalProperties is not allowed"),
        ("/pets/cat/found?more[weight]=0", "query /more/weight exclusiveMinimum must be more than 0"),
    ] {
        assert_eq!(violations(server.get(path).await), [expected], "{path}");
    }
    let request = server.request(Method::GET, "/pets/cat/found").header("x-color", "blue").header("x-sizes", "1,10");
    let expected = ["header /X-Color enum must be one of red, dark-red", "header /X-Sizes maximum must be at most 9"];
    assert_eq!(violations(answer(request).await), expected);
}

#[tokio::test]
async fn undeclared_parameters_and_members_are_refused_in_strict_mode_alone() {
    let path = "/pets/cat/found?undeclared=1&more[weight]=1&more[undeclared]=1";
    let (status, body) = Server::start().await.get(path).await;
    assert_eq!((status, &body["more"]), (200, &json!({"weight": 1.0, "undeclared": "1"})));
    let strict = Server::in_mode(ValidationMode::Strict).await;
    let expected = ["/undeclared", "/more/undeclared"]
        .map(|pointer| format!("query {pointer} additionalProperties is not allowed"));
    assert_eq!(violations(strict.get(path).await), expected);
}
