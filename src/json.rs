//! JSON as this service reads it: a parser that refuses what `serde_json` lets pass, objects that keep the very text
//! of their values, and the serde helpers that the generated models name.
//!
//! ```
//! let refused = keiyaku::json::parse(br#"{"age": 1, "\u0061ge": 2}"#);
//! assert_eq!(refused.unwrap_err().to_string(), "member 'age' occurs twice (line 1, column 21)");
//! ```

mod integers;
mod merge;
mod tagged;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

pub use integers::{Int, Integers, double_optional_integer, integer, optional_integer};
pub use tagged::Tagged;

/// How many arrays and objects may lie inside one another.
pub const MAX_DEPTH: usize = 64;

/// The longest name that a message repeats, in characters.
pub(crate) const MAX_SHOWN_NAME: usize = 64;

/// Parses one JSON text strictly: UTF-8 without a byte order mark, no member twice in an object (names are compared
/// after their escapes are resolved), no deeper than [`MAX_DEPTH`], and nothing behind it.
///
/// # Errors
///
/// Says what is wrong and where; the text itself is never repeated, save the name of a doubled member.
pub fn parse(bytes: &[u8]) -> Result<Value, ParseError> {
    let text = std::str::from_utf8(bytes).map_err(|error| ParseError::NotUtf8 { byte: error.valid_up_to() + 1 })?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let fault = Cell::new(None);
    let value = Strict { depth: MAX_DEPTH, fault: &fault }
        .deserialize(&mut deserializer)
        .map_err(|error| ParseError::new(&error, fault.take()))?;
    match deserializer.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(ParseError::Trailing { line: error.line(), column: error.column() }),
    }
}

/// Why a text is not the JSON that this service accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// JSON is UTF-8.
    #[error("not valid UTF-8 (byte {byte})")]
    NotUtf8 {
        /// The position of the first bad byte, from 1.
        byte: usize,
    },
    /// Two members of one object have the same name, so readers would disagree which of them counts.
    #[error("member '{name}' occurs twice (line {line}, column {column})")]
    Duplicate {
        /// The member's name as [`shown`] writes it.
        name: String,
        /// The line of the second occurrence, from 1.
        line: usize,
        /// The column of the second occurrence, from 1.
        column: usize,
    },
    /// More than [`MAX_DEPTH`] arrays and objects inside one another.
    #[error("nested more than {MAX_DEPTH} levels deep (line {line}, column {column})")]
    TooDeep {
        /// The line where the limit was passed, from 1.
        line: usize,
        /// The column where the limit was passed, from 1.
        column: usize,
    },
    /// A complete JSON value, and then more.
    #[error("something follows the end of the JSON value (line {line}, column {column})")]
    Trailing {
        /// The line of what follows, from 1.
        line: usize,
        /// The column of what follows, from 1.
        column: usize,
    },
    /// Everything that the grammar of JSON forbids, and numbers beyond the range of a double.
    #[error("{reason} (line {line}, column {column})")]
    Syntax {
        /// What the parser expected; fixed words, nothing from the text.
        reason: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
}

impl ParseError {
    fn new(error: &serde_json::Error, fault: Option<Fault>) -> ParseError {
        let (line, column) = (error.line(), error.column());
        match fault {
            Some(Fault::Duplicate(name)) => ParseError::Duplicate { name: shown(&name), line, column },
            Some(Fault::TooDeep) => ParseError::TooDeep { line, column },
            None => ParseError::Syntax { reason: syntax_reason(error), line, column },
        }
    }
}

/// The parser's own words without the position that it appends. Only its syntax errors are worded by fixed strings;
/// any other kind could quote the text, so it is not repeated.
fn syntax_reason(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Syntax | Category::Eof => {
            let words = error.to_string();
            words.split_once(" at line ").map_or(words.as_str(), |(reason, _)| reason).to_owned()
        }
        Category::Data | Category::Io => "not valid JSON".to_owned(),
    }
}

/// A name from a client as messages show it: control and invisible characters escaped, cut at 64 characters.
#[must_use]
pub fn shown(name: &str) -> String {
    let mut characters = name.chars();
    let mut shown: String = characters.by_ref().take(MAX_SHOWN_NAME).flat_map(char::escape_debug).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// What only [`Strict`] looks for; kept beside serde's error, which cannot carry it.
enum Fault {
    Duplicate(String),
    TooDeep,
}

/// Builds a [`Value`] and refuses duplicate names and too much depth on the way.
#[derive(Clone, Copy)]
struct Strict<'a> {
    /// How many levels are left.
    depth: usize,
    fault: &'a Cell<Option<Fault>>,
}

impl Strict<'_> {
    fn fail<E: serde::de::Error>(self, fault: Fault) -> E {
        self.fault.set(Some(fault));
        E::custom("refused")
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Strict { depth, ..self }),
            None => Err(self.fail(Fault::TooDeep)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            match members.entry(name) {
                serde_json::map::Entry::Vacant(place) => place.insert(map.next_value_seed(inner)?),
                serde_json::map::Entry::Occupied(place) => return Err(self.fail(Fault::Duplicate(place.key().clone()))),
            };
        }
        Ok(Value::Object(members))
    }
}

/// A JSON object whose members keep their order and whose values keep the very text they came in, so that no number
/// is rounded on its way through. Two are equal when their texts are.
#[derive(Debug, Clone, Default)]
pub struct Object(Vec<(String, Box<RawValue>)>);

impl Object {
    /// The text of the member with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// Whether it has no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many members it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The members in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), &**value))
    }

    /// Appends a member. Whether its name is new is the caller's concern.
    pub fn push(&mut self, name: impl Into<String>, value: Box<RawValue>) {
        self.0.push((name.into(), value));
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other.iter()).all(|((a, x), (b, y))| a == b && x.get() == y.get())
    }
}

impl Eq for Object {}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Object;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::with_capacity(map.size_hint().unwrap_or(8));
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// The members of an object that a generated model takes its fields out of; what it leaves is its extras.
///
/// `#[serde(flatten)]` would buffer the extras in a form that loses the text of their numbers.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Members(Object);

impl Members {
    /// Takes a member that must be there. It may be `null` if `T` can be.
    ///
    /// # Errors
    ///
    /// If it is missing or not a `T`.
    pub fn required<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<T, serde_json::Error> {
        self.optional(name)?.ok_or_else(|| serde_json::Error::missing_field(name))
    }

    /// Takes a member that may be missing. A member that may also be `null` is an `optional::<Option<T>>`.
    ///
    /// # Errors
    ///
    /// If it is there and not a `T`.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<Option<T>, serde_json::Error> {
        match self.0.0.iter().position(|(key, _)| key == name) {
            Some(place) => T::deserialize(&*self.0.0.remove(place).1).map(Some),
            None => Ok(None),
        }
    }

    /// What no field took, in its order.
    #[must_use]
    pub fn rest(self) -> Object {
        self.0
    }
}

/// For `#[serde(default, deserialize_with)]`: tells an absent member (`None`) from `null` (`Some(None)`).
///
/// # Errors
///
/// If the member is there and neither `null` nor a `T`.
pub fn double_option<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
