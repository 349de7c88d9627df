//! Finding one's way in the bundled OpenAPI document. Used while the contract is loaded, never while a request waits.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::ContractError;

/// A place in the document. It knows its own JSON pointer, by which validators refer to the schemas they compile.
#[derive(Clone)]
pub(super) struct Node<'a> {
    document: &'a Value,
    pointer: String,
    value: &'a Value,
}

impl<'a> Node<'a> {
    /// The document itself.
    pub(super) fn root(document: &'a Value) -> Node<'a> {
        Node { document, pointer: String::new(), value: document }
    }

    /// What lies here.
    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// The JSON pointer to here.
    pub(super) fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The member with this name, if there is one.
    pub(super) fn member(&self, name: &str) -> Option<Node<'a>> {
        let value = self.value.get(name)?;
        Some(Node { document: self.document, pointer: format!("{}/{}", self.pointer, escaped(name)), value })
    }

    /// The members of an object, in their order.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'a str, Node<'a>)> + use<'a> {
        let (document, pointer) = (self.document, self.pointer.clone());
        self.value.as_object().into_iter().flatten().map(move |(name, value)| {
            (name.as_str(), Node { document, pointer: format!("{pointer}/{}", escaped(name)), value })
        })
    }

    /// The items of an array, in their order.
    pub(super) fn items(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let (document, pointer) = (self.document, self.pointer.clone());
        self.value.as_array().into_iter().flatten().enumerate().map(move |(index, value)| Node {
            document,
            pointer: format!("{pointer}/{index}"),
            value,
        })
    }

    /// The text of a string member.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.value.get(name)?.as_str()
    }

    /// Whether a member is there and true.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.value.get(name) == Some(&Value::Bool(true))
    }

    /// Follows `$ref` to where the thing itself is written. The bundled document refers only into itself.
    pub(super) fn resolved(mut self) -> Result<Node<'a>, ContractError> {
        // More hops than that are a circle.
        for _ in 0..16 {
            let Some(target) = self.text("$ref") else {
                return Ok(self);
            };
            let pointer = target.strip_prefix('#').map(|fragment| percent_decode_str(fragment).decode_utf8_lossy());
            let found = pointer.and_then(|pointer| Some((self.document.pointer(&pointer)?, pointer.into_owned())));
            let Some((value, pointer)) = found else {
                return Err(self.unsupported(format!("$ref '{target}' leads nowhere in this document")));
            };
            self = Node { document: self.document, pointer, value };
        }
        Err(self.unsupported("$ref goes in a circle".to_owned()))
    }

    /// The error that this place cannot be enforced, and why.
    pub(super) fn unsupported(&self, reason: impl Into<String>) -> ContractError {
        ContractError::Unsupported { place: self.pointer.clone(), reason: reason.into() }
    }
}

/// A name as one token of a JSON pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The methods that OpenAPI has a member for in a path item; the other members of one are no operations.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Every operation of the document by its operationId, each with its path item, whose parameters it inherits.
pub(super) fn operations<'a>(root: &Node<'a>) -> HashMap<&'a str, (Node<'a>, Node<'a>)> {
    let paths = root.member("paths").into_iter().flat_map(|paths| paths.members().collect::<Vec<_>>());
    let mut found = HashMap::new();
    for (_, item) in paths {
        for (name, operation) in item.members() {
            if METHODS.contains(&name)
                && let Some(id) = operation.text("operationId")
            {
                found.insert(id, (item.clone(), operation));
            }
        }
    }
    found
}
