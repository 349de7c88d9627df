// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! Answers what it understood, such as <i>this</i> & "that".

use axum::response::{IntoResponse, Response};

use crate::api::answer::Answer;
use crate::api::models;
use crate::contract::Caller;
use crate::problem::Problem;

/// The operations tagged `echo`.
pub trait Echo {
    /// A union, told by its discriminator.
    ///
    /// `POST /pets`
    fn create_pet(
        &self,
        caller: Caller,
        body: models::Pet,
    ) -> impl Future<Output = Result<CreatePetResponse, Problem>> + Send;

    /// Parameters of every layout.
    ///
    /// `GET /pets/{kind}/found`
    ///
    /// **Deprecated.** Since 2026-12-01; goes on 2027-12-01.
    fn find_pets(
        &self,
        path: models::FindPetsPathParams,
        query: models::FindPetsQueryParams,
        header: models::FindPetsHeaderParams,
    ) -> impl Future<Output = Result<FindPetsResponse, Problem>> + Send;

    /// A composed object that is open.
    ///
    /// `POST /companies`
    fn found(&self, body: models::Company) -> impl Future<Output = Result<FoundResponse, Problem>> + Send;

    /// A composed object that is closed.
    ///
    /// `POST /employees`
    fn hire(&self, body: models::Employee) -> impl Future<Output = Result<HireResponse, Problem>> + Send;

    /// Limits, formats, defaults, null, lists and maps.
    ///
    /// `POST /orders`
    fn place_order(&self, body: models::Order) -> impl Future<Output = Result<PlaceOrderResponse, Problem>> + Send;

    /// Components that contain themselves.
    ///
    /// `POST /trees`
    fn plant_tree(&self, body: models::Tree) -> impl Future<Output = Result<PlantTreeResponse, Problem>> + Send;

    /// What only one side may send.
    ///
    /// `PUT /accounts`
    fn put_account(
        &self,
        body: models::AccountRequest,
    ) -> impl Future<Output = Result<PutAccountResponse, Problem>> + Send;

    /// What only one side may send, inside a union that contains itself.
    ///
    /// `PUT /shapes`
    fn put_shape(&self, body: models::ShapeRequest) -> impl Future<Output = Result<PutShapeResponse, Problem>> + Send;
}

/// The answers of [`Echo::create_pet`] that are not problems.
#[derive(Debug)]
pub enum CreatePetResponse {
    /// What was understood.
    Status201 {
        /// The body, `application/json`.
        body: models::Pet,
        /// The `X-Kind` header.
        x_kind: models::PetKind,
    },
}

impl IntoResponse for CreatePetResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status201 { body, x_kind } => {
                Answer::new(201).header("x-kind", x_kind).json("application/json", body)
            }
        }
    }
}

/// The answers of [`Echo::find_pets`] that are not problems.
#[derive(Debug)]
pub enum FindPetsResponse {
    /// What was understood.
    Status200 {
        /// The body, `application/json`.
        body: models::Found,
    },
}

impl IntoResponse for FindPetsResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Echo::found`] that are not problems.
#[derive(Debug)]
pub enum FoundResponse {
    /// What was understood.
    Status200 {
        /// The body, `application/json`.
        body: Vec<models::Company>,
    },
}

impl IntoResponse for FoundResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Echo::hire`] that are not problems.
#[derive(Debug)]
pub enum HireResponse {
    /// What was understood.
    Status200 {
        /// The body, `application/json`.
        body: models::Employee,
    },
}

impl IntoResponse for HireResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Echo::place_order`] that are not problems.
#[derive(Debug)]
pub enum PlaceOrderResponse {
    /// What was understood.
    Status200 {
        /// The body, `application/json`.
        body: models::Order,
    },
}

impl IntoResponse for PlaceOrderResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Echo::plant_tree`] that are not problems.
#[derive(Debug)]
pub enum PlantTreeResponse {
    /// What was understood.
    Status200 {
        /// The body, `application/json`.
        body: models::Tree,
    },
}

impl IntoResponse for PlantTreeResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Echo::put_account`] that are not problems.
#[derive(Debug)]
pub enum PutAccountResponse {
    /// The account as stored.
    Status200 {
        /// The body, `application/json`.
        body: models::Account,
    },
}

impl IntoResponse for PutAccountResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Echo::put_shape`] that are not problems.
#[derive(Debug)]
pub enum PutShapeResponse {
    /// The shape as stored.
    Status200 {
        /// The body, `application/json`.
        body: models::Shape,
    },
}

impl IntoResponse for PutShapeResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}
