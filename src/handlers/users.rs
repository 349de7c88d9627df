//! `users`: signing up, looking up, changing, erasing.

mod version;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;
use serde::{Deserialize, Serialize};

use crate::api::apis::users::{
    CreateUserResponse, DeleteUserResponse, GetUserProfileResponse, GetUserResponse, ListUsersResponse,
    UpdateUserResponse, Users,
};
use crate::api::models::{
    self as contract, CreateUserHeaderParams, DeleteUserHeaderParams, DeleteUserPathParams, EraseMailPayload,
    GetUserHeaderParams, GetUserPathParams, GetUserProfilePathParams, ListUsersQueryParams, UpdateUserHeaderParams,
    UpdateUserPathParams, UserCreate, UserCreatedPayload, UserPage, UserPatch, UserProfile, UserSnapshot,
};
use crate::app::App;
use crate::contract::Caller;
use crate::db::{AnyConnection, DbError};
use crate::handlers::cursor::List;
use crate::handlers::once::{self, Once};
use crate::handlers::{cursor, follow_token, stored, utc};
use crate::json::Object;
use crate::models::column_time;
use crate::models::idempotency;
use crate::models::jobs::{self, erase};
use crate::models::profiles::{self, Profile};
use crate::models::signups;
use crate::models::users::{self, NewUser, Reach, User};
use crate::problem::Problem;

impl Users for App {
    async fn create_user(
        &self,
        header: CreateUserHeaderParams,
        body: UserCreate,
    ) -> Result<CreateUserResponse, Problem> {
        let key = once::key("createUser", "", header.idempotency_key, &body)?;
        let now = self.clock.now();
        let (new, extras) = new_user(body, now)?;
        let app = self.clone();
        let sign_up = move |conn: &mut AnyConnection| {
            let user = users::create(conn, &new)?;
            let job = jobs::enqueue(conn, &app.job(&created(&user, extras))?, now)?;
            Ok(SignedUp { user, job_id: Some(job.id) })
        };
        let Once { made, replayed } =
            once::once(self, key, now, |made: &SignedUp| Some(made.user.id), sign_up).await.map_err(taken_or)??;
        self.jobs.notify_one();
        let SignedUp { user, job_id } = made;
        Ok(CreateUserResponse::Status201 {
            location: format!("/users/{}", user.id),
            etag: version::tag(&user),
            idempotency_replayed: replayed,
            job_id,
            job_token: job_id.map(|id| follow_token(self, id)).transpose()?.flatten(),
            body: shown(user)?,
        })
    }

    async fn list_users(&self, _caller: Caller, query: ListUsersQueryParams) -> Result<ListUsersResponse, Problem> {
        let filter = users::Filter {
            email_key: query.email.as_deref().map(users::email_key),
            is_active: query.is_active,
            created_after: query.created_after.map(column_time),
            created_before: query.created_before.map(column_time),
            after: query.cursor.as_deref().map(|text| cursor::parse(List::Users, text)).transpose()?,
        };
        let limit = i64::from(query.limit);
        let rows = self.db.read(move |conn| users::list(conn, &filter, limit + 1)).await?;
        let (rows, next_cursor) = cursor::page(List::Users, rows, limit, |user| user.id);
        let items = rows.into_iter().map(shown).collect::<Result<_, _>>()?;
        Ok(ListUsersResponse::Status200 { body: UserPage { items, next_cursor } })
    }

    async fn get_user(
        &self,
        caller: Caller,
        path: GetUserPathParams,
        header: GetUserHeaderParams,
    ) -> Result<GetUserResponse, Problem> {
        let (id, reach) = (path.user_id, reach(&caller, "users:read"));
        let user = self.db.read(move |conn| users::find(conn, id, reach)).await?;
        let user = user.ok_or_else(|| missing(reach, id, "users:read"))?;
        let etag = version::tag(&user);
        if header.if_none_match.is_some_and(|tags| version::is_known(&tags, &user)) {
            return Ok(GetUserResponse::Status304 { etag });
        }
        Ok(GetUserResponse::Status200 { etag, body: shown(user)? })
    }

    async fn update_user(
        &self,
        caller: Caller,
        path: UpdateUserPathParams,
        header: UpdateUserHeaderParams,
        body: UserPatch,
    ) -> Result<UpdateUserResponse, Problem> {
        let (id, reach) = (path.user_id, reach(&caller, "users:write"));
        let (now, most) = (self.clock.now(), usize::try_from(self.config.body_limit).unwrap_or(usize::MAX));
        let change = move |conn: &mut AnyConnection| {
            let mut user = match current(conn, id, reach, header.if_match.as_deref())? {
                Ok(user) => user,
                Err(refused) => return Ok(Err(refused)),
            };
            let before = extras_length(&user);
            if !patch(&mut user, body)? {
                return Ok(Ok(user));
            }
            if extras_length(&user) > before.max(most) {
                return Ok(Err(Problem::grown_too_large(most)));
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
        let (id, reach) = (path.user_id, reach(&caller, "users:write"));
        let (now, app) = (self.clock.now(), self.clone());
        let delete = move |conn: &mut AnyConnection| {
            let user = match current(conn, id, reach, header.if_match.as_deref())? {
                Ok(user) => user,
                Err(refused) => return Ok(Err(refused)),
            };
            // First what waits for a check-in that is being committed: then it has counted the sign-up, or never will.
            erase::user(conn, id)?;
            if profiles::find(conn, id)?.is_none() {
                signups::count(conn, user.created_at.date(), 1)?;
            }
            idempotency::erase_user(conn, id)?;
            users::delete(conn, id)?;
            let erase_mail = app.job(&EraseMailPayload { user_id: id, signed_up_at: utc(user.created_at) })?;
            jobs::enqueue(conn, &erase_mail, now)?;
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

/// What an idempotency key keeps.
#[derive(Serialize, Deserialize)]
struct SignedUp {
    #[serde(flatten)]
    user: User,
    /// What an older version has kept does not have it.
    #[serde(default)]
    job_id: Option<i64>,
}

/// Whose rows a caller reaches: everyone's with the scope, else the own, for that is all that the other scope which opens these
/// operations, `users:self`, gives.
fn reach(caller: &Caller, scope: &str) -> Reach {
    if caller.may(scope) {
        return Reach::All;
    }
    Reach::Own(own_id(&caller.subject).filter(|_| caller.may("users:self")))
}

/// The user that a token's `sub` names, as `user:<id>`.
pub(crate) fn own_id(subject: &str) -> Option<i64> {
    let text = subject.strip_prefix("user:")?;
    text.parse().ok().filter(|id: &i64| id.to_string() == text)
}

/// Why there is no such row: one out of reach is forbidden whether it is there or not, which tells nobody what ids there are.
fn missing(reach: Reach, id: i64, scope: &str) -> Problem {
    if reach.includes(id) { Problem::not_found("User") } else { Problem::forbidden(&[scope]) }
}

/// The row as it is, unless it is out of reach or the request is about another version of it.
fn current(
    conn: &mut AnyConnection,
    id: i64,
    reach: Reach,
    if_match: Option<&str>,
) -> QueryResult<Result<User, Problem>> {
    let Some(user) = users::find_for_change(conn, id, reach)? else {
        return Ok(Err(missing(reach, id, "users:write")));
    };
    let matches = if_match.is_none_or(|tags| version::matches(tags, &user));
    Ok(if matches { Ok(user) } else { Err(version::changed()) })
}

/// Bytes of what the contract does not declare of a user. No sign-up brings more than a body may have, and no change makes it more.
fn extras_length(user: &User) -> usize {
    user.additional_data.as_deref().map_or(0, str::len)
}

/// Applies a merge patch; false when it changes nothing.
fn patch(user: &mut User, patch: UserPatch) -> QueryResult<bool> {
    let before = user.clone();
    // Taken apart, so that the compiler names a member that is forgotten here.
    let UserPatch { email, age, name, bio, is_active, additional_properties: extras } = patch;
    if let Some(email) = email {
        user.email_key = users::email_key(&email);
        user.email = email;
    }
    user.age = age.unwrap_or(user.age);
    user.name = name.unwrap_or_else(|| user.name.take());
    user.bio = bio.unwrap_or_else(|| user.bio.take());
    user.is_active = is_active.unwrap_or(user.is_active);
    if !extras.is_empty() {
        let unreadable = |error: serde_json::Error| diesel::result::Error::DeserializationError(Box::new(error));
        let own: Object = serde_json::from_str(user.additional_data.as_deref().unwrap_or("{}")).map_err(unreadable)?;
        let merged = own.merged(&extras).map_err(unreadable)?;
        let text = serde_json::to_string(&merged).map_err(unreadable)?;
        user.additional_data = (!merged.is_empty()).then_some(text);
    }
    Ok(*user != before)
}

fn taken_or(error: DbError) -> Problem {
    if error.is_unique_violation() { Problem::conflict("Email address is already taken") } else { error.into() }
}

/// The row that a sign-up stores, and what the contract does not declare of it.
pub(crate) fn new_user(body: UserCreate, now: NaiveDateTime) -> Result<(NewUser, Object), Problem> {
    let extras = body.additional_properties;
    let text = (!extras.is_empty()).then(|| serde_json::to_string(&extras)).transpose();
    let new = NewUser {
        email_key: users::email_key(&body.email),
        email: body.email,
        age: body.age,
        name: body.name,
        bio: body.bio,
        is_active: body.is_active,
        additional_data: text.map_err(Problem::internal)?,
        created_at: now,
        updated_at: now,
    };
    Ok((new, extras))
}

/// The sign-up that would store this row anew.
pub(crate) fn sign_up(user: User) -> Result<UserCreate, Problem> {
    Ok(UserCreate {
        email: user.email,
        age: user.age,
        name: user.name,
        bio: user.bio,
        is_active: user.is_active,
        additional_properties: stored(user.additional_data.as_deref().unwrap_or("{}"))?,
    })
}

/// The job that follows from a sign-up, with the payload of the original.
pub(crate) fn created(user: &User, extras: Object) -> UserCreatedPayload {
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
