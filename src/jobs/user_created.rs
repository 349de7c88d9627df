//! `user_created`: checks in a new user. Profile, sign-up count and the welcome mail's job are its completion.

use serde_json::Value;

use super::{Context, Done, Job, JobError};
use crate::api::job_types;
use crate::api::models::{SendWelcomeEmailPayload, UserCreatedPayload, UserRank};
use crate::json::Object;
use crate::models::jobs::enqueue;
use crate::models::profiles::{self, Profile};
use crate::models::{signups, users};

impl Job for UserCreatedPayload {
    const JOB_TYPE: &'static str = job_types::USER_CREATED;
    const PRIORITY: i32 = 1;

    fn user_id(&self) -> Option<i64> {
        Some(self.user_id)
    }

    async fn run(self, context: Context) -> Result<Done, JobError> {
        let user_id = self.user_id;
        let mail = context.app.job(&SendWelcomeEmailPayload { user_id })?;
        let traits = Traits::from_properties(&self.additional_props.flatten().unwrap_or_default());
        Ok(Done::with(move |conn, now| {
            // Who has left in the meantime was counted then, and leaves nothing else behind.
            let Some(user) = users::find(conn, user_id, users::Reach::All)? else { return Ok(()) };
            let is_new = profiles::put(conn, &traits.profile(user_id, now))?;
            enqueue(conn, &mail, now)?;
            // A job may be put in over HTTP for somebody who has checked in before; nobody signs up twice. Last, because whoever
            // else checks somebody in on that day waits for the row.
            if is_new { signups::count(conn, user.created_at.date(), 1) } else { Ok(()) }
        }))
    }
}

/// The profile that the job makes of a user's additional properties.
pub(crate) fn profile(user_id: i64, properties: &Object, now: chrono::NaiveDateTime) -> Profile {
    Traits::from_properties(properties).profile(user_id, now)
}

/// What the additional properties say of a user.
#[derive(Debug, Default, PartialEq)]
struct Traits {
    interests: Vec<String>,
    region: Option<String>,
    rank: Option<UserRank>,
}

impl Traits {
    /// `hobby` (a string, or several) gives interests, `location` the region, `score` the rank; what has another type
    /// than expected is left out, since nothing checks these members, and so is text with a NUL, which no column holds.
    fn from_properties(properties: &Object) -> Traits {
        let value = |name: &str| properties.get(name).and_then(|text| serde_json::from_str::<Value>(text.get()).ok());
        let text = |value: &Value| value.as_str().filter(|text| !text.contains('\0')).map(str::to_owned);
        let interests = match value("hobby") {
            Some(Value::Array(hobbies)) => hobbies.iter().filter_map(text).collect(),
            hobby => hobby.as_ref().and_then(text).into_iter().collect(),
        };
        Traits {
            interests,
            region: value("location").as_ref().and_then(text),
            rank: value("score").and_then(|score| score.as_f64()).map(rank),
        }
    }

    fn profile(&self, user_id: i64, now: chrono::NaiveDateTime) -> Profile {
        Profile {
            user_id,
            interests: Value::from(self.interests.clone()).to_string(),
            region: self.region.clone(),
            rank: self.rank.map(|rank| rank.as_str().to_owned()),
            created_at: now,
            updated_at: now,
        }
    }
}

/// The rank that a score comes to.
fn rank(score: f64) -> UserRank {
    match score {
        score if score >= 90.0 => UserRank::Platinum,
        score if score >= 70.0 => UserRank::Gold,
        score if score >= 40.0 => UserRank::Silver,
        _ => UserRank::Bronze,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traits(properties: &str) -> Traits {
        Traits::from_properties(&serde_json::from_str(properties).unwrap())
    }

    #[test]
    fn hobby_location_and_score_make_the_profile() {
        let expected = Traits {
            interests: vec!["go".into(), "tea".into()],
            region: Some("Kyoto".into()),
            rank: Some(UserRank::Gold),
        };
        assert_eq!(traits(r#"{"hobby":["go","tea"],"location":"Kyoto","score":70}"#), expected);
        assert_eq!(traits(r#"{"hobby":"go"}"#).interests, ["go"]);
    }

    #[test]
    fn members_of_another_type_are_left_out() {
        assert_eq!(traits(r#"{"hobby":{"a":1},"location":7,"score":"high"}"#), Traits::default());
        assert_eq!(traits(r#"{"hobby":"a\u0000b","location":"\u0000"}"#), Traits::default());
    }
}
