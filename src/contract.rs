//! The API contract at run time: what the bundled OpenAPI document of the running mode says about a request is
//! enforced here, before any handler sees it.
//!
//! [`Contract::load`] turns the document into compiled validators and rules, one set per operation, and fails on what
//! it could not enforce. [`Contract::admit`] then takes a request through authentication, parameters and body, in this
//! order, and hands the route an [`Admitted`] to take its typed arguments from. The document decides; there is no
//! second opinion in code.

mod accept;
mod admit;
mod answers;
mod body;
mod deprecation;
mod directions;
mod document;
mod follow;
mod parameters;
mod public_keys;
mod security;
#[cfg(test)]
mod tests;
mod tokens;
mod validators;
mod violations;

use std::fmt;
use std::str::FromStr;

use axum::http::HeaderName;
use jsonschema::Validator;
use serde_json::Value;

use crate::api::Operation;
use crate::api::models::Violation;
use accept::Offered;
use body::BodyRule;
use deprecation::Deprecation;
use directions::Direction;
use document::Node;
use parameters::Parameters;
use security::Security;
use validators::Compiler;
use violations::Violations;

pub use admit::{Admitted, Caller};
pub use answers::Answers;
pub use deprecation::HEADERS as DEPRECATION_HEADERS;
pub use follow::FollowKey;
pub use public_keys::PublicKeys;
pub use tokens::{TokenError, TokenKeys};

/// Which of the three documents is enforced and served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ValidationMode {
    /// The contract as it is written.
    #[default]
    Default,
    /// Undeclared members of a sign-up are kept and handed on.
    Flexible,
    /// Tighter bounds, and no undeclared query parameters.
    Strict,
}

impl ValidationMode {
    /// Every mode.
    pub const ALL: [ValidationMode; 3] = [ValidationMode::Default, ValidationMode::Flexible, ValidationMode::Strict];

    /// The document that is enforced and served in this mode.
    #[must_use]
    pub fn document(self) -> Document {
        match self {
            ValidationMode::Default => Document {
                json: include_str!("../generated/openapi/default.json"),
                yaml: include_str!("../generated/openapi/default.yaml"),
            },
            ValidationMode::Flexible => Document {
                json: include_str!("../generated/openapi/flexible.json"),
                yaml: include_str!("../generated/openapi/flexible.yaml"),
            },
            ValidationMode::Strict => Document {
                json: include_str!("../generated/openapi/strict.json"),
                yaml: include_str!("../generated/openapi/strict.yaml"),
            },
        }
    }
}

/// A bundled OpenAPI document in the two forms that are served.
#[derive(Debug, Clone, Copy)]
pub struct Document {
    /// The one that is compiled.
    pub json: &'static str,
    /// The same as YAML.
    pub yaml: &'static str,
}

impl fmt::Display for ValidationMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            ValidationMode::Default => "default",
            ValidationMode::Flexible => "flexible",
            ValidationMode::Strict => "strict",
        })
    }
}

impl FromStr for ValidationMode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        ValidationMode::ALL.into_iter().find(|mode| mode.to_string() == text).ok_or(UnknownMode)
    }
}

/// A text that names no [`ValidationMode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be default, flexible or strict")]
pub struct UnknownMode;

/// Why a document cannot be enforced. All of these are mistakes in the contract and stop the start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// The document is not even JSON.
    #[error("the bundled document is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// The server has an operation that the document lacks: they were not generated together.
    #[error("the bundled document has no operation '{0}'")]
    MissingOperation(&'static str),
    /// The document asks for something that this service does not know how to enforce.
    #[error("the contract, at {place}: {reason}")]
    Unsupported {
        /// A JSON pointer into the document.
        place: String,
        /// What is asked for.
        reason: String,
    },
    /// A schema does not compile.
    #[error("the contract's schema at {place}: {reason}")]
    Schema {
        /// A JSON pointer into the document.
        place: String,
        /// What the compiler says.
        reason: String,
    },
}

/// The running mode's document, compiled.
#[derive(Debug)]
pub struct Contract {
    mode: ValidationMode,
    document: Document,
    keys: Option<TokenKeys>,
    follow: Option<FollowKey>,
    body_limit: usize,
    /// Every operation's id and rules, in the order of `Operation::ALL`: `operation as usize` finds its own.
    operations: Vec<(&'static str, Rules)>,
    /// Every job type's name and the validator of its payload.
    payloads: Vec<(String, Validator)>,
    /// Present where answers are checked, too.
    answers: Option<Answers>,
}

/// What the document says about one operation.
#[derive(Debug)]
struct Rules {
    security: Security,
    offered: Offered,
    parameters: Parameters,
    body: Option<BodyRule>,
    deprecation: Option<Deprecation>,
}

impl Contract {
    /// Compiles the document of a mode. `body_limit` is in bytes. Without `keys`, operations that need a token answer
    /// 401 to all but followers ([`Contract::following`]).
    ///
    /// # Errors
    ///
    /// Names the first thing in the document that could not be enforced.
    pub fn load(mode: ValidationMode, keys: Option<TokenKeys>, body_limit: usize) -> Result<Contract, ContractError> {
        Contract::compile(
            mode,
            mode.document(),
            Operation::ALL.iter().map(|operation| operation.id()),
            keys,
            body_limit,
        )
    }

    /// Compiles any document for a server that was generated from it, as [`Contract::load`] does for this service's own.
    /// Requests are then admitted by an operation's place among `operations`, which are operationIds.
    ///
    /// # Errors
    ///
    /// Names the first thing in the document that could not be enforced.
    pub fn compile(
        mode: ValidationMode,
        document: Document,
        operations: impl IntoIterator<Item = &'static str>,
        keys: Option<TokenKeys>,
        body_limit: usize,
    ) -> Result<Contract, ContractError> {
        let mut parsed: Value = serde_json::from_str(document.json)?;
        Direction::Request.prepare(&mut parsed);
        let compiler = Compiler::new(&parsed, Direction::Request)?;
        let root = Node::root(&parsed);
        directions::check_defaults(&compiler, &root)?;
        let found = document::operations(&root);
        let rules = |id| {
            let (item, node) = found.get(id).ok_or(ContractError::MissingOperation(id))?;
            Ok((id, Rules::read(mode, &compiler, &root, item, node)?))
        };
        let operations = operations.into_iter().map(rules).collect::<Result<_, ContractError>>()?;
        let payloads = read_payloads(&compiler, &root)?;
        Ok(Contract { mode, document, keys, follow: None, body_limit, operations, payloads, answers: None })
    }

    /// Compiles the answers, too, for [`Contract::answers`].
    ///
    /// # Errors
    ///
    /// Names the first answer in the document that could not be checked.
    pub fn checking_answers(self) -> Result<Contract, ContractError> {
        Ok(Contract { answers: Some(Answers::load(self.document, self.operations.iter().map(|(id, _)| *id))?), ..self })
    }

    /// Takes the tokens that [`FollowKey`] signs, too.
    #[must_use]
    pub fn following(self, key: FollowKey) -> Contract {
        Contract { follow: Some(key), ..self }
    }

    /// A token for following this job, if there is a key for such.
    ///
    /// # Errors
    ///
    /// If the library cannot sign.
    pub fn follow_token(&self, job_id: i64) -> Result<Option<String>, TokenError> {
        self.follow.as_ref().map(|key| key.sign(job_id)).transpose()
    }

    /// Who a bearer token names, if it counts.
    fn caller(&self, token: &str) -> Option<Caller> {
        let verified = self.keys.as_ref().map(|keys| keys.verify(token));
        match verified {
            Some(Ok(caller)) => Some(caller),
            refused => self.follow.as_ref().and_then(|key| key.verify(token)).or_else(|| {
                let error = refused.and_then(Result::err).map(tracing::field::display);
                tracing::debug!(error, "token refused");
                None
            }),
        }
    }

    /// What answers must be like, if it was compiled.
    #[must_use]
    pub fn answers(&self) -> Option<&Answers> {
        self.answers.as_ref()
    }

    /// The headers that are parameters of any operation.
    #[must_use]
    pub fn request_headers(&self) -> Vec<HeaderName> {
        let mut names: Vec<HeaderName> = Vec::new();
        for name in self.operations.iter().flat_map(|(_, rules)| rules.parameters.header_names()) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// The scopes that open any operation, in their alphabetical order.
    #[must_use]
    pub fn scopes(&self) -> Vec<&str> {
        let mut scopes: Vec<&str> = self.operations.iter().flat_map(|(_, rules)| rules.security.scopes()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }

    /// The mode whose document this is.
    #[must_use]
    pub fn mode(&self) -> ValidationMode {
        self.mode
    }

    /// The enforced document, as served at `/openapi.json`.
    #[must_use]
    pub fn json(&self) -> &'static str {
        self.document.json
    }

    /// The same document as YAML, as served at `/openapi.yaml`.
    #[must_use]
    pub fn yaml(&self) -> &'static str {
        self.document.yaml
    }

    /// Whether the contract lists this job type.
    pub fn has_job_type(&self, job_type: &str) -> bool {
        self.payloads.iter().any(|(name, _)| name == job_type)
    }

    /// Checks the payload of a job against the schema of its type. The pointers are those of a body that has the two
    /// as `job_type` and `payload` at `at`.
    ///
    /// # Errors
    ///
    /// All that is wrong, at most 100 violations.
    pub fn check_payload(&self, at: &str, job_type: &str, payload: &Value) -> Result<(), Vec<Violation>> {
        let mut violations = Violations::default();
        match self.payloads.iter().find(|(name, _)| name == job_type) {
            Some((_, validator)) => violations.check_body(validator, payload, &format!("{at}/payload")),
            None => {
                let known: Vec<&str> = self.payloads.iter().map(|(name, _)| name.as_str()).collect();
                violations.in_body(&format!("{at}/job_type"), "enum", format!("must be one of {}", known.join(", ")));
            }
        }
        violations.into_result()
    }
}

impl Rules {
    fn read(
        mode: ValidationMode,
        compiler: &Compiler<'_>,
        root: &Node<'_>,
        item: &Node<'_>,
        operation: &Node<'_>,
    ) -> Result<Rules, ContractError> {
        let security = Security::read(root, operation)?;
        let offered = Offered::read(operation)?;
        let parameters = Parameters::read(compiler, root, item, operation)?;
        let body = match operation.member("requestBody") {
            Some(body) => Some(BodyRule::read(mode, compiler, &body.resolved()?)?),
            None => None,
        };
        let deprecation = Deprecation::read(operation)?;
        Ok(Rules { security, offered, parameters, body, deprecation })
    }
}

fn read_payloads(compiler: &Compiler<'_>, root: &Node<'_>) -> Result<Vec<(String, Validator)>, ContractError> {
    let Some(job_types) = root.member("x-job-types") else {
        return Ok(Vec::new());
    };
    let payload = |(name, job_type): (&str, Node<'_>)| {
        let schema = job_type.member("payload").ok_or_else(|| job_type.unsupported("a job type needs a payload"))?;
        Ok((name.to_owned(), compiler.compile(&schema)?))
    };
    job_types.members().map(payload).collect()
}
