//! What the flexible document opens: the request types that differ, and the functions that take them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{body, operation_doc};
use crate::hints::{members, operations};
use crate::lower::{self, component_name};
use crate::rust_type::{is_open, pascal_case};
use crate::typescript::Types;

/// The models and operations of the second entry point, of two lowered documents.
pub(super) fn annotate(default: &Value, flexible: &Value) -> Result<Value, String> {
    let opened: BTreeSet<&str> = members(&flexible["components"]["schemas"])
        .filter(|(name, schema)| is_open(schema) && !is_open(&default["components"]["schemas"][*name]))
        .map(|(name, _)| name)
        .collect();
    let differs = |schema: &Value| {
        let mut below = BTreeSet::new();
        lower::reachable(flexible, schema, &mut below);
        below.iter().any(|name| opened.contains(name))
    };
    let payload = members(&flexible["x-job-types"]).find(|(_, job)| differs(&job["payload"]));
    if let Some((job_type, _)) = payload {
        return Err(format!("the flexible overlay opens the payload of `{job_type}`, which the SDK has no type for"));
    }
    let mut sent = BTreeSet::new();
    lower::request_schemas(flexible).for_each(|schema| lower::reachable(flexible, schema, &mut sent));
    let is_own = |name: &str| differs(&json!({"$ref": format!("#/components/schemas/{name}")}));
    let own: BTreeSet<&str> = sent.into_iter().filter(|name| is_own(name)).collect();
    let types = Types::of(flexible, |name| match own.contains(name) {
        true => name.to_owned(),
        false => format!("closed.{name}"),
    });
    let models: Vec<Value> = members(&flexible["components"]["schemas"])
        .filter(|(name, _)| own.contains(name))
        .flat_map(|(name, _)| types.component(name))
        .collect();
    let operations: Vec<Value> = operations(flexible)
        .filter_map(|(path, method, operation)| {
            let (_, schema) = body(flexible, operation)?;
            let id = operation["operationId"].as_str()?;
            own.contains(component_name(schema)?).then(|| {
                json!({
                    "id": id,
                    "name": pascal_case(id),
                    "body": types.of_schema(schema),
                    "doc": operation_doc(operation, method, path),
                })
            })
        })
        .collect();
    Ok(json!({"models": models, "operations": operations}))
}
