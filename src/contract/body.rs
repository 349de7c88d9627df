//! The body of a request: its media type, its size, its syntax and its schema.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jsonschema::Validator;

use super::document::Node;
use super::validators::Compiler;
use super::violations::Violations;
use super::{ContractError, ValidationMode};
use crate::json;
use crate::problem::Problem;

/// What an operation says about its body.
#[derive(Debug)]
pub(super) struct BodyRule {
    required: bool,
    /// The media types it may come in, each with the validator of its schema.
    media: Vec<(String, Validator)>,
    /// The sentence that names them.
    expected: String,
    /// Whether a `charset` parameter must say what JSON is anyway.
    only_utf8: bool,
}

impl BodyRule {
    pub(super) fn read(
        mode: ValidationMode,
        compiler: &Compiler<'_>,
        body: &Node<'_>,
    ) -> Result<BodyRule, ContractError> {
        let content = body.member("content").ok_or_else(|| body.unsupported("a body needs content"))?;
        let mut media = Vec::new();
        for (name, node) in content.members() {
            let is_json = name == "application/json" || (name.starts_with("application/") && name.ends_with("+json"));
            let schema = node.member("schema");
            let (true, Some(schema)) = (is_json, schema) else {
                return Err(
                    node.unsupported(format!("a body in '{name}' is not supported: only JSON with a schema is"))
                );
            };
            media.push((name.to_owned(), compiler.compile(&schema)?));
        }
        let names: Vec<&str> = media.iter().map(|(name, _)| name.as_str()).collect();
        let expected = format!("The content type must be {}.", names.join(" or "));
        Ok(BodyRule { required: body.flag("required"), media, expected, only_utf8: mode == ValidationMode::Strict })
    }

    /// Reads the body and checks it. What no schema could say ends here; what the schema forbids is added to
    /// `violations`. `None` is a body that is not there and need not be.
    pub(super) async fn admit(
        &self,
        request: Request,
        limit: usize,
        violations: &mut Violations,
    ) -> Result<Option<Bytes>, Problem> {
        let (parts, body) = request.into_parts();
        if body.is_end_stream() {
            self.missing(violations);
            return Ok(None);
        }
        let validator = self.validator_for(&parts.headers)?;
        let bytes = read(body, limit).await?;
        if bytes.is_empty() {
            self.missing(violations);
            return Ok(None);
        }
        judge(validator, &bytes, violations)?;
        Ok(Some(bytes))
    }

    /// Checks what did not come in a request, as a body of the first media type.
    pub(super) fn check(&self, bytes: &[u8], limit: usize, violations: &mut Violations) -> Result<(), Problem> {
        if bytes.len() > limit {
            return Err(Problem::payload_too_large(limit));
        }
        match self.media.first() {
            Some((_, validator)) => judge(validator, bytes, violations),
            None => Ok(()),
        }
    }

    fn missing(&self, violations: &mut Violations) {
        if self.required {
            violations.in_body("", "required", "is required");
        }
    }

    /// The validator of the media type that the request names.
    fn validator_for(&self, headers: &HeaderMap) -> Result<&Validator, Problem> {
        let plain = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
        if !headers.get_all(CONTENT_ENCODING).iter().all(plain) {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The content encoding is not supported")
                .with_detail("The body must not be compressed.")
                .with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity")));
        }
        let refused = || Problem::unsupported_media_type(self.expected.clone());
        let mut values = headers.get_all(CONTENT_TYPE).iter();
        let value = values.next().ok_or_else(refused)?;
        // Two headers would let two readers see two types.
        if values.next().is_some() {
            return Err(refused());
        }
        self.declared(value).ok_or_else(refused)
    }

    fn declared(&self, content_type: &HeaderValue) -> Option<&Validator> {
        let named = |essence: &str| self.media.iter().find(|(name, _)| name == essence).map(|(_, validator)| validator);
        let text = content_type.to_str().ok()?;
        // Nearly every client sends the plain name.
        if let Some(validator) = named(text) {
            return Some(validator);
        }
        let mut parts = text.split(';').map(str::trim);
        let essence = parts.next()?.to_ascii_lowercase();
        if self.only_utf8 && !parts.filter_map(charset).all(|charset| charset.eq_ignore_ascii_case("utf-8")) {
            return None;
        }
        named(&essence)
    }
}

fn judge(validator: &Validator, bytes: &[u8], violations: &mut Violations) -> Result<(), Problem> {
    let value = json::parse(bytes).map_err(|error| {
        Problem::bad_request(format!("The body is not well-formed JSON: {error}"))
            .with_detail("The body is not well-formed JSON.")
    })?;
    violations.check_body(validator, &value, "");
    Ok(())
}

/// The value of a media type's parameter, if it is `charset`.
fn charset(parameter: &str) -> Option<&str> {
    let (name, value) = parameter.split_once('=')?;
    name.eq_ignore_ascii_case("charset").then(|| value.trim_matches('"'))
}

/// The whole body, unless it is larger than `limit` bytes: then reading stops there, whatever Content-Length said.
async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Problem::payload_too_large(limit));
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::payload_too_large(limit)),
        Err(_) => Err(Problem::bad_request("The request body could not be read")),
    }
}
