//! What the flexible document opens: the request types that differ, for the second entry point of an SDK.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::hints::members;
use crate::lower;
use crate::rust_type::is_open;

/// The components of requests that the flexible document opens, in its order.
pub struct Opened {
    /// Those that take undeclared members themselves.
    pub open: Vec<String>,
    /// Those, and those that lead to one.
    pub own: Vec<String>,
}

/// Compares two lowered documents.
pub(super) fn opened(default: &Value, flexible: &Value) -> Result<Opened, String> {
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
    let own: Vec<String> = members(&flexible["components"]["schemas"])
        .map(|(name, _)| name)
        .filter(|name| sent.contains(name) && differs(&json!({"$ref": format!("#/components/schemas/{name}")})))
        .map(str::to_owned)
        .collect();
    Ok(Opened { open: own.iter().filter(|name| opened.contains(name.as_str())).cloned().collect(), own })
}
