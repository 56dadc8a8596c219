//! Users: who may log in to an account, and in which role.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::audit::{self, Details, Event};
use super::login::username_key;
use super::{Role, password};
use crate::db::{Database, Scope};
use crate::error::{Error, Result};

/// A user as clients see one.
#[derive(Debug, Serialize, sqlx::FromRow, ToSchema)]
pub struct User {
    /// Its id within the account.
    #[schema(example = 7)]
    pub id: i64,
    /// What it logs in with; unique over the whole installation, without case.
    #[schema(example = "an.nguyen")]
    pub username: String,
    /// Where to reach it.
    #[schema(example = "an@example.com")]
    pub email: Option<String>,
    /// admin, supervisor, agent or read_only.
    #[schema(value_type = String, example = "supervisor")]
    pub role: Role,
    /// The team it belongs to.
    #[schema(example = 3)]
    pub team_id: Option<i64>,
}

pub struct NewUser<'a> {
    pub tenant: i64,
    pub username: &'a str,
    pub password: &'a str,
    pub role: Role,
    pub email: Option<&'a str>,
    pub team: Option<i64>,
}

/// Makes a user and returns its id.
///
/// Invalid on `username` where it is empty or taken (in any account, without case), on `tenant` or `team`
/// where there is no such thing, on `password` where it is too short.
pub async fn create(db: &Database, user: NewUser<'_>) -> Result<i64> {
    let username = user.username.trim();
    if username.is_empty() {
        return Err(Error::invalid("username", "must not be empty"));
    }
    let hash = password::hash(user.password)?;
    let mut scope = db.write(user.tenant).await?;
    let insert = scope.select::<(i64,)>(
        "insert into users (tenant_id, username, username_key, email, role, team_id, password_hash)
         values ($1, $2, $3, $4, $5, $6, $7) returning id",
    );
    let insert = insert.bind(username.to_owned()).bind(username_key(username)).bind(user.email.map(str::to_owned));
    let insert = insert.bind(user.role).bind(user.team).bind(hash);
    let (id,) = insert.fetch_one(scope.connection()).await.map_err(|error| match error.as_database_error() {
        Some(known) if known.is_unique_violation() => Error::invalid("username", "is taken"),
        Some(known) if known.constraint() == Some("users_tenant_id_fkey") => {
            Error::invalid("tenant", "there is no such account")
        }
        Some(known) if known.is_foreign_key_violation() => Error::invalid("team", "there is no such team"),
        _ => error.into(),
    })?;
    scope.commit().await?;
    Ok(id)
}

/// Whether the account has a user of that name, compared without case.
pub async fn exists(db: &Database, tenant: i64, username: &str) -> Result<bool> {
    let mut scope = db.read(tenant).await?;
    let find = scope.query("select from users where tenant_id = $1 and username_key = $2").bind(username_key(username));
    Ok(find.fetch_optional(scope.connection()).await?.is_some())
}

/// The user of that id. NotFound where the account has none.
pub async fn find(scope: &mut Scope, id: i64) -> Result<User> {
    let select = scope.select("select id, username, email, role, team_id from users where tenant_id = $1 and id = $2");
    select.bind(id).fetch_optional(scope.connection()).await?.ok_or(Error::NotFound)
}

/// Lets a user in no longer, and ends its sessions for good. Invalid on `username` where the account has no such
/// user, or it is disabled.
pub async fn disable(db: &Database, tenant: i64, username: &str, now: DateTime<Utc>) -> Result<()> {
    let mut scope = db.write(tenant).await?;
    let update = scope.select::<(i64,)>(
        "update users set disabled_at = $3 where tenant_id = $1 and username_key = $2 and disabled_at is null
         returning id",
    );
    let user = update.bind(username_key(username)).bind(now).fetch_optional(scope.connection()).await?;
    let (user,) = user.ok_or_else(|| Error::invalid("username", "the account has no such user who is not disabled"))?;
    let end =
        scope.query("update sessions set revoked_at = $3 where tenant_id = $1 and user_id = $2 and revoked_at is null");
    end.bind(user).bind(now).execute(scope.connection()).await?;
    audit::record(&mut scope, Event::UserDisabled, Details { user: Some(user), ..Details::default() }, now).await?;
    scope.commit().await
}

/// Lets a user in again who was disabled. Tokens from before stay ended. Invalid on `username` where the account has
/// no such user, or it is not disabled.
pub async fn enable(db: &Database, tenant: i64, username: &str, now: DateTime<Utc>) -> Result<()> {
    let mut scope = db.write(tenant).await?;
    let update = scope.select::<(i64,)>(
        "update users set disabled_at = null where tenant_id = $1 and username_key = $2 and disabled_at is not null
         returning id",
    );
    let user = update.bind(username_key(username)).fetch_optional(scope.connection()).await?;
    let (user,) = user.ok_or_else(|| Error::invalid("username", "the account has no such user who is disabled"))?;
    audit::record(&mut scope, Event::UserEnabled, Details { user: Some(user), ..Details::default() }, now).await?;
    scope.commit().await
}
