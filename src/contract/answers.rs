//! [`Answers`]: what the document says of an operation's answers, for checking that they keep it.

use std::collections::HashMap;

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use jsonschema::Validator;

use super::directions::Direction;
use super::document::{self, Node};
use super::validators::Compiler;
use super::violations::Violations;
use super::{ContractError, Document};
use crate::api::Operation;
use crate::json;

/// The declared answers of every operation.
#[derive(Debug)]
pub struct Answers {
    /// In the order of `Operation::ALL`; the keys are as the document writes them, such as `200` or `default`.
    operations: Vec<HashMap<String, Declared>>,
}

/// One declared answer.
#[derive(Debug)]
struct Declared {
    /// Each media type, with the schema of those that are JSON; none for an answer without a body.
    media: Vec<(String, Option<Validator>)>,
    /// The headers that it must have.
    headers: Vec<HeaderName>,
}

impl Answers {
    /// Compiles the answers of these operations, which are operationIds.
    pub(super) fn load(
        document: Document,
        operations: impl Iterator<Item = &'static str>,
    ) -> Result<Answers, ContractError> {
        let mut parsed = serde_json::from_str(document.json)?;
        Direction::Answer.prepare(&mut parsed);
        let compiler = Compiler::new(&parsed, Direction::Answer)?;
        let found = document::operations(&Node::root(&parsed));
        let operations = operations.map(|id| {
            let (_, node) = found.get(id).ok_or(ContractError::MissingOperation(id))?;
            let responses = node.member("responses").ok_or_else(|| node.unsupported("an operation needs responses"))?;
            responses
                .members()
                .map(|(code, answer)| Ok((code.to_owned(), Declared::read(&compiler, answer)?)))
                .collect()
        });
        Ok(Answers { operations: operations.collect::<Result<_, ContractError>>()? })
    }

    /// Checks status, media type, required headers and body. An answer to HEAD has no body to check.
    ///
    /// # Errors
    /// What is wrong, for the log. No value of the answer is in it.
    pub fn check(
        &self,
        operation: Operation,
        status: StatusCode,
        headers: &HeaderMap,
        body: Option<&[u8]>,
    ) -> Result<(), String> {
        let declared = &self.operations[operation as usize];
        let code = status.as_str();
        let class = format!("{}XX", &code[..1]);
        let answer = [code, &class, "default"].into_iter().find_map(|key| declared.get(key));
        answer.ok_or_else(|| format!("status {code} is not declared"))?.check(headers, body)
    }
}

impl Declared {
    fn read(compiler: &Compiler<'_>, answer: Node<'_>) -> Result<Declared, ContractError> {
        let answer = answer.resolved()?;
        let mut media = Vec::new();
        for (name, node) in answer.member("content").iter().flat_map(|content| content.members().collect::<Vec<_>>()) {
            let schema = node.member("schema").filter(|_| name.ends_with("json"));
            media.push((name.to_owned(), schema.map(|schema| compiler.compile(&schema)).transpose()?));
        }
        let mut headers = Vec::new();
        for (name, node) in answer.member("headers").iter().flat_map(|headers| headers.members().collect::<Vec<_>>()) {
            let node = node.resolved()?;
            if node.flag("required") {
                headers.push(name.parse().map_err(|_| node.unsupported(format!("'{name}' is no name of a header")))?);
            }
        }
        Ok(Declared { media, headers })
    }

    fn check(&self, headers: &HeaderMap, body: Option<&[u8]>) -> Result<(), String> {
        if let Some(missing) = self.headers.iter().find(|name| !headers.contains_key(*name)) {
            return Err(format!("the header {missing} is missing"));
        }
        if self.media.is_empty() {
            return if body.is_none_or(<[u8]>::is_empty) { Ok(()) } else { Err("it has a body".to_owned()) };
        }
        let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = |text: &str| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let Some((_, validator)) = self.media.iter().find(|(name, _)| essence(name) == essence(named)) else {
            return Err("its media type is not declared".to_owned());
        };
        let Some((validator, body)) = validator.as_ref().zip(body) else { return Ok(()) };
        let value = json::parse(body).map_err(|error| format!("its body is not JSON: {error}"))?;
        let mut violations = Violations::default();
        violations.check_body(validator, &value, "");
        violations.into_result().map_err(|found| {
            let lines: Vec<String> = found.iter().map(|one| format!("{} {}", one.pointer, one.message)).collect();
            format!("its body does not fit: {}", lines.join("; "))
        })
    }
}
