//! todo
use serde_json::Value;
pub fn findings(_document: &Value) -> Vec<String> {
    Vec::new()
}
