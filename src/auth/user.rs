//! Users: who may log in to an account, and in which role.

use super::{Role, password};
use crate::db::Database;
use crate::error::{Error, Result};

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
    let insert = insert.bind(username.to_owned()).bind(username.to_lowercase()).bind(user.email.map(str::to_owned));
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
    let find =
        scope.query("select from users where tenant_id = $1 and username_key = $2").bind(username.to_lowercase());
    Ok(find.fetch_optional(scope.connection()).await?.is_some())
}
