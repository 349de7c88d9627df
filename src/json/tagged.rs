//! Objects of several kinds, told apart by one member.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Members;

/// An object of which only the member that names its kind has been read. The rest is still the text it came in, so that
/// extras keep theirs, which serde's own tagged enums would not let them.
#[derive(Debug)]
pub struct Tagged {
    member: &'static str,
    tag: String,
    text: Box<RawValue>,
}

impl Tagged {
    /// Reads which kind an object is of: the string in `member`.
    ///
    /// # Errors
    ///
    /// If it is no object or has no such string.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D, member: &'static str) -> Result<Tagged, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let mut members = Members::deserialize(&*text).map_err(D::Error::custom)?;
        let tag = members.required(member).map_err(D::Error::custom)?;
        Ok(Tagged { member, tag, text })
    }

    /// The kind.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Reads the whole object.
    ///
    /// # Errors
    ///
    /// If it is not a `T`.
    pub fn read<T: DeserializeOwned, E: Error>(&self) -> Result<T, E> {
        T::deserialize(&*self.text).map_err(E::custom)
    }

    /// The error that there is no such kind.
    pub fn unknown<E: Error>(&self) -> E {
        E::custom(format_args!("member '{}' names nothing that is known", self.member))
    }
}
