//! Users of a tenant and their roles.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::{self, Details, Event};
use super::username::username_key;
use super::{Role, password};
use crate::db::{Database, Scope};
use crate::error::{Error, Faults, Result};
use crate::text::{self, NAME_LEN};

/// A user, as returned to clients.
#[derive(Debug, Serialize, sqlx::FromRow, ToSchema)]
pub struct User {
    /// Id, unique within the account.
    #[schema(example = 7)]
    pub id: i64,
    /// Login name, unique across the installation, case-insensitive.
    #[schema(example = "an.nguyen")]
    pub username: String,
    /// Email address.
    #[schema(example = "an@example.com")]
    pub email: Option<String>,
    /// admin, supervisor, agent or read_only.
    #[schema(example = "supervisor")]
    pub role: Role,
    /// Team of the user.
    #[schema(example = 3)]
    pub team_id: Option<i64>,
}

/// Maximum length of an email address, in code points.
const EMAIL_LEN: usize = 254;

pub struct NewUser<'a> {
    pub tenant: i64,
    pub username: &'a str,
    pub password: &'a str,
    pub role: Role,
    pub email: Option<&'a str>,
    pub team: Option<i64>,
}

/// Creates a user and returns its id.
///
/// Returns `Invalid` on each field that login or storage would not accept, on `username` if it is
/// taken (in any tenant, case-insensitive), and on `tenant` or `team` if it does not exist.
pub async fn create(db: &Database, user: NewUser<'_>) -> Result<i64> {
    let mut faults = Faults::default();
    let username =
        read(&mut faults, "username", text::line(user.username, NAME_LEN)).unwrap_or_default();
    if username.is_empty() && faults.is_empty() {
        faults.add("username", "must not be empty");
    }
    let email = read(&mut faults, "email", user.email.map_or(Ok(None), email));
    let hash = match password::hash(user.password) {
        Err(Error::Invalid(fault)) => {
            faults.merge(fault);
            None
        }
        hash => Some(hash?),
    };
    let hash = faults.into_result(hash)?;
    let mut scope = db.write(user.tenant).await?;
    let insert = scope.select::<(i64,)>(include_str!("sql/create_user.sql"));
    let insert = insert
        .bind(username.clone())
        .bind(username_key(&username))
        .bind(email);
    let insert = insert.bind(user.role).bind(user.team).bind(hash);
    let (id,) = insert
        .fetch_one(scope.connection())
        .await
        .map_err(|error| match error.as_database_error() {
            Some(known) if known.is_unique_violation() => Error::invalid("username", "is taken"),
            Some(known) if known.constraint() == Some("users_tenant_id_fkey") => {
                Error::invalid("tenant", "no such tenant")
            }
            Some(known) if known.is_foreign_key_violation() => {
                Error::invalid("team", "no such team")
            }
            _ => error.into(),
        })?;
    scope.commit().await?;
    Ok(id)
}

/// Returns the value of a field, or records its fault.
fn read(faults: &mut Faults, field: &str, value: Result<Option<String>, String>) -> Option<String> {
    value.unwrap_or_else(|fault| {
        faults.add(field, fault);
        None
    })
}

/// Checks an email address. Returns `None` if it is blank.
fn email(text: &str) -> Result<Option<String>, String> {
    let email = text::line(text, EMAIL_LEN)?;
    let is_address = |email: &String| {
        email
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
            && !email.contains(char::is_whitespace)
    };
    if email.as_ref().is_none_or(is_address) {
        Ok(email)
    } else {
        Err("must be an email address".into())
    }
}

/// Returns true if the tenant has a user of this name, case-insensitive.
pub async fn exists(db: &Database, tenant: i64, username: &str) -> Result<bool> {
    let mut scope = db.read(tenant).await?;
    let find = scope
        .query("select from users where tenant_id = $1 and username_key = $2")
        .bind(username_key(username));
    Ok(find.fetch_optional(scope.connection()).await?.is_some())
}

/// Returns the user with this id, or `NotFound`.
pub async fn find(scope: &mut Scope, id: i64) -> Result<User> {
    let select = scope.select(
        "select id, username, email, role, team_id from users where tenant_id = $1 and id = $2",
    );
    select
        .bind(id)
        .fetch_optional(scope.connection())
        .await?
        .ok_or(Error::NotFound)
}

/// Returns id and role of the tenant's user of this name. Returns `Invalid` on `username` without an
/// enabled one.
pub async fn enabled(scope: &mut Scope, username: &str) -> Result<(i64, Role)> {
    let find = scope.select(include_str!("sql/enabled_user.sql"));
    let found = find
        .bind(username_key(username))
        .fetch_optional(scope.connection())
        .await?;
    found.ok_or_else(|| Error::invalid("username", "no enabled user of this name"))
}

/// A user as shown to operators.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Listed {
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub user: User,
    pub created_at: DateTime<Utc>,
    pub disabled_at: Option<DateTime<Utc>>,
}

/// Lists the tenant's users by id.
pub async fn list(scope: &mut Scope) -> Result<Vec<Listed>> {
    let select = scope.select(include_str!("sql/users.sql"));
    Ok(select.fetch_all(scope.connection()).await?)
}

/// Effect of a password change on the user's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    End,
    Keep,
}

/// Sets a user's password. Returns the number of sessions ended. Returns `Invalid` on `username` if
/// the tenant has no such user, and on `password` if login would not accept it.
pub async fn set_password(
    db: &Database,
    (tenant, username): (i64, &str),
    password: &str,
    sessions: Sessions,
    now: DateTime<Utc>,
) -> Result<usize> {
    let hash = password::hash(password)?;
    let mut scope = db.write(tenant).await?;
    let update = scope.select::<(i64,)>(
        "update users set password_hash = $3 where tenant_id = $1 and username_key = $2 returning id",
    );
    let user = update
        .bind(username_key(username))
        .bind(hash)
        .fetch_optional(scope.connection())
        .await?;
    let (user,) = user.ok_or_else(|| Error::invalid("username", "no user of this name"))?;
    let ended = if sessions == Sessions::End {
        end_sessions(&mut scope, user, now).await?.len()
    } else {
        0
    };
    audit::record(
        &mut scope,
        Event::PasswordChanged,
        Details {
            user: Some(user),
            ..Details::default()
        },
        now,
    )
    .await?;
    scope.commit().await?;
    Ok(ended)
}

/// Revokes all sessions of a user. Returns their ids.
pub(super) async fn end_sessions(
    scope: &mut Scope,
    user: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>> {
    let end = scope.select::<(Uuid,)>(include_str!("sql/end_sessions.sql"));
    let ended = end.bind(user).bind(now).fetch_all(scope.connection());
    Ok(ended.await?.into_iter().map(|(id,)| id).collect())
}

/// Disables a user and revokes its sessions. Returns `Invalid` on `username` if the tenant has no
/// enabled user of this name.
pub async fn disable(db: &Database, tenant: i64, username: &str, now: DateTime<Utc>) -> Result<()> {
    let mut scope = db.write(tenant).await?;
    let update = scope.select::<(i64,)>(include_str!("sql/disable_user.sql"));
    let user = update
        .bind(username_key(username))
        .bind(now)
        .fetch_optional(scope.connection())
        .await?;
    let (user,) = user.ok_or_else(|| Error::invalid("username", "no enabled user of this name"))?;
    end_sessions(&mut scope, user, now).await?;
    audit::record(
        &mut scope,
        Event::UserDisabled,
        Details {
            user: Some(user),
            ..Details::default()
        },
        now,
    )
    .await?;
    scope.commit().await
}

/// Enables a disabled user. Its earlier sessions stay revoked. Returns `Invalid` on `username` if
/// the tenant has no disabled user of this name.
pub async fn enable(db: &Database, tenant: i64, username: &str, now: DateTime<Utc>) -> Result<()> {
    let mut scope = db.write(tenant).await?;
    let update = scope.select::<(i64,)>(include_str!("sql/enable_user.sql"));
    let user = update
        .bind(username_key(username))
        .fetch_optional(scope.connection())
        .await?;
    let (user,) =
        user.ok_or_else(|| Error::invalid("username", "no disabled user of this name"))?;
    audit::record(
        &mut scope,
        Event::UserEnabled,
        Details {
            user: Some(user),
            ..Details::default()
        },
        now,
    )
    .await?;
    scope.commit().await
}
