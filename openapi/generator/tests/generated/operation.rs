// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! The contract's operations by name.

use axum::http::Method;

/// An operation of the contract. `operation as usize` is its place in [`Operation::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// `POST /pets`
    CreatePet,

    /// `GET /pets/{kind}/found`
    FindPets,

    /// `POST /companies`
    Found,

    /// `POST /employees`
    Hire,

    /// `POST /orders`
    PlaceOrder,

    /// `POST /trees`
    PlantTree,

    /// `PUT /accounts`
    PutAccount,

    /// `PUT /shapes`
    PutShape,

    /// `GET /someday`
    Someday,

    /// `DELETE /events`
    StopWatching,

    /// `GET /events`
    Watch,
}

impl Operation {
    /// Every operation, tag by tag.
    pub const ALL: &[Operation] = &[
        Operation::CreatePet,
        Operation::FindPets,
        Operation::Found,
        Operation::Hire,
        Operation::PlaceOrder,
        Operation::PlantTree,
        Operation::PutAccount,
        Operation::PutShape,
        Operation::Someday,
        Operation::StopWatching,
        Operation::Watch,
    ];

    /// The operationId.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::CreatePet => "createPet",

            Self::FindPets => "findPets",

            Self::Found => "found",

            Self::Hire => "hire",

            Self::PlaceOrder => "placeOrder",

            Self::PlantTree => "plantTree",

            Self::PutAccount => "putAccount",

            Self::PutShape => "putShape",

            Self::Someday => "someday",

            Self::StopWatching => "stopWatching",

            Self::Watch => "watch",
        }
    }

    /// The HTTP method.
    #[must_use]
    pub const fn method(self) -> Method {
        match self {
            Self::CreatePet => Method::POST,

            Self::FindPets => Method::GET,

            Self::Found => Method::POST,

            Self::Hire => Method::POST,

            Self::PlaceOrder => Method::POST,

            Self::PlantTree => Method::POST,

            Self::PutAccount => Method::PUT,

            Self::PutShape => Method::PUT,

            Self::Someday => Method::GET,

            Self::StopWatching => Method::DELETE,

            Self::Watch => Method::GET,
        }
    }

    /// The path with its parameters in braces, which is also axum's spelling of the route.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::CreatePet => "/pets",

            Self::FindPets => "/pets/{kind}/found",

            Self::Found => "/companies",

            Self::Hire => "/employees",

            Self::PlaceOrder => "/orders",

            Self::PlantTree => "/trees",

            Self::PutAccount => "/accounts",

            Self::PutShape => "/shapes",

            Self::Someday => "/someday",

            Self::StopWatching => "/events",

            Self::Watch => "/events",
        }
    }

    /// Whether the contract marks the operation as planned: without an implementation it answers 501.
    #[must_use]
    pub const fn is_planned(self) -> bool {
        match self {
            Self::CreatePet => false,

            Self::FindPets => false,

            Self::Found => false,

            Self::Hire => false,

            Self::PlaceOrder => false,

            Self::PlantTree => false,

            Self::PutAccount => false,

            Self::PutShape => false,

            Self::Someday => true,

            Self::StopWatching => false,

            Self::Watch => false,
        }
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.id())
    }
}
