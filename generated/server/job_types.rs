// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

//! The contract's job types (`x-job-types`).

/// A job type: its name, what it is for, and the schema of its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobType {
    /// The name that jobs carry.
    pub name: &'static str,
    /// What the contract says about it.
    pub description: &'static str,
    /// The schema of the payload: a component of the contract and a struct of [`models`](super::models).
    pub payload: &'static str,
}

/// Every job type, in the contract's order.
pub const ALL: &[JobType] = &[
    JobType {
        name: USER_CREATED,
        description: "Checks in a new user. Makes the profile, counts the sign-up and enqueues `send_welcome_email`.",
        payload: "UserCreatedPayload",
    },
    JobType {
        name: SEND_WELCOME_EMAIL,
        description: "Sends the welcome mail to a user.",
        payload: "SendWelcomeEmailPayload",
    },
    JobType {
        name: ERASE_MAIL,
        description: "Removes the mail that was written to a deleted user from the mail folder.",
        payload: "EraseMailPayload",
    },
    JobType {
        name: DATA_ANALYSIS,
        description: "Makes a report on the users and their additional data; the report is the job's `output`.",
        payload: "DataAnalysisPayload",
    },
];

/// Checks in a new user. Makes the profile, counts the sign-up and enqueues `send_welcome_email`.
///
/// Its payload is a [`UserCreatedPayload`](super::models::UserCreatedPayload).
pub const USER_CREATED: &str = "user_created";

/// Sends the welcome mail to a user.
///
/// Its payload is a [`SendWelcomeEmailPayload`](super::models::SendWelcomeEmailPayload).
pub const SEND_WELCOME_EMAIL: &str = "send_welcome_email";

/// Removes the mail that was written to a deleted user from the mail folder.
///
/// Its payload is a [`EraseMailPayload`](super::models::EraseMailPayload).
pub const ERASE_MAIL: &str = "erase_mail";

/// Makes a report on the users and their additional data; the report is the job's `output`.
///
/// Its payload is a [`DataAnalysisPayload`](super::models::DataAnalysisPayload).
pub const DATA_ANALYSIS: &str = "data_analysis";
