// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! People who signed up.

use axum::response::{IntoResponse, Response};

use crate::api::answer::Answer;
use crate::api::models;
use crate::contract::Caller;
use crate::problem::Problem;

/// The operations tagged `users`.
pub trait Users {
    /// Sign up a user
    ///
    /// Stores the user and a `user_created` job in one transaction, then answers. The job runs right after: it makes
    /// the profile and sends the welcome mail.
    ///
    /// Fails with 400 if the body does not fit `UserCreate` (`errors` names every member that is wrong), and with 409
    /// if the email is taken, compared without regard to case. After 503 or a lost connection send the same request
    /// again: 409 then tells you that the first try was stored. With an `Idempotency-Key` it is simpler: the second try
    /// gets the first one's answer.
    ///
    /// To show how the job goes, follow it with the answer's `Job-Id` and `Job-Token`: `GET /jobs/{job_id}`, or
    /// `GET /jobs/events?job_id=…` for each change as it happens.
    ///
    /// `POST /users`
    fn create_user(
        &self,
        header: models::CreateUserHeaderParams,
        body: models::UserCreate,
    ) -> impl Future<Output = Result<CreateUserResponse, Problem>> + Send;

    /// Delete a user
    ///
    /// Removes the user and the profile for good. With `If-Match` it is removed only if nobody changed it in between
    /// (else 412). Fails with 404 if there is no such user, also when it has been deleted before.
    ///
    /// `DELETE /users/{user_id}`
    fn delete_user(
        &self,
        caller: Caller,
        path: models::DeleteUserPathParams,
        header: models::DeleteUserHeaderParams,
    ) -> impl Future<Output = Result<DeleteUserResponse, Problem>> + Send;

    /// Read a user
    ///
    /// The stored user. A token with `users:self` reads only its own user; any other id answers 403, whether it exists
    /// or not. Fails with 404 if there is no such user. With `If-None-Match` the answer is 304 if you have this version.
    ///
    /// `GET /users/{user_id}`
    fn get_user(
        &self,
        caller: Caller,
        path: models::GetUserPathParams,
        header: models::GetUserHeaderParams,
    ) -> impl Future<Output = Result<GetUserResponse, Problem>> + Send;

    /// Read a user's profile
    ///
    /// What the `user_created` job made of the user. Fails with 404 if there is no such user, or if the job has not
    /// run yet: right after a sign-up, ask again in a moment.
    ///
    /// `GET /users/{user_id}/profile`
    fn get_user_profile(
        &self,
        caller: Caller,
        path: models::GetUserProfilePathParams,
    ) -> impl Future<Output = Result<GetUserProfileResponse, Problem>> + Send;

    /// List users
    ///
    /// Users by id, oldest first, in pages. Filters are combined with "and". Fails with 400 if a parameter is wrong or
    /// the cursor is not one that this list gave out.
    ///
    /// `GET /users`
    fn list_users(
        &self,
        caller: Caller,
        query: models::ListUsersQueryParams,
    ) -> impl Future<Output = Result<ListUsersResponse, Problem>> + Send;

    /// Change a user
    ///
    /// A JSON merge patch (RFC 7396): members that you send replace the stored ones, `null` clears `name` or `bio`,
    /// members that you leave out stay. The answer is the whole user as it is now.
    ///
    /// Send the `ETag` that you got as `If-Match` to be sure that nobody changed the user in between; if somebody did,
    /// the answer is 412: read the user again and repeat. Fails with 409 if the new email is taken, and in flexible mode with
    /// 413 if the user's undeclared members together would be larger than a body may be.
    ///
    /// `PATCH /users/{user_id}`
    fn update_user(
        &self,
        caller: Caller,
        path: models::UpdateUserPathParams,
        header: models::UpdateUserHeaderParams,
        body: models::UserPatch,
    ) -> impl Future<Output = Result<UpdateUserResponse, Problem>> + Send;
}

/// The answers of [`Users::create_user`] that are not problems.
#[derive(Debug)]
pub enum CreateUserResponse {
    /// The user is stored, and so is the job.
    Status201 {
        /// The body, `application/json`.
        body: models::User,
        /// Names this version of the resource. Send it back as `If-Match`.
        etag: String,
        /// Present, and true, if this is the stored answer of an earlier request with the same `Idempotency-Key`.
        idempotency_replayed: Option<bool>,
        /// The job that follows from the request.
        job_id: Option<i64>,
        /// A bearer token with which anybody, such as a public page, may read this job and its events, and nothing else, for a
        /// quarter of an hour.
        job_token: Option<String>,
        /// Where the new resource is, such as `/users/1`.
        location: String,
    },
}

impl IntoResponse for CreateUserResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status201 { body, etag, idempotency_replayed, job_id, job_token, location } => Answer::new(201)
                .header("etag", etag)
                .optional_header("idempotency-replayed", idempotency_replayed)
                .optional_header("job-id", job_id)
                .optional_header("job-token", job_token)
                .header("location", location)
                .json("application/json", body),
        }
    }
}

/// The answers of [`Users::delete_user`] that are not problems.
#[derive(Debug)]
pub enum DeleteUserResponse {
    /// The user is gone.
    Status204,
}

impl IntoResponse for DeleteUserResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status204 => Answer::new(204).empty(),
        }
    }
}

/// The answers of [`Users::get_user`] that are not problems.
#[derive(Debug)]
pub enum GetUserResponse {
    /// The user.
    Status200 {
        /// The body, `application/json`.
        body: models::User,
        /// Names this version of the resource. Send it back as `If-Match`.
        etag: String,
    },
    /// You have this version already; there is no body.
    Status304 {
        /// Names this version of the resource. Send it back as `If-Match`.
        etag: String,
    },
}

impl IntoResponse for GetUserResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body, etag } => Answer::new(200).header("etag", etag).json("application/json", body),
            Self::Status304 { etag } => Answer::new(304).header("etag", etag).empty(),
        }
    }
}

/// The answers of [`Users::get_user_profile`] that are not problems.
#[derive(Debug)]
pub enum GetUserProfileResponse {
    /// The profile.
    Status200 {
        /// The body, `application/json`.
        body: models::UserProfile,
    },
}

impl IntoResponse for GetUserProfileResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Users::list_users`] that are not problems.
#[derive(Debug)]
pub enum ListUsersResponse {
    /// One page of users.
    Status200 {
        /// The body, `application/json`.
        body: models::UserPage,
    },
}

impl IntoResponse for ListUsersResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body } => Answer::new(200).json("application/json", body),
        }
    }
}

/// The answers of [`Users::update_user`] that are not problems.
#[derive(Debug)]
pub enum UpdateUserResponse {
    /// The user after the change.
    Status200 {
        /// The body, `application/json`.
        body: models::User,
        /// Names this version of the resource. Send it back as `If-Match`.
        etag: String,
    },
}

impl IntoResponse for UpdateUserResponse {
    fn into_response(self) -> Response {
        match self {
            Self::Status200 { body, etag } => Answer::new(200).header("etag", etag).json("application/json", body),
        }
    }
}
