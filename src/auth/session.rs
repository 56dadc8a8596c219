//! Sessions: what a token stands for, and the caller it makes of a request.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::token::{Claims, Keys};
use super::{Permission, Role, Tenant};
use crate::db::Database;
use crate::error::{Error, Result};

/// An authenticated request: which account, which user, and what the token may do.
#[derive(Debug, Clone)]
pub struct Caller {
    pub tenant: Tenant,
    pub user_id: i64,
    pub role: Role,
    /// What the token was limited to; None where it has all of its role's.
    limited_to: Option<Vec<String>>,
}

impl Caller {
    /// A token may carry fewer permissions than its role, never more, and what the role loses it loses too.
    pub fn may(&self, permission: Permission) -> bool {
        let limited = self.limited_to.as_deref();
        self.role.may(permission) && limited.is_none_or(|names| names.iter().any(|name| name == permission.name()))
    }
}

#[derive(sqlx::FromRow)]
struct Stored {
    user_id: i64,
    role: Role,
    permissions: Option<Vec<String>>,
}

const OPEN_SESSION: &str = "
    select s.user_id, u.role, s.permissions
    from sessions s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    where s.tenant_id = $1 and s.id = $2
      and s.revoked_at is null and (s.expires_at is null or s.expires_at > $3)
      and u.disabled_at is null";

/// The caller behind a token. Unauthenticated where it is not ours, or its session is over.
pub async fn authenticate(db: &Database, keys: &Keys, token: &str, now: DateTime<Utc>) -> Result<Caller> {
    let claims = keys.verify(token)?;
    let mut scope = db.read(claims.tenant).await?;
    let session = scope.select::<Stored>(OPEN_SESSION).bind(claims.jti).bind(now);
    let session = session.fetch_optional(scope.connection()).await?.ok_or(Error::Unauthenticated)?;
    let tenant = Tenant::load(&mut scope).await?;
    Ok(Caller { tenant, user_id: session.user_id, role: session.role, limited_to: session.permissions })
}

/// What a new token is to be.
pub struct NewSession<'a> {
    pub tenant: i64,
    pub username: &'a str,
    /// Empty: all that the user's role has.
    pub permissions: &'a [Permission],
    pub expires: Option<DateTime<Utc>>,
}

/// Opens a session for a user and returns its token.
///
/// Invalid on `username` where the account has no such user or it is disabled, on `permission` where its
/// role does not have one of those asked for.
pub async fn issue(db: &Database, keys: &Keys, session: NewSession<'_>, now: DateTime<Utc>) -> Result<String> {
    let mut scope = db.write(session.tenant).await?;
    let find = "select id, role from users where tenant_id = $1 and username_key = $2 and disabled_at is null";
    let find = scope.select::<(i64, Role)>(find).bind(session.username.trim().to_lowercase());
    let user = find.fetch_optional(scope.connection()).await?;
    let (user, role) = user.ok_or_else(|| Error::invalid("username", "the account has no such user"))?;
    if let Some(lacking) = session.permissions.iter().find(|permission| !role.may(**permission)) {
        return Err(Error::invalid("permission", format!("the user's role does not have {}", lacking.name())));
    }

    let permissions: Vec<&str> = session.permissions.iter().map(|permission| permission.name()).collect();
    let open = scope.select::<(Uuid,)>(
        "insert into sessions (tenant_id, user_id, permissions, created_at, expires_at)
         values ($1, $2, $3, $4, $5) returning id",
    );
    let open = open.bind(user).bind((!permissions.is_empty()).then_some(permissions)).bind(now).bind(session.expires);
    let (id,) = open.fetch_one(scope.connection()).await?;
    scope.commit().await?;
    keys.sign(&Claims::new(session.tenant, id, now, session.expires))
}
