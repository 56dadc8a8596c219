//! Sessions: what a token stands for, and the caller it makes of a request.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::token::{Claims, Keys};
use super::{Permission, Role, Tenant};
use crate::cache::Cache;
use crate::db::{Database, Scope};
use crate::error::{Error, Result};

/// An authenticated request: which account, which user, and what the token may do.
#[derive(Debug)]
pub struct Caller {
    pub tenant: Tenant,
    pub user_id: i64,
    pub role: Role,
    /// What the token was limited to; None where it has all of its role's.
    limited_to: Option<Vec<String>>,
    expires: Option<DateTime<Utc>>,
}

/// Callers by session, as they were a moment ago. Only those who got in are kept, and of them only who showed a
/// token of ours: others can neither fill it nor push anybody out.
pub type Sessions = Cache<Uuid, Arc<Caller>>;

/// How many callers are kept.
const CALLERS: u64 = 10_000;

/// Keeps callers for so long. Within that time a revocation, or a change of the account, takes effect.
pub fn sessions(keep: Duration) -> Sessions {
    Cache::new(keep, CALLERS, |_, _| 1)
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
    expires_at: Option<DateTime<Utc>>,
}

const OPEN_SESSION: &str = "
    select s.user_id, u.role, s.permissions, s.expires_at
    from sessions s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    where s.tenant_id = $1 and s.id = $2 and s.revoked_at is null and u.disabled_at is null";

/// The caller behind a token, at most as old as `sessions` keeps one. Unauthenticated where the token is not ours,
/// or its session is over.
pub async fn authenticate(
    db: &Database,
    sessions: &Sessions,
    keys: &Keys,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Arc<Caller>> {
    let claims = keys.verify(token)?;
    let key = (claims.tenant, claims.jti);
    let caller = sessions.get(db, key, Duration::MAX, move |scope| read(scope, claims.jti)).await?.value;
    // A session that was open when it was read may have run out since.
    if caller.expires.is_some_and(|expires| expires <= now) {
        return Err(Error::Unauthenticated);
    }
    Ok(caller)
}

async fn read(mut scope: Scope, session: Uuid) -> Result<Arc<Caller>> {
    let stored = scope.select::<Stored>(OPEN_SESSION).bind(session);
    let stored = stored.fetch_optional(scope.connection()).await?.ok_or(Error::Unauthenticated)?;
    let tenant = Tenant::load(&mut scope).await?;
    let Stored { user_id, role, permissions: limited_to, expires_at: expires } = stored;
    Ok(Arc::new(Caller { tenant, user_id, role, limited_to, expires }))
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
