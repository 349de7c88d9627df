//! What is wrong with a request, in our own words. The validator's messages quote values; these never do.

use std::borrow::Cow;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::document::escaped;
use crate::api::models::{Violation, ViolationIn};
use crate::json::MAX_SHOWN_NAME;

/// The most violations that one answer lists.
const MAX_VIOLATIONS: usize = 100;

/// The violations of one request, in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Violations(Vec<Violation>);

impl Violations {
    /// Adds one about a parameter.
    pub(super) fn in_parameter(
        &mut self,
        place: ViolationIn,
        name: &str,
        keyword: &str,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.add(place, pointer_to(name), keyword, message.into());
    }

    /// Adds one about a member of a parameter that is an object.
    pub(super) fn in_member(
        &mut self,
        place: ViolationIn,
        (name, member): (&str, &str),
        keyword: &str,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.add(place, format!("{}{}", pointer_to(name), pointer_to(member)), keyword, message.into());
    }

    /// Adds one about the part of the body that the pointer leads to.
    pub(super) fn in_body(&mut self, pointer: &str, keyword: &str, message: impl Into<Cow<'static, str>>) {
        self.add(ViolationIn::Body, cut(pointer).into_owned(), keyword, message.into());
    }

    fn add(&mut self, place: ViolationIn, pointer: String, keyword: &str, message: Cow<'static, str>) {
        if self.0.len() < MAX_VIOLATIONS {
            let (keyword, message) = (keyword.to_owned(), message.into_owned());
            self.0.push(Violation { r#in: place, pointer, keyword, message });
        }
    }

    /// Checks a parameter's value.
    pub(super) fn check_parameter(&mut self, validator: &Validator, value: &Value, place: ViolationIn, name: &str) {
        each_error(validator, value, |_, keyword, message| self.in_parameter(place, name, keyword, message));
    }

    /// Checks the members of a parameter that is an object.
    pub(super) fn check_members(&mut self, validator: &Validator, value: &Value, place: ViolationIn, name: &str) {
        each_error(validator, value, |pointer, keyword, message| {
            self.add(place, format!("{}{}", pointer_to(name), cut(pointer)), keyword, message);
        });
    }

    /// Checks a body, or the part of one that lies at `at`.
    pub(super) fn check_body(&mut self, validator: &Validator, value: &Value, at: &str) {
        each_error(validator, value, |pointer, keyword, message| {
            self.in_body(&format!("{at}{pointer}"), keyword, message);
        });
    }

    /// Fails with the violations, if there are any.
    pub(super) fn into_result(self) -> Result<(), Vec<Violation>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

/// Calls back with pointer, keyword and message of everything that is wrong with a value.
fn each_error(validator: &Validator, value: &Value, mut report: impl FnMut(&str, &str, Cow<'static, str>)) {
    // Most requests are right, and to say only that is several times cheaper.
    if !validator.is_valid(value) {
        validator.iter_errors(value).for_each(|error| explain(&error, value, &mut report));
    }
}

/// Reports an error about `root` or a part of it, and those that it consists of.
fn explain(error: &ValidationError<'_>, root: &Value, report: &mut dyn FnMut(&str, &str, Cow<'static, str>)) {
    use ValidationErrorKind as Kind;
    let at = error.instance_path().as_str();
    let keyword = error.kind().keyword();
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for name in unexpected.iter().take(MAX_VIOLATIONS) {
                report(&format!("{at}{}", pointer_to(name)), keyword, "is not allowed".into());
            }
        }
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            report(&format!("{at}{}", pointer_to(name)), keyword, "is required".into());
        }
        // The name itself is what the inner error is about.
        Kind::PropertyNames { error } => {
            let name = error.instance().as_str().unwrap_or_default();
            report(&format!("{at}{}", pointer_to(name)), keyword, "is not allowed".into());
        }
        // A choice in which only one branch is of the right type or kind: what is wrong is what that branch says.
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => match one_that_nearly_fits(context, at) {
            Some(errors) => errors.iter().for_each(|error| explain(error, root, report)),
            None => no_branch(context, at, keyword, report),
        },
        // `false` is how JSON Schema writes "not anything". Where a schema allows no member at all, the validator
        // speaks of the object and leaves it to us to name them.
        Kind::FalseSchema => {
            let keyword = error.schema_path().as_str().rsplit('/').next().unwrap_or_default();
            match root.pointer(at) {
                Some(Value::Object(members)) if ["additionalProperties", "propertyNames"].contains(&keyword) => {
                    for name in members.keys().take(MAX_VIOLATIONS) {
                        report(&format!("{at}{}", pointer_to(name)), keyword, "is not allowed".into());
                    }
                }
                _ => report(at, "not", "is not allowed".into()),
            }
        }
        kind => report(at, keyword, message(kind)),
    }
}

fn one_that_nearly_fits<'a>(
    branches: &'a [Vec<ValidationError<'static>>],
    at: &str,
) -> Option<&'a [ValidationError<'static>]> {
    let of_another_kind = |error: &ValidationError<'_>| {
        let of_another_type =
            error.instance_path().as_str() == at && matches!(error.kind(), ValidationErrorKind::Type { .. });
        of_another_type || tag_wanted(error, at).is_some()
    };
    let mut near = branches.iter().filter(|errors| !errors.iter().any(of_another_kind));
    match (near.next(), near.next()) {
        (Some(errors), None) => Some(errors),
        _ => None,
    }
}

/// Reports that no branch of a choice is meant, by the member that would have told.
fn no_branch(
    branches: &[Vec<ValidationError<'static>>],
    at: &str,
    keyword: &str,
    report: &mut dyn FnMut(&str, &str, Cow<'static, str>),
) {
    if let Some((member, tags)) = told_apart_by(branches, at) {
        return report(&member, "enum", format!("must be one of {}", listed(&tags)).into());
    }
    match missing_in_all(branches, at) {
        Some(name) => report(&format!("{at}{}", pointer_to(name)), "required", "is required".into()),
        None => report(at, keyword, "does not have any of the allowed forms".into()),
    }
}

/// The first member that every branch of a choice asks for and does not find.
fn missing_in_all<'a>(branches: &'a [Vec<ValidationError<'static>>], at: &str) -> Option<&'a str> {
    let missing = |errors: &'a [ValidationError<'static>]| {
        errors.iter().filter_map(move |error| match error.kind() {
            ValidationErrorKind::Required { property } if error.instance_path().as_str() == at => property.as_str(),
            _ => None,
        })
    };
    let (first, others) = branches.split_first()?;
    missing(first).find(|name| others.iter().all(|errors| missing(errors).any(|other| other == *name)))
}

/// The member that tells the branches of a union apart, if that is what is wrong in each of them, and the value that each
/// of them wants there.
fn told_apart_by(branches: &[Vec<ValidationError<'static>>], at: &str) -> Option<(String, Vec<Value>)> {
    let wanted = |errors: &[ValidationError<'static>]| errors.iter().find_map(|error| tag_wanted(error, at));
    let found: Option<Vec<(String, Value)>> = branches.iter().map(|errors| wanted(errors)).collect();
    let (members, tags): (Vec<String>, Vec<Value>) = found?.into_iter().unzip();
    let member = members.first().filter(|first| members.iter().all(|member| member == *first))?;
    Some((member.clone(), tags))
}

/// The pointer of a member of the object at `at` that should have one certain value, and that value.
fn tag_wanted(error: &ValidationError<'_>, at: &str) -> Option<(String, Value)> {
    let pointer = error.instance_path().as_str();
    let is_member = pointer.strip_prefix(at).is_some_and(|below| below.matches('/').count() == 1);
    let value = match error.kind() {
        ValidationErrorKind::Constant { expected_value } => expected_value,
        ValidationErrorKind::Enum { options } => match options.as_array()?.as_slice() {
            [one] => one,
            _ => return None,
        },
        _ => return None,
    };
    is_member.then(|| (pointer.to_owned(), value.clone()))
}

/// What a value must be like. Everything that is repeated here stands in the contract.
fn message(kind: &ValidationErrorKind) -> Cow<'static, str> {
    use ValidationErrorKind as Kind;
    match kind {
        Kind::Type { kind: TypeKind::Single(one) } => format!("must be {}", with_article(&one.to_string())).into(),
        Kind::Type { kind: TypeKind::Multiple(types) } => {
            let names: Vec<String> = types.iter().map(|one| with_article(&one.to_string())).collect();
            format!("must be {}", names.join(" or ")).into()
        }
        Kind::Format { format } => format_message(format),
        Kind::Minimum { limit } => format!("must be at least {limit}").into(),
        Kind::Maximum { limit } => format!("must be at most {limit}").into(),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}").into(),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}").into(),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}").into(),
        Kind::MinLength { limit: 1 } => "must not be empty".into(),
        Kind::MinLength { limit } => format!("must have at least {}", counted(*limit, "character")).into(),
        Kind::MaxLength { limit } => format!("must have at most {}", counted(*limit, "character")).into(),
        Kind::MinItems { limit } => format!("must have at least {}", counted(*limit, "item")).into(),
        Kind::MaxItems { limit } => format!("must have at most {}", counted(*limit, "item")).into(),
        Kind::AdditionalItems { limit } => format!("must have at most {}", counted(*limit as u64, "item")).into(),
        Kind::MinProperties { limit } => format!("must have at least {}", counted(*limit, "member")).into(),
        Kind::MaxProperties { limit } => format!("must have at most {}", counted(*limit, "member")).into(),
        // A pattern is no friendly reading; the contract has it.
        Kind::Pattern { .. } => "has an invalid format".into(),
        Kind::UniqueItems => "must not have the same item twice".into(),
        Kind::Enum { options } => match options.as_array() {
            Some(options) => format!("must be one of {}", listed(options)).into(),
            None => "must be one of the allowed values".into(),
        },
        Kind::Constant { expected_value } => format!("must be {}", listed(std::slice::from_ref(expected_value))).into(),
        Kind::OneOfMultipleValid { .. } => "has more than one of the allowed forms".into(),
        Kind::Custom { message, .. } => message.clone().into(),
        Kind::Not { .. } => "is not allowed to be this".into(),
        _ => "does not fit the contract".into(),
    }
}

fn format_message(format: &str) -> Cow<'static, str> {
    match format {
        // A whole sentence: it is the one that everybody meets.
        "email" => "Email address format is invalid".into(),
        "date-time" => "must be a date and time such as 2026-01-31T09:30:00Z".into(),
        "date" => "must be a date such as 2026-01-31".into(),
        "uuid" => "must be a UUID".into(),
        "uri" => "must be a URI".into(),
        other => format!("must have the format {other}").into(),
    }
}

fn with_article(name: &str) -> String {
    match name {
        "null" => "null".to_owned(),
        "boolean" => "true or false".to_owned(),
        name if name.starts_with(['a', 'i', 'o']) => format!("an {name}"),
        name => format!("a {name}"),
    }
}

fn counted(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// Values of the contract, strings without their quotes.
fn listed(options: &[Value]) -> String {
    let text = |option: &Value| option.as_str().map_or_else(|| option.to_string(), str::to_owned);
    options.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// A name as a JSON pointer of one token.
fn pointer_to(name: &str) -> String {
    cut(&format!("/{}", escaped(name))).into_owned()
}

/// A pointer in which no name is longer than messages show. A name is data from the client.
fn cut(pointer: &str) -> Cow<'_, str> {
    if pointer.split('/').all(|name| name.len() <= MAX_SHOWN_NAME) {
        return Cow::Borrowed(pointer);
    }
    let short = |name: &str| match name.char_indices().nth(MAX_SHOWN_NAME) {
        Some((end, _)) => format!("{}…", name[..end].trim_end_matches('~')),
        None => name.to_owned(),
    };
    Cow::Owned(pointer.split('/').map(short).collect::<Vec<_>>().join("/"))
}
