//! What the SDK has no name or no type for.

use serde_json::{Value, json};

use super::{OPERATION, USER, assert_refused, contract};
use crate::sdk;

#[test]
fn arguments_of_one_name_are_refused() {
    let query = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string"}});
    for name in ["id", "if_match", "body"] {
        let why = format!("two arguments would be called `{name}` in the SDK");
        assert_refused(&format!("{OPERATION}/parameters/-"), query(name), OPERATION, &why);
    }
}

#[test]
fn names_that_the_sdk_has_already_are_refused() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    for name in ["ProblemError", "PutUserArgs", "PutUserAnswer", "JobPayloads", "AsyncClient", "True"] {
        let why = format!("`{name}` is taken in the SDK");
        assert_refused(&format!("/components/schemas/{name}"), schema.clone(), "/components/schemas", &why);
    }
    for id in ["delete", "createClient"] {
        let why = format!("`{id}` is another function or a word of the language in the SDK");
        assert_refused(&format!("{OPERATION}/operationId"), json!(id), OPERATION, &why);
    }
}

#[test]
fn events_are_objects_of_a_stream() {
    let place = format!("{OPERATION}/responses/200/content/application~1json/x-events");
    let user = json!({"user": {"$ref": "#/components/schemas/UserCreate"}});
    assert_refused(&place, user.clone(), &place, "belongs beside the schema of `text/event-stream`");
    let response = format!("{OPERATION}/responses/201");
    let stream = |events: Value| {
        let content = json!({"text/event-stream": {"schema": {"type": "string"}, "x-events": events}});
        json!({"description": "A stream.", "content": content})
    };
    let place = format!("{response}/content/text~1event-stream/x-events");
    assert_refused(&response, stream(json!([])), &place, "is a map");
    let color = json!({"color": {"$ref": "#/components/schemas/Color"}});
    assert_refused(
        &response,
        stream(color),
        &format!("{place}/color"),
        "must be a `$ref` to a component that is an object",
    );
}

#[test]
fn a_payload_is_of_the_job_type_beside_it() {
    let place = format!("{USER}/properties/extra");
    for (member, why) in [("name", "both are required"), ("nothing", "both are required")] {
        assert_refused(&place, json!({"type": "object", "x-payload-of": member}), &place, why);
    }
}

/// The second entry point has open bodies, and no more than that.
#[test]
fn payloads_are_the_same_in_every_mode() {
    let (default, mut flexible) = (contract(), contract());
    flexible["components"]["schemas"]["Greeting"]["additionalProperties"] = json!(true);
    assert!(sdk::typescript::annotate(&default, &default).is_ok());
    for annotate in [sdk::typescript::annotate, sdk::python::annotate] {
        assert!(annotate(&default, &flexible).unwrap_err().contains("opens the payload of `greet`"));
    }
}
