//! Keywords that the stock generator ignores or mistakes.

use serde_json::{Value, json};

use crate::api::models;
use crate::server::Server;
use validator::Validate;

/// An order with one more member.
fn order(name: &str, value: &Value) -> String {
    let mut order = json!({"email": "a@example.com", "note": null});
    order[name] = value.clone();
    order.to_string()
}

#[tokio::test]
async fn each_bound_is_enforced_and_lets_what_fits_pass() {
    let server = Server::start().await;
    for (name, fits, wrong, expected) in [
        ("email", json!("a+b@example.com"), json!("a@"), "/email format Email address format is invalid"),
        ("home", json!("https://example.com/?a='b'&c=%3Cd%3E"), json!("no uri"), "/home format must be a URI"),
        ("code", json!(r#"&<>"'/\\"#), json!("&lt;"), "/code pattern has an invalid format"),
        ("step", json!(1.5), json!(1.2), "/step multipleOf must be a multiple of 0.5"),
        ("price", json!(0.01), json!(0), "/price exclusiveMinimum must be more than 0"),
        ("price", json!(99.99), json!(100), "/price exclusiveMaximum must be less than 100"),
        ("amount", json!(1), json!(0), "/amount exclusiveMinimum must be more than 0"),
        ("amount", json!(9), json!(10), "/amount exclusiveMaximum must be less than 10"),
        ("size", json!("<s>"), json!("&lt;s&gt;"), "/size enum must be one of <s>, m"),
        ("numbers", json!([1]), json!([]), "/numbers minItems must have at least 1 item"),
        ("numbers", json!([1, 2, 3]), json!([1, 2, 3, 4]), "/numbers maxItems must have at most 3 items"),
        ("numbers", json!([1, 2]), json!([1, 1.0]), "/numbers uniqueItems must not have the same item twice"),
        ("numbers", json!([-1]), json!([1.5]), "/numbers/0 type must be an integer"),
        ("by_name", json!({"a": [9]}), json!({"a": [10]}), "/by_name/a/0 maximum must be at most 9"),
        ("sizes", json!(["m"]), json!(["l"]), "/sizes/0 enum must be one of s, m"),
        ("note", json!("0123456789"), json!("0123456789a"), "/note maxLength must have at most 10 characters"),
        ("gift", json!(null), json!("x"), "/gift type must be null or an integer"),
        ("rank", json!(null), json!("tin"), "/rank enum must be one of gold, null"),
        ("color", json!("red"), json!("blue"), "/color enum must be one of red, dark-red"),
        ("type", json!("<script>"), json!(null), "/type type must be a string"),
        ("palette", json!(["red", null]), json!(["blue"]), "/palette/0 enum must be one of red, dark-red"),
        ("more_sizes", json!(["s"]), json!(["x"]), "/more_sizes/0 enum must be one of s, m"),
        ("x", json!(null), json!(1), "/x additionalProperties is not allowed"),
    ] {
        if name != "x" {
            let understood = server.understood("/orders", &order(name, &fits)).await;
            assert_eq!(understood[name], fits);
        }
        assert_eq!(server.refused("/orders", &order(name, &wrong)).await, [format!("body {expected}")], "{wrong}");
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_said_at_once_as_a_problem_document() {
    let server = Server::start().await;
    let wrong = server.refused("/orders", r#"{"email":1,"step":0.3,"numbers":[],"x":1}"#).await;
    assert_eq!(wrong.len(), 5, "{wrong:?}");
}

/// Models built by hand are judged by the same bounds, also through boxes, unions and maps.
#[test]
fn models_that_are_built_by_hand_can_be_validated() {
    let cat = |name: &str| {
        let (kind, name) = (models::CatKind::Cat, name.to_owned());
        models::Pet::Cat(models::Cat { kind, name, lives: 9, prey: None })
    };
    assert!(cat("Tama").validate().is_ok());
    assert!(cat("").validate().is_err());
    let hunting = |prey| match cat("Tama") {
        models::Pet::Cat(hunter) => models::Cat { prey: Some(Box::new(prey)), ..hunter },
        models::Pet::Dog(_) => unreachable!("it is a cat"),
    };
    assert!(hunting(cat("Mike")).validate().is_ok());
    assert!(hunting(cat("")).validate().is_err());
    let tree = |value| models::Tree { value, left: None, right: None, bark: None, branches: None, named: None };
    let with = |inner| models::Tree { named: Some([("a".to_owned(), tree(inner))].into()), ..tree(1) };
    assert!(with(9).validate().is_ok());
    assert!(with(10).validate().is_err());
    let right = |inner| models::Tree { right: Some(Some(Box::new(tree(inner)))), ..tree(1) };
    assert!(right(9).validate().is_ok());
    assert!(right(10).validate().is_err());
}
