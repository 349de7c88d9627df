//! `users`: signing up, looking up, changing, erasing.

mod version;

use chrono::TimeDelta;
use diesel::QueryResult;

use crate::api::apis::users::{
    CreateUserResponse, DeleteUserResponse, GetUserProfileResponse, GetUserResponse, ListUsersResponse,
    UpdateUserResponse, Users,
};
use crate::api::job_types;
use crate::api::models::{
    self as contract, DeleteUserHeaderParams, DeleteUserPathParams, EraseMailPayload, GetUserPathParams,
    GetUserProfilePathParams, ListUsersQueryParams, SentBy, UpdateUserHeaderParams, UpdateUserPathParams, UserCreate,
    UserCreatedPayload, UserPage, UserPatch, UserProfile, UserSnapshot,
};
use crate::app::App;
use crate::contract::Caller;
use crate::db::{AnyConnection, DbError};
use crate::handlers::{cursor, stored, utc};
use crate::jobs;
use crate::json::Object;
use crate::models::column_time;
use crate::models::jobs::erase;
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
            is_active: body.is_active,
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
        let user = sign_up.await.map_err(taken_or)?;
        self.jobs.notify_one();
        let (location, etag) = (format!("/users/{}", user.id), version::tag(&user));
        Ok(CreateUserResponse::Status201 { location, etag, body: shown(user)? })
    }

    async fn list_users(&self, _caller: Caller, query: ListUsersQueryParams) -> Result<ListUsersResponse, Problem> {
        let filter = users::Filter {
            email_key: query.email.as_deref().map(users::email_key),
            is_active: query.is_active,
            created_after: query.created_after.map(column_time),
            created_before: query.created_before.map(column_time),
            after: query.cursor.as_deref().map(cursor::parse).transpose()?,
        };
        let limit = i64::from(query.limit);
        let rows = self.db.read(move |conn| users::list(conn, &filter, limit + 1)).await?;
        let (rows, next_cursor) = cursor::page(rows, limit, |user| user.id);
        let items = rows.into_iter().map(shown).collect::<Result<_, _>>()?;
        Ok(ListUsersResponse::Status200 { body: UserPage { items, next_cursor } })
    }

    async fn get_user(&self, caller: Caller, path: GetUserPathParams) -> Result<GetUserResponse, Problem> {
        let id = path.user_id;
        own_or(&caller, "users:read", id)?;
        let user = self.db.read(move |conn| users::find(conn, id)).await?;
        let user = user.ok_or_else(|| Problem::not_found("User"))?;
        Ok(GetUserResponse::Status200 { etag: version::tag(&user), body: shown(user)? })
    }

    async fn update_user(
        &self,
        caller: Caller,
        path: UpdateUserPathParams,
        header: UpdateUserHeaderParams,
        body: UserPatch,
    ) -> Result<UpdateUserResponse, Problem> {
        let id = path.user_id;
        own_or(&caller, "users:write", id)?;
        let now = self.clock.now();
        let change = move |conn: &mut AnyConnection| {
            let mut user = match current(conn, id, header.if_match.as_deref())? {
                Ok(user) => user,
                Err(refused) => return Ok(Err(refused)),
            };
            if !patch(&mut user, body)? {
                return Ok(Ok(user));
            }
            // Later than the version before, whatever the clock says: the time is the version.
            user.updated_at = now.max(user.updated_at + TimeDelta::microseconds(1));
            users::update(conn, &user)?;
            Ok(Ok(user))
        };
        let user = self.db.write(change).await.map_err(taken_or)??;
        Ok(UpdateUserResponse::Status200 { etag: version::tag(&user), body: shown(user)? })
    }

    async fn delete_user(
        &self,
        caller: Caller,
        path: DeleteUserPathParams,
        header: DeleteUserHeaderParams,
    ) -> Result<DeleteUserResponse, Problem> {
        let id = path.user_id;
        own_or(&caller, "users:write", id)?;
        let now = self.clock.now();
        let delete = move |conn: &mut AnyConnection| {
            if let Err(refused) = current(conn, id, header.if_match.as_deref())? {
                return Ok(Err(refused));
            }
            // First what waits for a check-in that is being committed: then the mail it has enqueued is among those sent.
            erase::user(conn, id)?;
            let sent = erase::jobs_of_user(conn, id, job_types::SEND_WELCOME_EMAIL)?;
            users::delete(conn, id)?;
            let sent_by: Vec<SentBy> = sent.into_iter().map(|(id, at)| SentBy { id, created_at: utc(at) }).collect();
            if !sent_by.is_empty() {
                jobs::enqueue(conn, &EraseMailPayload { sent_by }, now)?;
            }
            Ok(Ok(()))
        };
        self.db.write(delete).await??;
        self.db.forget_deleted().await;
        self.jobs.notify_one();
        Ok(DeleteUserResponse::Status204)
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

/// Lets a caller pass who has the scope, or whose own row it is: the other scope that opens these operations, `users:self`,
/// opens nothing else, and does not tell which ids there are.
fn own_or(caller: &Caller, scope: &str, id: i64) -> Result<(), Problem> {
    let own = caller.may("users:self") && caller.subject == format!("user:{id}");
    if own || caller.may(scope) { Ok(()) } else { Err(Problem::forbidden(&[scope])) }
}

/// The row as it is, unless the request is about another version of it.
fn current(conn: &mut AnyConnection, id: i64, if_match: Option<&str>) -> QueryResult<Result<User, Problem>> {
    let Some(user) = users::find_for_change(conn, id)? else { return Ok(Err(Problem::not_found("User"))) };
    let matches = if_match.is_none_or(|tags| version::matches(tags, &user));
    Ok(if matches { Ok(user) } else { Err(version::changed()) })
}

/// Applies a merge patch; false when it changes nothing.
fn patch(user: &mut User, patch: UserPatch) -> QueryResult<bool> {
    let before = user.clone();
    if let Some(email) = patch.email {
        user.email_key = users::email_key(&email);
        user.email = email;
    }
    user.age = patch.age.unwrap_or(user.age);
    user.name = patch.name.unwrap_or_else(|| user.name.take());
    user.bio = patch.bio.unwrap_or_else(|| user.bio.take());
    user.is_active = patch.is_active.unwrap_or(user.is_active);
    if !patch.additional_properties.is_empty() {
        let unreadable = |error: serde_json::Error| diesel::result::Error::DeserializationError(Box::new(error));
        let own: Object = serde_json::from_str(user.additional_data.as_deref().unwrap_or("{}")).map_err(unreadable)?;
        let merged = own.merged(&patch.additional_properties).map_err(unreadable)?;
        let text = serde_json::to_string(&merged).map_err(unreadable)?;
        user.additional_data = (!merged.is_empty()).then_some(text);
    }
    Ok(*user != before)
}

fn taken_or(error: DbError) -> Problem {
    if error.is_unique_violation() { Problem::conflict("Email address is already taken") } else { error.into() }
}

/// The job that follows from a sign-up, with the payload of the original.
fn created(user: &User, extras: Object) -> UserCreatedPayload {
    UserCreatedPayload {
        user_id: user.id,
        user_data: Some(UserSnapshot {
            id: user.id,
            email: user.email.clone(),
            age: user.age,
            name: user.name.clone(),
            bio: user.bio.clone(),
            is_active: user.is_active,
        }),
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
