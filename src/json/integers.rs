//! Integers as JSON Schema knows them, alone and in lists and maps.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// An integer in any spelling that JSON Schema calls one, `6`, `6.0` and `6e0`; or a list or map of such.
///
/// A number with a fraction point or an exponent is read as the nearest double, as the validators read it: whatever
/// they accept becomes the integer that they checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Int<T>(pub T);

impl<'de, T: Integers> Deserialize<'de> for Int<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Int)
    }
}

/// What an [`Int`] can hold.
pub trait Integers: Sized {
    /// Reads every integer in any spelling.
    ///
    /// # Errors
    ///
    /// If something is not an integer or out of range.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

impl Integers for i32 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntVisitor(PhantomData))
    }
}

impl Integers for i64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntVisitor(PhantomData))
    }
}

impl<T: Integers> Integers for Option<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<Int<T>>::deserialize(deserializer).map(|value| value.map(|int| int.0))
    }
}

impl<T: Integers> Integers for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Int<T>>::deserialize(deserializer).map(|items| items.into_iter().map(|int| int.0).collect())
    }
}

impl<T: Integers> Integers for BTreeMap<String, T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = BTreeMap::<String, Int<T>>::deserialize(deserializer)?;
        Ok(members.into_iter().map(|(name, int)| (name, int.0)).collect())
    }
}

struct IntVisitor<T>(PhantomData<T>);

impl<T: TryFrom<i128>> Visitor<'_> for IntVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an integer in range")
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<T, E> {
        T::try_from(value.into()).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<T, E> {
        T::try_from(value.into()).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<T, E> {
        // A cast from a double saturates, and no `T` in use reaches to where it would.
        let whole = (value.fract() == 0.0).then_some(value as i128);
        whole.and_then(|whole| T::try_from(whole).ok()).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
    }
}

/// For `#[serde(deserialize_with)]`: integers in any spelling, see [`Int`].
///
/// # Errors
///
/// If something is not an integer or out of range.
pub fn integer<'de, D: Deserializer<'de>, T: Integers>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// For `#[serde(default, deserialize_with)]`: an [`integer`] or `null`.
///
/// # Errors
///
/// If it is neither.
pub fn optional_integer<'de, D: Deserializer<'de>, T: Integers>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::read(deserializer)
}

/// For `#[serde(default, deserialize_with)]`: a [`double_option`](super::double_option) of an [`integer`].
///
/// # Errors
///
/// If the member is there and neither `null` nor an integer in range.
pub fn double_optional_integer<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Integers,
{
    Option::read(deserializer).map(Some)
}
