//! Applies an OpenAPI Overlay 1.0 document to an API description.
//!
//! The build and the tests include this one file, so that what a mode's document says is decided in one place.

use serde_json::Value;
use serde_json_path::JsonPath;

/// Applies every action of `overlay` to `document`, in order.
///
/// An action whose target selects nothing is an error: it was written for a place that has since moved, and skipping
/// it would silently loosen or tighten a mode.
pub fn apply(document: &mut Value, overlay: &Value) -> Result<(), String> {
    let version = overlay.get("overlay").and_then(Value::as_str).unwrap_or_default();
    if !version.starts_with("1.0.") {
        return Err(format!("`overlay` says {version:?}, and only OpenAPI Overlay 1.0 is understood"));
    }
    let actions = overlay.get("actions").and_then(Value::as_array).ok_or("`actions` is missing")?;
    for (index, action) in actions.iter().enumerate() {
        run(document, action).map_err(|reason| format!("actions[{index}]: {reason}"))?;
    }
    Ok(())
}

/// Runs one action. The specification lets an action remove or update, and removal wins when it asks for both.
fn run(document: &mut Value, action: &Value) -> Result<(), String> {
    let target = action.get("target").and_then(Value::as_str).ok_or("`target` is missing")?;
    let pointers = select(document, target)?;
    if action.get("remove").and_then(Value::as_bool) == Some(true) {
        // From the back, so that an item's removal doesn't shift the items still to be removed.
        return pointers.iter().rev().try_for_each(|pointer| remove(document, pointer));
    }
    let update = action.get("update").ok_or_else(|| format!("target {target} has neither `update` nor `remove`"))?;
    for pointer in &pointers {
        let node = document.pointer_mut(pointer).ok_or_else(|| format!("{pointer} has gone while updating"))?;
        merge(node, update).map_err(|reason| format!("target {target}: {reason}"))?;
    }
    Ok(())
}

/// The JSON pointers of the nodes that a JSONPath selects, in document order.
fn select(document: &Value, target: &str) -> Result<Vec<String>, String> {
    let path = JsonPath::parse(target).map_err(|error| format!("target {target} is not a JSONPath: {error}"))?;
    let pointers: Vec<String> =
        path.query_located(document).dedup().locations().map(|location| location.to_json_pointer()).collect();
    match pointers.is_empty() {
        true => Err(format!("target {target} selects nothing in the document")),
        false => Ok(pointers),
    }
}

/// Takes the node at `pointer` out of the object or array that holds it.
fn remove(document: &mut Value, pointer: &str) -> Result<(), String> {
    let gone = || format!("{pointer} can't be removed");
    let (parent, key) = pointer.rsplit_once('/').ok_or_else(gone)?;
    match document.pointer_mut(parent).ok_or_else(gone)? {
        Value::Object(members) => {
            members.shift_remove(&key.replace("~1", "/").replace("~0", "~")).ok_or_else(gone)?;
        }
        Value::Array(items) => {
            let index = key.parse().ok().filter(|index| *index < items.len()).ok_or_else(gone)?;
            items.remove(index);
        }
        _ => return Err(gone()),
    }
    Ok(())
}

/// Merges an update into a target node: an object merges with an object, an array takes the update as one more item.
fn merge(node: &mut Value, update: &Value) -> Result<(), String> {
    match (&mut *node, update) {
        (Value::Object(_), Value::Object(_)) => merge_values(node, update),
        (Value::Array(items), update) => items.push(update.clone()),
        _ => return Err("an update needs an object, or an array to add to".to_owned()),
    }
    Ok(())
}

/// Merges two values inside an update: objects merge member by member, arrays are joined, and otherwise the update's
/// value stands.
fn merge_values(value: &mut Value, update: &Value) {
    match (value, update) {
        (Value::Object(members), Value::Object(updates)) => {
            for (name, update) in updates {
                match members.get_mut(name) {
                    Some(member) => merge_values(member, update),
                    None => drop(members.insert(name.clone(), update.clone())),
                }
            }
        }
        (Value::Array(items), Value::Array(more)) => items.extend(more.iter().cloned()),
        (value, update) => *value = update.clone(),
    }
}
