// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! The contract's schemas, and the parameters of its operations.
//!
//! `Validate` repeats the contract's bounds for code that builds a model by hand. What a client sends is judged by the
//! contract itself, before it becomes a model.

use serde::{Deserialize, Serialize};
use validator::Validate;

/// The contract's `Account`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Account {
    /// `id`
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1))]
    pub id: i64,
    /// `name`
    pub name: String,
    /// `owner`
    #[validate(nested)]
    pub owner: Owner,
}

/// `Account` as clients send it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct AccountRequest {
    /// `name`
    pub name: String,
    /// `password`
    #[validate(length(min = 8))]
    pub password: String,
    /// `Owner` as clients send it.
    #[validate(nested)]
    pub owner: OwnerRequest,
}

/// The contract's `Bark`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Bark {
    /// `grows_on`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub grows_on: Option<Box<Tree>>,
}

/// The contract's `Both`.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct Both {
    /// `name`
    #[validate(length(min = 1))]
    pub name: String,
    /// The members beyond those above, in the order and the text they came in.
    pub additional_properties: crate::json::Object,
}

impl Both {
    fn from_members(mut members: crate::json::Members) -> serde_json::Result<Self> {
        Ok(Self { name: members.required("name")?, additional_properties: members.rest() })
    }
}

impl<'de> Deserialize<'de> for Both {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = crate::json::Members::deserialize(deserializer)?;
        Self::from_members(members).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Both {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        for (name, value) in self.additional_properties.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The contract's `Cat`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Cat {
    /// The values of `kind` in `Cat`.
    pub kind: CatKind,
    /// `name`
    #[validate(length(min = 1, max = 20))]
    pub name: String,
    /// `lives`
    #[serde(default = "Cat::default_lives", deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0, max = 9))]
    pub lives: i32,
    /// A cat or a dog.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub prey: Option<Box<Pet>>,
}

impl Cat {
    fn default_lives() -> i32 {
        9
    }
}

/// The values of `kind` in `Cat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CatKind {
    /// `cat`
    #[serde(rename = "cat")]
    Cat,
}

impl CatKind {
    /// Every value, in the contract's order.
    pub const ALL: &[CatKind] = &[CatKind::Cat];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cat => "cat",
        }
    }
}

impl std::fmt::Display for CatKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for CatKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of CatKind".to_owned())
    }
}

/// The contract's `Circle`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Circle {
    /// The values of `form` in `Circle`.
    pub form: CircleForm,
    /// `id`
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1, max = 9))]
    pub id: i32,
    /// `inside`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub inside: Option<Box<Shape>>,
}

/// The values of `form` in `Circle`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CircleForm {
    /// `Circle`
    #[serde(rename = "Circle")]
    Circle,
}

impl CircleForm {
    /// Every value, in the contract's order.
    pub const ALL: &[CircleForm] = &[CircleForm::Circle];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Circle => "Circle",
        }
    }
}

impl std::fmt::Display for CircleForm {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for CircleForm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of CircleForm".to_owned())
    }
}

/// `Circle` as clients send it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct CircleRequest {
    /// The values of `form` in `Circle`.
    pub form: CircleForm,
    /// `Shape` as clients send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub inside: Option<Box<ShapeRequest>>,
}

/// The contract's `Color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Color {
    /// `red`
    #[serde(rename = "red")]
    Red,
    /// `dark-red`
    #[serde(rename = "dark-red")]
    DarkRed,
}

impl Color {
    /// Every value, in the contract's order.
    pub const ALL: &[Color] = &[Color::Red, Color::DarkRed];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::DarkRed => "dark-red",
        }
    }
}

impl std::fmt::Display for Color {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for Color {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of Color".to_owned())
    }
}

/// The contract's `Company`.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct Company {
    /// `name`
    #[validate(length(min = 1))]
    pub name: String,
    /// `founded`
    #[validate(range(min = 1800, max = 2200))]
    pub founded: Option<i32>,
    /// The members beyond those above, in the order and the text they came in.
    pub additional_properties: crate::json::Object,
}

impl Company {
    fn from_members(mut members: crate::json::Members) -> serde_json::Result<Self> {
        Ok(Self {
            name: members.required("name")?,
            founded: members.optional::<crate::json::Int<i32>>("founded")?.map(|int| int.0),
            additional_properties: members.rest(),
        })
    }
}

impl<'de> Deserialize<'de> for Company {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = crate::json::Members::deserialize(deserializer)?;
        Self::from_members(members).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Company {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        if let Some(value) = &self.founded {
            map.serialize_entry("founded", value)?;
        }
        for (name, value) in self.additional_properties.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// A dog keeps what else is said about it.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct Dog {
    /// The values of `kind` in `Dog`.
    pub kind: DogKind,
    /// The values of `mood` in `Dog`.
    pub mood: DogMood,
    /// `friends`
    #[validate(nested)]
    pub friends: Option<Vec<Pet>>,
    /// The members beyond those above, in the order and the text they came in.
    pub additional_properties: crate::json::Object,
}

impl Dog {
    fn from_members(mut members: crate::json::Members) -> serde_json::Result<Self> {
        Ok(Self {
            kind: members.required("kind")?,
            mood: members.optional("mood")?.unwrap_or_else(Dog::default_mood),
            friends: members.optional("friends")?,
            additional_properties: members.rest(),
        })
    }

    fn default_mood() -> DogMood {
        DogMood::Calm
    }
}

impl<'de> Deserialize<'de> for Dog {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = crate::json::Members::deserialize(deserializer)?;
        Self::from_members(members).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Dog {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", &self.kind)?;
        map.serialize_entry("mood", &self.mood)?;
        if let Some(value) = &self.friends {
            map.serialize_entry("friends", value)?;
        }
        for (name, value) in self.additional_properties.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The values of `kind` in `Dog`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DogKind {
    /// `dog`
    #[serde(rename = "dog")]
    Dog,
}

impl DogKind {
    /// Every value, in the contract's order.
    pub const ALL: &[DogKind] = &[DogKind::Dog];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dog => "dog",
        }
    }
}

impl std::fmt::Display for DogKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for DogKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of DogKind".to_owned())
    }
}

/// The values of `mood` in `Dog`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DogMood {
    /// `calm`
    #[serde(rename = "calm")]
    Calm,
    /// `wild`
    #[serde(rename = "wild")]
    Wild,
}

impl DogMood {
    /// Every value, in the contract's order.
    pub const ALL: &[DogMood] = &[DogMood::Calm, DogMood::Wild];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Wild => "wild",
        }
    }
}

impl std::fmt::Display for DogMood {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for DogMood {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of DogMood".to_owned())
    }
}

/// A person with a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Employee {
    /// `name`
    #[validate(length(min = 1))]
    pub name: String,
    /// The values of `level` in `Employee`.
    #[serde(default = "Employee::default_level")]
    pub level: EmployeeLevel,
    /// A person with a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub manager: Option<Box<Employee>>,
    /// `badge`
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 1, max = 999))]
    pub badge: i32,
}

impl Employee {
    fn default_level() -> EmployeeLevel {
        EmployeeLevel::Junior
    }
}

/// The values of `level` in `Employee`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EmployeeLevel {
    /// `junior`
    #[serde(rename = "junior")]
    Junior,
    /// `senior`
    #[serde(rename = "senior")]
    Senior,
}

impl EmployeeLevel {
    /// Every value, in the contract's order.
    pub const ALL: &[EmployeeLevel] = &[EmployeeLevel::Junior, EmployeeLevel::Senior];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Junior => "junior",
            Self::Senior => "senior",
        }
    }
}

impl std::fmt::Display for EmployeeLevel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for EmployeeLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of EmployeeLevel".to_owned())
    }
}

/// The contract's `Filter`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Filter {
    /// `name`
    #[validate(length(max = 5))]
    pub name: String,
    /// `age`
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 0, max = 150))]
    pub age: Option<i32>,
    /// `color`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// `good`
    #[serde(default = "Filter::default_good")]
    pub good: bool,
}

impl Filter {
    fn default_good() -> bool {
        true
    }
}

/// The values of `sort` in `FindPets`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FindPetsSort {
    /// `name`
    #[serde(rename = "name")]
    Name,
    /// `-age`
    #[serde(rename = "-age")]
    Age,
}

impl FindPetsSort {
    /// Every value, in the contract's order.
    pub const ALL: &[FindPetsSort] = &[FindPetsSort::Name, FindPetsSort::Age];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Age => "-age",
        }
    }
}

impl std::fmt::Display for FindPetsSort {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for FindPetsSort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of FindPetsSort".to_owned())
    }
}

/// The parameters of `findPets`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Found {
    /// `kind`
    pub kind: PetKind,
    /// `sort`
    pub sort: String,
    /// `limit`
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0, max = 100))]
    pub limit: i32,
    /// `color`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// `tag`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Vec<String>>,
    /// `ids`
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<i32>>,
    /// `colors`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colors: Option<Vec<Color>>,
    /// `filter`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub filter: Option<Filter>,
    /// `more`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub more: Option<OpenFilter>,
    /// `header_color`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_color: Option<Color>,
    /// `header_sizes`
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    pub header_sizes: Option<Vec<i32>>,
}

/// The contract's `Named`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Named {
    /// `name`
    #[validate(length(min = 1))]
    pub name: String,
}

/// The contract's `OpenFilter`.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct OpenFilter {
    /// `weight`
    #[validate(range(exclusive_min = 0.0))]
    pub weight: Option<f64>,
    /// The members beyond those above, in the order and the text they came in.
    pub additional_properties: crate::json::Object,
}

impl OpenFilter {
    fn from_members(mut members: crate::json::Members) -> serde_json::Result<Self> {
        Ok(Self { weight: members.optional("weight")?, additional_properties: members.rest() })
    }
}

impl<'de> Deserialize<'de> for OpenFilter {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = crate::json::Members::deserialize(deserializer)?;
        Self::from_members(members).map_err(serde::de::Error::custom)
    }
}

impl Serialize for OpenFilter {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(None)?;
        if let Some(value) = &self.weight {
            map.serialize_entry("weight", value)?;
        }
        for (name, value) in self.additional_properties.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The contract's `Order`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Order {
    /// `email`
    pub email: String,
    /// `home`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    /// Only & < > " ' / and \ in it: <b>"bold"</b>
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// `html`
    #[serde(default = "Order::default_html")]
    pub html: String,
    /// `step`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// Is in `amount`.
    ///
    /// **Deprecated.**
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(range(exclusive_min = 0.0, exclusive_max = 100.0))]
    pub price: Option<f64>,
    /// `amount`
    #[serde(default = "Order::default_amount", deserialize_with = "crate::json::integer")]
    #[validate(range(exclusive_min = 0, exclusive_max = 10))]
    pub amount: i32,
    /// The values of `size` in `Order`.
    #[serde(default = "Order::default_size")]
    pub size: OrderSize,
    /// `numbers`
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 3))]
    pub numbers: Option<Vec<i64>>,
    /// `defaults`
    #[serde(default = "Order::default_defaults", deserialize_with = "crate::json::integer")]
    pub defaults: Vec<i32>,
    /// `by_name`
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    pub by_name: Option<std::collections::BTreeMap<String, Vec<Option<i32>>>>,
    /// `sizes`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sizes: Option<Vec<OrderSizes>>,
    /// `note`
    #[validate(length(max = 10))]
    pub note: Option<String>,
    /// `gift`
    #[serde(
        default,
        deserialize_with = "crate::json::double_optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    #[validate(range(min = 0, max = 9))]
    pub gift: Option<Option<i32>>,
    /// The values of `rank` in `Order`.
    #[serde(default = "Order::default_rank")]
    pub rank: Option<OrderRank>,
    /// Perhaps a color.
    #[serde(default, deserialize_with = "crate::json::double_option", skip_serializing_if = "Option::is_none")]
    pub color: Option<Option<Color>>,
    /// `type`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// `palette`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub palette: Option<Vec<Option<Color>>>,
    /// The generator would call its type OrderAbc.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a_bc: Option<OrderABc>,
    /// `more_sizes`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_sizes: Option<Vec<SizesItem>>,
}

impl Order {
    fn default_html() -> String {
        "<a href=\"x\">&amp;</a>".to_owned()
    }

    fn default_amount() -> i32 {
        1
    }

    fn default_size() -> OrderSize {
        OrderSize::M
    }

    fn default_defaults() -> Vec<i32> {
        vec![1, 2]
    }

    fn default_rank() -> Option<OrderRank> {
        Some(OrderRank::Gold)
    }
}

/// The values of `a_bc` in `Order`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderABc {
    /// `x`
    #[serde(rename = "x")]
    X,
}

impl OrderABc {
    /// Every value, in the contract's order.
    pub const ALL: &[OrderABc] = &[OrderABc::X];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::X => "x",
        }
    }
}

impl std::fmt::Display for OrderABc {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for OrderABc {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of OrderABc".to_owned())
    }
}

/// The values of `rank` in `Order`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderRank {
    /// `gold`
    #[serde(rename = "gold")]
    Gold,
}

impl OrderRank {
    /// Every value, in the contract's order.
    pub const ALL: &[OrderRank] = &[OrderRank::Gold];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gold => "gold",
        }
    }
}

impl std::fmt::Display for OrderRank {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for OrderRank {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of OrderRank".to_owned())
    }
}

/// The values of `size` in `Order`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderSize {
    /// `<s>`
    #[serde(rename = "<s>")]
    S,
    /// `m`
    #[serde(rename = "m")]
    M,
}

impl OrderSize {
    /// Every value, in the contract's order.
    pub const ALL: &[OrderSize] = &[OrderSize::S, OrderSize::M];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S => "<s>",
            Self::M => "m",
        }
    }
}

impl std::fmt::Display for OrderSize {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for OrderSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of OrderSize".to_owned())
    }
}

/// The values of `sizes` in `Order`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderSizes {
    /// `s`
    #[serde(rename = "s")]
    S,
    /// `m`
    #[serde(rename = "m")]
    M,
}

impl OrderSizes {
    /// Every value, in the contract's order.
    pub const ALL: &[OrderSizes] = &[OrderSizes::S, OrderSizes::M];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S => "s",
            Self::M => "m",
        }
    }
}

impl std::fmt::Display for OrderSizes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for OrderSizes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of OrderSizes".to_owned())
    }
}

/// The contract's `Owner`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Owner {
    /// `name`
    pub name: String,
    /// `since`
    pub since: chrono::NaiveDate,
}

/// `Owner` as clients send it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct OwnerRequest {
    /// `name`
    pub name: String,
}

/// A cat or a dog.
#[derive(Debug, Clone, PartialEq)]
pub enum Pet {
    /// `kind` is `cat`.
    Cat(Cat),
    /// `kind` is `dog`.
    Dog(Dog),
}

impl<'de> Deserialize<'de> for Pet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tagged = crate::json::Tagged::deserialize(deserializer, "kind")?;
        match tagged.tag() {
            "cat" => tagged.read().map(Self::Cat),
            "dog" => tagged.read().map(Self::Dog),
            _ => Err(tagged.unknown()),
        }
    }
}

impl Serialize for Pet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Cat(inner) => inner.serialize(serializer),
            Self::Dog(inner) => inner.serialize(serializer),
        }
    }
}

impl Validate for Pet {
    fn validate(&self) -> Result<(), validator::ValidationErrors> {
        match self {
            Self::Cat(inner) => inner.validate(),
            Self::Dog(inner) => inner.validate(),
        }
    }
}

/// The contract's `PetKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PetKind {
    /// `cat`
    #[serde(rename = "cat")]
    Cat,
    /// `dog`
    #[serde(rename = "dog")]
    Dog,
}

impl PetKind {
    /// Every value, in the contract's order.
    pub const ALL: &[PetKind] = &[PetKind::Cat, PetKind::Dog];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cat => "cat",
            Self::Dog => "dog",
        }
    }
}

impl std::fmt::Display for PetKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for PetKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of PetKind".to_owned())
    }
}

/// The contract's `Problem`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Problem {
    /// `status`
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 100, max = 599))]
    pub status: Option<i32>,
}

/// The contract's `Shape`.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// `form` is `Circle`.
    Circle(Circle),
    /// `form` is `Square`.
    Square(Square),
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tagged = crate::json::Tagged::deserialize(deserializer, "form")?;
        match tagged.tag() {
            "Circle" => tagged.read().map(Self::Circle),
            "Square" => tagged.read().map(Self::Square),
            _ => Err(tagged.unknown()),
        }
    }
}

impl Serialize for Shape {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Circle(inner) => inner.serialize(serializer),
            Self::Square(inner) => inner.serialize(serializer),
        }
    }
}

impl Validate for Shape {
    fn validate(&self) -> Result<(), validator::ValidationErrors> {
        match self {
            Self::Circle(inner) => inner.validate(),
            Self::Square(inner) => inner.validate(),
        }
    }
}

/// `Shape` as clients send it.
#[derive(Debug, Clone, PartialEq)]
pub enum ShapeRequest {
    /// `form` is `Circle`.
    Circle(CircleRequest),
    /// `form` is `Square`.
    Square(Square),
}

impl<'de> Deserialize<'de> for ShapeRequest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tagged = crate::json::Tagged::deserialize(deserializer, "form")?;
        match tagged.tag() {
            "Circle" => tagged.read().map(Self::Circle),
            "Square" => tagged.read().map(Self::Square),
            _ => Err(tagged.unknown()),
        }
    }
}

impl Serialize for ShapeRequest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Circle(inner) => inner.serialize(serializer),
            Self::Square(inner) => inner.serialize(serializer),
        }
    }
}

impl Validate for ShapeRequest {
    fn validate(&self) -> Result<(), validator::ValidationErrors> {
        match self {
            Self::Circle(inner) => inner.validate(),
            Self::Square(inner) => inner.validate(),
        }
    }
}

/// The values of `item` in `Sizes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SizesItem {
    /// `s`
    #[serde(rename = "s")]
    S,
    /// `m`
    #[serde(rename = "m")]
    M,
}

impl SizesItem {
    /// Every value, in the contract's order.
    pub const ALL: &[SizesItem] = &[SizesItem::S, SizesItem::M];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S => "s",
            Self::M => "m",
        }
    }
}

impl std::fmt::Display for SizesItem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for SizesItem {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of SizesItem".to_owned())
    }
}

/// The contract's `Square`.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct Square {
    /// `form`
    pub form: SquareForm,
    /// The members beyond those above, in the order and the text they came in.
    pub additional_properties: crate::json::Object,
}

impl Square {
    fn from_members(mut members: crate::json::Members) -> serde_json::Result<Self> {
        Ok(Self { form: members.required("form")?, additional_properties: members.rest() })
    }
}

impl<'de> Deserialize<'de> for Square {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = crate::json::Members::deserialize(deserializer)?;
        Self::from_members(members).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Square {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("form", &self.form)?;
        for (name, value) in self.additional_properties.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The contract's `SquareForm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SquareForm {
    /// `Square`
    #[serde(rename = "Square")]
    Square,
}

impl SquareForm {
    /// Every value, in the contract's order.
    pub const ALL: &[SquareForm] = &[SquareForm::Square];

    /// The value as the contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Square => "Square",
        }
    }
}

impl std::fmt::Display for SquareForm {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for SquareForm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| "not one of the values of SquareForm".to_owned())
    }
}

/// The contract's `Tree`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct Tree {
    /// `value`
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(min = 0, max = 9))]
    pub value: i32,
    /// `left`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub left: Option<Box<Tree>>,
    /// `right`
    #[serde(default, deserialize_with = "crate::json::double_option", skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub right: Option<Option<Box<Tree>>>,
    /// `bark`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub bark: Option<Box<Bark>>,
    /// `branches`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 2), nested)]
    pub branches: Option<Vec<Tree>>,
    /// `named`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub named: Option<std::collections::BTreeMap<String, Tree>>,
}

/// The path parameters of `GET /pets/{kind}/found`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct FindPetsPathParams {
    /// `kind`
    pub kind: PetKind,
}

/// The query parameters of `GET /pets/{kind}/found`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct FindPetsQueryParams {
    /// The values of `sort` in `FindPets`.
    pub sort: FindPetsSort,
    /// `color`
    ///
    /// **Deprecated.**
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// `tag`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 3))]
    pub tag: Option<Vec<String>>,
    /// `ids`
    #[serde(default, deserialize_with = "crate::json::optional_integer", skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<i32>>,
    /// `colors`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colors: Option<Vec<Color>>,
    /// `filter`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub filter: Option<Filter>,
    /// `more`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub more: Option<OpenFilter>,
    /// `limit`
    #[serde(deserialize_with = "crate::json::integer")]
    #[validate(range(max = 100, exclusive_min = 0))]
    pub limit: i32,
}

/// The header parameters of `GET /pets/{kind}/found`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct FindPetsHeaderParams {
    /// `X-Color`
    #[serde(rename = "X-Color", skip_serializing_if = "Option::is_none")]
    pub x_color: Option<Color>,
    /// `X-Sizes`
    #[serde(
        rename = "X-Sizes",
        default,
        deserialize_with = "crate::json::optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    pub x_sizes: Option<Vec<i32>>,
}

/// The query parameters of `DELETE /events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
pub struct StopWatchingQueryParams {
    /// `problem`
    pub problem: bool,
}
