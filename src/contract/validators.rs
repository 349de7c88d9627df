//! Compiling the document's schemas with the `jsonschema` crate.

use jsonschema::{Draft, EmailOptions, Keyword, PatternOptions, Registry, ValidationError, Validator};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::ContractError;
use super::document::Node;

/// The name under which schemas find the document; nothing is ever fetched.
const BASE_URI: &str = "keiyaku:///openapi.json";

/// What a JSON pointer needs encoded to be the fragment of a URI: templates in paths have braces.
const FRAGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'~');

/// Formats of OpenAPI that say how a value is stored or shown. What they allow is said by other keywords: a number's
/// range by `minimum` and `maximum`.
const ANNOTATIONS: [&str; 6] = ["int32", "int64", "float", "double", "password", "binary"];

/// Compiles schemas, which may refer to one another anywhere in the document.
pub(super) struct Compiler<'a> {
    registry: Registry<'a>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(document: &'a Value) -> Result<Compiler<'a>, ContractError> {
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(BASE_URI, document)
            .and_then(|builder| builder.prepare())
            .map_err(|error| ContractError::Schema { place: String::new(), reason: error.to_string() })?;
        Ok(Compiler { registry })
    }

    /// The validator of the schema at `node`. Fails on what it could not enforce, such as a format nobody knows.
    pub(super) fn compile(&self, node: &Node<'_>) -> Result<Validator, ContractError> {
        let mut options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            // An address, not a mailbox with a name: "Taro <taro@example.com>" is none.
            .with_email_options(EmailOptions::default().without_display_text())
            // Matching in linear time: a request must not be able to make a pattern take long.
            .with_pattern_options(PatternOptions::regex())
            .with_keyword("readOnly", |_, value, _| Ok(Box::new(ReadOnly(*value == Value::Bool(true)))));
        for format in ANNOTATIONS {
            options = options.with_format(format, |_: &str| true);
        }
        options
            .build(&json!({ "$ref": format!("{BASE_URI}#{}", utf8_percent_encode(node.pointer(), FRAGMENT)) }))
            .map_err(|error| ContractError::Schema { place: node.pointer().to_owned(), reason: error.to_string() })
    }
}

/// `readOnly` where a schema says `true`. Whatever is validated here comes from a client, who may not send such a member:
/// to ignore it would let a client believe that it had changed something.
struct ReadOnly(bool);

impl<'i> Keyword<'i> for ReadOnly {
    fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.0 { Err(ValidationError::custom("is set by the server")) } else { Ok(()) }
    }

    fn is_valid(&self, _: &'i Value) -> bool {
        !self.0
    }
}
