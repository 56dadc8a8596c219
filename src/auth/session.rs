//! Sessions: what a token stands for, and the caller it makes of a request.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::audit::{self, Details, Event};
use super::login::username_key;
use super::token::{Claims, Keys};
use super::{Permission, Role, Tenant};
use crate::cache::Cache;
use crate::db::{Database, Scope};
use crate::error::{Error, Result};

/// An authenticated request: which account, which user, and what the token may do.
#[derive(Debug)]
pub struct Caller {
    pub tenant: Tenant,
    pub session: Uuid,
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

    /// All that it may.
    pub fn permissions(&self) -> Vec<Permission> {
        Permission::ALL.into_iter().filter(|permission| self.may(*permission)).collect()
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
    Ok(Arc::new(Caller { tenant, session, user_id, role, limited_to, expires }))
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
    let find = scope.select::<(i64, Role)>(find).bind(username_key(session.username));
    let user = find.fetch_optional(scope.connection()).await?;
    let (user, role) = user.ok_or_else(|| Error::invalid("username", "the account has no such user"))?;
    if let Some(lacking) = session.permissions.iter().find(|permission| !role.may(**permission)) {
        return Err(Error::invalid("permission", format!("the user's role does not have {}", lacking.name())));
    }

    let NewSession { permissions, expires, .. } = session;
    let Opened { session, token } = open(&mut scope, keys, user, permissions, None, expires, now).await?;
    let details = Details { user: Some(user), session: Some(session), ..Details::default() };
    audit::record(&mut scope, Event::TokenIssued, details, now).await?;
    scope.commit().await?;
    Ok(token)
}

/// A session that has just been opened.
pub struct Opened {
    pub session: Uuid,
    pub token: String,
}

/// Opens a session for a user of the scope's account; it is there when the scope is committed. With no permissions
/// named, it has all that the user's role has.
pub async fn open(
    scope: &mut Scope,
    keys: &Keys,
    user: i64,
    permissions: &[Permission],
    device_name: Option<&str>,
    expires: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Opened> {
    let permissions: Vec<&str> = permissions.iter().map(|permission| permission.name()).collect();
    let insert = scope.select::<(Uuid,)>(
        "insert into sessions (tenant_id, user_id, permissions, device_name, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6) returning id",
    );
    let insert = insert.bind(user).bind((!permissions.is_empty()).then_some(permissions));
    let insert = insert.bind(device_name.map(str::to_owned)).bind(now).bind(expires);
    let (session,) = insert.fetch_one(scope.connection()).await?;
    let token = keys.sign(&Claims::new(scope.tenant(), session, now, expires))?;
    Ok(Opened { session, token })
}

/// A session as an operator sees it.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Listed {
    pub id: Uuid,
    pub username: String,
    /// None: all that the user's role has.
    pub permissions: Option<Vec<String>>,
    pub device_name: Option<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The account's sessions, or those of one user, the oldest first.
pub async fn list(scope: &mut Scope, username: Option<&str>) -> Result<Vec<Listed>> {
    let select = scope.select(
        "select s.id, u.username, s.permissions, s.device_name, s.created_at, s.expires_at, s.revoked_at
         from sessions s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
         where s.tenant_id = $1 and ($2::text is null or u.username_key = $2)
         order by s.created_at, s.id",
    );
    Ok(select.bind(username.map(username_key)).fetch_all(scope.connection()).await?)
}

/// Ends a session for good, and puts `event` into the log. NotFound where the account has no such session that is
/// not over.
pub async fn revoke(
    db: &Database,
    tenant: i64,
    session: Uuid,
    (event, address): (Event, Option<IpAddr>),
    now: DateTime<Utc>,
) -> Result<()> {
    let mut scope = db.write(tenant).await?;
    let update = scope.select::<(i64,)>(
        "update sessions set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null
         returning user_id",
    );
    let (user,) = update.bind(session).bind(now).fetch_optional(scope.connection()).await?.ok_or(Error::NotFound)?;
    let details = Details { user: Some(user), session: Some(session), address, ..Details::default() };
    audit::record(&mut scope, event, details, now).await?;
    scope.commit().await
}
