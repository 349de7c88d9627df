//! `style: deepObject`: an object in the query string, `filter[name]=taro&filter[age]=7`.

use std::borrow::Cow;

use jsonschema::Validator;
use serde_json::{Map, Value};

use super::{Kind, default_of, form_decoded};
use crate::api::models::ViolationIn;
use crate::contract::ContractError;
use crate::contract::document::Node;
use crate::contract::validators::Compiler;
use crate::contract::violations::Violations;

const QUERY: ViolationIn = ViolationIn::Query;

/// A parameter whose members come one by one, each as a single value.
#[derive(Debug)]
pub(super) struct DeepObject {
    name: String,
    required: bool,
    default: Option<Value>,
    declared: Vec<(String, Kind)>,
    validator: Validator,
}

/// A member as it is given: its name, if it is written as one, and its text.
pub(super) type Given<'a> = (Option<String>, &'a [u8]);

impl DeepObject {
    pub(super) fn read(compiler: &Compiler<'_>, node: &Node<'_>, name: &str) -> Result<DeepObject, ContractError> {
        let refused = |what: String| node.unsupported(format!("parameter '{name}': {what}"));
        let schema =
            node.member("schema").ok_or_else(|| refused("only parameters with a schema are supported".into()))?;
        let properties = schema.clone().resolved()?.member("properties");
        let properties = properties.ok_or_else(|| refused("a deepObject needs a schema with properties".into()))?;
        let mut declared = Vec::new();
        for (member, property) in properties.members() {
            let kind = Kind::of(&property.resolved()?);
            let kind = kind.ok_or_else(|| refused(format!("member '{member}' must be a single value")))?;
            declared.push((member.to_owned(), kind));
        }
        let (default, validator) = (default_of(&schema)?, compiler.compile(&schema)?);
        Ok(DeepObject { name: name.to_owned(), required: node.flag("required"), default, declared, validator })
    }

    /// Whether this is the parameter of that name.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// The member that a name in the query means: none if the name is not about this parameter, an inner none if it is
    /// and means no member, such as `filter` alone or `filter[a][b]`.
    pub(super) fn member(&self, name: &str) -> Option<Option<String>> {
        let rest = name.strip_prefix(&self.name)?;
        let inner = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match inner.filter(|member| !member.is_empty() && !member.contains(['[', ']'])) {
            Some(member) => Some(Some(member.to_owned())),
            None => (rest.is_empty() || rest.starts_with('[')).then_some(None),
        }
    }

    /// Adds the value of this parameter, or says what is wrong with it.
    pub(super) fn add(
        &self,
        given: &[Given<'_>],
        refuse_undeclared: bool,
        values: &mut Map<String, Value>,
        violations: &mut Violations,
    ) {
        let value = match &self.default {
            _ if !given.is_empty() => Value::Object(self.members(given, refuse_undeclared, violations)),
            Some(default) => default.clone(),
            None if self.required => return violations.in_parameter(QUERY, &self.name, "required", "is required"),
            None => return,
        };
        violations.check_members(&self.validator, &value, QUERY, &self.name);
        values.insert(self.name.clone(), value);
    }

    fn members(&self, given: &[Given<'_>], refuse_undeclared: bool, violations: &mut Violations) -> Map<String, Value> {
        let mut members = Map::new();
        for (member, text) in given {
            let Some(member) = member else {
                let message = format!("must be given by its members, such as {}[member]=value", self.name);
                violations.in_parameter(QUERY, &self.name, "type", message);
                continue;
            };
            let wrong = match form_decoded(text) {
                None => ("type", "must be valid UTF-8"),
                Some(_) if members.contains_key(member) => ("type", "must be given only once"),
                Some(_) if refuse_undeclared && self.kind(member).is_none() => {
                    ("additionalProperties", "is not allowed")
                }
                Some(text) => {
                    members.insert(member.clone(), self.value(member, text));
                    continue;
                }
            };
            violations.in_member(QUERY, (&self.name, member), wrong.0, wrong.1);
        }
        members
    }

    /// What a member's text becomes. One that is not of its type stays a string, and the validator says so.
    fn value(&self, member: &str, text: Cow<'_, str>) -> Value {
        let kind = self.kind(member).unwrap_or(Kind::String);
        kind.coerced(Cow::Borrowed(&text)).unwrap_or_else(|_| Value::String(text.into_owned()))
    }

    fn kind(&self, member: &str) -> Option<Kind> {
        self.declared.iter().find(|(name, _)| name == member).map(|(_, kind)| *kind)
    }
}
