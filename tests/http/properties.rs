//! What must hold for any JSON that the contract accepts.

mod schemas;
mod texts;

use axum::http::Method;
use keiyaku::api::models;
use keiyaku::contract::ValidationMode;
use keiyaku::json::Object;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::de::DeserializeOwned;
use serde_json::Value;
use validator::Validate;

use crate::support::spec;
use crate::support::{ALL_SCOPES, Service, TARO, token};
use texts::Member;

/// Builds the model of this schema from anything that the schema accepts, and has it validated.
fn models_accept_what_the_contract_accepts<T: DeserializeOwned + Validate>(name: &str) {
    for mode in ValidationMode::ALL {
        let document = spec::document(mode);
        let pointer = format!("/components/schemas/{name}");
        let validator = document.validator(&pointer);
        let any = schemas::values(&document.root, &pointer);
        let mut runner = TestRunner::new(Config { cases: 64, max_global_rejects: 20_000, ..Config::default() });
        let result = runner.run(&any, |value| {
            prop_assume!(validator.is_valid(&value));
            let model: T = serde_json::from_str(&value.to_string())
                .map_err(|error| TestCaseError::fail(format!("{name} cannot be built: {error}")))?;
            model.validate().map_err(|errors| TestCaseError::fail(format!("{name} is refused: {errors}")))
        });
        result.unwrap_or_else(|error| panic!("{mode}: {error}"));
    }
}

macro_rules! models {
    ($($test:ident: $model:ident),* $(,)?) => {$(
        #[test]
        fn $test() {
            models_accept_what_the_contract_accepts::<models::$model>(stringify!($model));
        }
    )*};
}

models! {
    any_sign_up_that_the_contract_accepts_is_valid: UserCreate,
    any_change_of_a_user_that_the_contract_accepts_is_valid: UserPatch,
    any_new_job_that_the_contract_accepts_is_valid: JobCreate,
    any_payload_of_user_created_that_the_contract_accepts_is_valid: UserCreatedPayload,
    any_payload_of_data_analysis_that_the_contract_accepts_is_valid: DataAnalysisPayload,
    any_user_that_the_contract_accepts_is_valid: User,
    any_job_that_the_contract_accepts_is_valid: Job,
    any_problem_that_the_contract_accepts_is_valid: Problem,
}

/// The members of an object as names and texts.
fn texts_of(object: &Object) -> Vec<(String, String)> {
    object.iter().map(|(name, text)| (name.to_owned(), text.get().to_owned())).collect()
}

/// The object that is reached by these names.
fn object_at(body: &[u8], names: &[&str]) -> Object {
    let mut object: Object = serde_json::from_slice(body).unwrap();
    for name in names {
        object = serde_json::from_str(object.get(name).unwrap().get()).unwrap();
    }
    object
}

/// What flexible mode is given comes out of the database as it went in: each value in its very text, in its order. And no
/// job stumbles over it.
#[test]
fn flexible_mode_loses_nothing_of_any_extra() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let service = runtime.block_on(Service::with(&[("VALIDATION_MODE", "flexible")]));
    let sign_ups = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: 100, ..Config::default() });
    let result = runner.run(&texts::members(), |extras| {
        sign_ups.set(sign_ups.get() + 1);
        runtime.block_on(come_back(&service, sign_ups.get(), extras))
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    runtime.block_on(async {
        service.finish_jobs().await;
        let done = service.get("/jobs/stats").await.json()["by_status"]["completed"].clone();
        assert_eq!(done, 2 * sign_ups.get(), "each sign-up has two jobs");
    });
}

/// A change of what is not an object replaces it, and its text is kept, too.
#[test]
fn flexible_mode_loses_nothing_of_any_change_of_an_extra() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let service = runtime.block_on(Service::with(&[("VALIDATION_MODE", "flexible")]));
    runtime.block_on(service.sign_up(TARO));
    let mut runner = TestRunner::new(Config { cases: 100, ..Config::default() });
    let result = runner.run(&texts::members(), |mut extras| {
        extras.retain(|member| !member.text.starts_with('{') && member.text != "null");
        runtime.block_on(change(&service, extras))
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// The members that are not extras, and those that no extra may shadow.
const OWN: [&str; 9] =
    ["email", "age", "name", "bio", "is_active", "id", "created_at", "updated_at", "additional_data"];

/// The extras among these members, and their text in a body, behind a comma.
fn extras(mut members: Vec<Member>) -> (Vec<(String, String)>, String) {
    members.retain(|member| !OWN.contains(&member.name.as_str()));
    let text = members.iter().map(|member| format!(", {} :\t{}\n", member.spelling, member.text)).collect();
    (members.into_iter().map(|member| (member.name, member.text)).collect(), text)
}

/// Signs up with these extras, and fails unless they are in the answer, in the stored user, in the list and in the job.
async fn come_back(service: &Service, n: u32, members: Vec<Member>) -> Result<(), TestCaseError> {
    let (extras, text) = extras(members);
    let created = service.sign_up(format!(r#"{{"email":"{n}@example.com","age":25{text}}}"#)).await;
    prop_assert_eq!(created.status, 201, "{}", created);
    if extras.is_empty() {
        prop_assert_eq!(&created.json()["additional_data"], &Value::Null);
        return Ok(());
    }
    let id = created.json()["id"].clone();
    let stored = service.get(&format!("/users/{id}")).await;
    let listed = service.get(&format!("/users?email={n}@example.com")).await;
    // No worker runs, so jobs and users count alike.
    let job = service.get(&format!("/jobs/{id}")).await;
    prop_assert_eq!(&texts_of(&object_at(&created.body, &["additional_data"])), &extras);
    prop_assert_eq!(&texts_of(&object_at(&stored.body, &["additional_data"])), &extras);
    prop_assert!(listed.text().contains(stored.text()), "{} is not in {}", stored, listed);
    prop_assert_eq!(&texts_of(&object_at(&job.body, &["payload", "additional_props"])), &extras);
    Ok(())
}

/// Gives the first user these extras, and fails unless each has the text that it was given.
async fn change(service: &Service, members: Vec<Member>) -> Result<(), TestCaseError> {
    let (extras, text) = extras(members);
    if extras.is_empty() {
        return Ok(());
    }
    let request = service.request(Method::PATCH, "/users/1").bearer_auth(token("tests", ALL_SCOPES));
    let body = format!(r#"{{"age":25{text}}}"#);
    let changed = service.send(request.header("content-type", "application/merge-patch+json").body(body)).await;
    prop_assert_eq!(changed.status, 200, "{}", changed);
    let stored = service.get("/users/1").await;
    prop_assert_eq!(changed.text(), stored.text());
    let all = texts_of(&object_at(&stored.body, &["additional_data"]));
    for extra in &extras {
        prop_assert!(all.contains(extra), "{:?} is not in {}", extra, stored);
    }
    Ok(())
}
