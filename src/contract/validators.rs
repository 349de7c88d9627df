//! Compiling the document's schemas with the `jsonschema` crate.

use jsonschema::{Draft, EmailOptions, Keyword, PatternOptions, Registry, ValidationError, Validator};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::ContractError;
use super::directions::Direction;
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
    direction: Direction,
}

impl<'a> Compiler<'a> {
    /// A compiler for what is sent in this direction.
    pub(super) fn new(document: &'a Value, direction: Direction) -> Result<Compiler<'a>, ContractError> {
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(BASE_URI, document)
            .and_then(|builder| builder.prepare())
            .map_err(|error| ContractError::Schema { place: String::new(), reason: error.to_string() })?;
        Ok(Compiler { registry, direction })
    }

    /// The validator of the schema at `node`. Fails on what it could not enforce, such as a format nobody knows.
    pub(super) fn compile(&self, node: &Node<'_>) -> Result<Validator, ContractError> {
        let (keyword, message) = self.direction.refused();
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
            .with_keyword(keyword, move |_, value, _| {
                let refused = (*value == Value::Bool(true)).then_some(message);
                Ok(Box::new(OneWay { refused }))
            });
        for format in ANNOTATIONS {
            options = options.with_format(format, |_: &str| true);
        }
        options
            .build(&json!({ "$ref": format!("{BASE_URI}#{}", utf8_percent_encode(node.pointer(), FRAGMENT)) }))
            .map_err(|error| ContractError::Schema { place: node.pointer().to_owned(), reason: error.to_string() })
    }
}

/// `readOnly` or `writeOnly`, whichever keeps a member out of what is validated.
struct OneWay {
    /// What to say of the member, if the schema says `true`.
    refused: Option<&'static str>,
}

impl<'i> Keyword<'i> for OneWay {
    fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
        self.refused.map_or(Ok(()), |message| Err(ValidationError::custom(message)))
    }

    fn is_valid(&self, _: &'i Value) -> bool {
        self.refused.is_none()
    }
}
