//! `users`: signing up and looking up.

use crate::api::apis::users::{CreateUserResponse, GetUserProfileResponse, GetUserResponse, Users};
use crate::api::models::{
    self as contract, GetUserPathParams, GetUserProfilePathParams, UserCreate, UserCreatedPayload, UserProfile,
    UserSnapshot,
};
use crate::app::App;
use crate::contract::Caller;
use crate::handlers::{stored, utc};
use crate::jobs;
use crate::json::Object;
use crate::models::profiles::{self, Profile};
use crate::models::users::{self, NewUser, User};
use crate::problem::Problem;

impl Users for App {
    async fn create_user(&self, body: UserCreate) -> Result<CreateUserResponse, Problem> {
        let (now, extras) = (self.clock.now(), body.additional_properties);
        let new = NewUser {
            email_key: users::email_key(&body.email),
            email: body.email,
            age: body.age,
            name: body.name,
            bio: body.bio,
            is_active: body.is_active.unwrap_or(true),
            additional_data: (!extras.is_empty())
                .then(|| serde_json::to_string(&extras))
                .transpose()
                .map_err(Problem::internal)?,
            created_at: now,
            updated_at: now,
        };
        let sign_up = self.db.write(move |conn| {
            let user = users::create(conn, &new)?;
            jobs::enqueue(conn, &created(&user, extras), now)?;
            Ok(user)
        });
        let user = sign_up.await.map_err(|error| match error {
            error if error.is_unique_violation() => Problem::conflict("Email address is already taken"),
            error => error.into(),
        })?;
        self.jobs.notify_one();
        Ok(CreateUserResponse::Status201 { location: format!("/users/{}", user.id), body: shown(user)? })
    }

    async fn get_user(&self, caller: Caller, path: GetUserPathParams) -> Result<GetUserResponse, Problem> {
        let id = path.user_id;
        // The other scope that opens this operation, users:self, opens the caller's own row alone.
        if !caller.may("users:read") && caller.subject != format!("user:{id}") {
            return Err(Problem::forbidden(&["users:read"]));
        }
        let user = self.db.read(move |conn| users::find(conn, id)).await?;
        let body = shown(user.ok_or_else(|| Problem::not_found("User"))?)?;
        Ok(GetUserResponse::Status200 { body })
    }

    async fn get_user_profile(
        &self,
        _caller: Caller,
        path: GetUserProfilePathParams,
    ) -> Result<GetUserProfileResponse, Problem> {
        let profile = self.db.read(move |conn| profiles::find(conn, path.user_id)).await?;
        let body = profile_shown(profile.ok_or_else(|| Problem::not_found("Profile"))?)?;
        Ok(GetUserProfileResponse::Status200 { body })
    }
}

/// The job that follows from a sign-up, with the payload of the original.
fn created(user: &User, extras: Object) -> UserCreatedPayload {
    UserCreatedPayload {
        user_id: user.id,
        user_data: UserSnapshot {
            id: user.id,
            email: user.email.clone(),
            age: user.age,
            name: user.name.clone(),
            bio: user.bio.clone(),
            is_active: user.is_active,
        },
        additional_props: (!extras.is_empty()).then_some(Some(extras)),
    }
}

fn shown(user: User) -> Result<contract::User, Problem> {
    Ok(contract::User {
        id: user.id,
        email: user.email,
        age: user.age,
        name: user.name,
        bio: user.bio,
        is_active: user.is_active,
        additional_data: user.additional_data.as_deref().map(stored).transpose()?,
        created_at: utc(user.created_at),
        updated_at: utc(user.updated_at),
    })
}

fn profile_shown(profile: Profile) -> Result<UserProfile, Problem> {
    let rank = profile
        .rank
        .map(|rank| rank.parse().map_err(|_| Problem::internal("an unknown rank is stored")))
        .transpose()?;
    Ok(UserProfile {
        user_id: profile.user_id,
        interests: stored(&profile.interests)?,
        region: profile.region,
        rank,
        created_at: utc(profile.created_at),
        updated_at: utc(profile.updated_at),
    })
}
