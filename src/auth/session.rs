//! Sessions, and the callers authenticated by what carries them: a token or a cookie.
//!
//! Owns the one place that decides if a session is open. Tokens and cookies stand for the same kind of session, with the same
//! permissions, limits and end.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::audit::{self, Actor, Details, Event};
use super::opaque::{OpaqueDigest, OpaqueId};
use super::token::{Claims, Keys};
use super::username::username_key;
use super::{Permission, Role, Tenant, user};
use crate::cache::{Cache, Named};
use crate::db::{Database, Lane, Scope};
use crate::error::{Error, Result};

/// An authenticated caller: tenant, user, and permissions.
#[derive(Debug)]
pub struct Caller {
    pub tenant: Tenant,
    pub session: Uuid,
    pub user_id: i64,
    pub role: Role,
    /// Permissions of the token; `None` for all of its role.
    limited_to: Option<Vec<String>>,
    expires: Option<DateTime<Utc>>,
    /// Last recorded use, of a session from a login.
    last_used: Option<DateTime<Utc>>,
    /// Digest of the id in the session's cookie; `None` for a token's session.
    cookie: Option<OpaqueDigest>,
    /// Set while a newer use is being recorded.
    is_touched: AtomicBool,
}

/// Idle time after which a session from a login expires.
pub const IDLE: TimeDelta = TimeDelta::days(30);

/// Maximum age of the recorded last use while a token is in use.
const TOUCH_INTERVAL: TimeDelta = TimeDelta::hours(1);

/// Cache of authenticated callers by session. Only verified tokens and cookies are looked up, so
/// invalid ones can neither fill it nor evict entries.
pub type Sessions = Cache<Uuid, Arc<Caller>>;

impl Named for Uuid {
    fn name(&self) -> &'static str {
        "session"
    }
}

/// Maximum number of cached callers.
const MAX_CALLERS: u64 = 10_000;

/// Creates the cache. Revocations and changes of the tenant take effect within `keep`.
pub fn sessions(keep: Duration) -> Sessions {
    Cache::new(keep, MAX_CALLERS, |_, _| 1)
}

impl Caller {
    /// This caller as the author of a change.
    pub fn actor(&self, address: IpAddr, at: DateTime<Utc>) -> Actor {
        Actor {
            user: self.user_id,
            session: self.session,
            address,
            at,
        }
    }

    /// Checks a permission against the token and the role. A token can narrow its role, never
    /// extend it.
    pub fn may(&self, permission: Permission) -> bool {
        let limited = self.limited_to.as_deref();
        self.role.may(permission)
            && limited.is_none_or(|names| names.iter().any(|name| name == permission.name()))
    }

    /// Returns true if the session has expired or been idle too long.
    fn has_ended(&self, now: DateTime<Utc>) -> bool {
        let idle_until = self
            .last_used
            .map(|used| used.checked_add_signed(IDLE).unwrap_or(used));
        [self.expires, idle_until]
            .into_iter()
            .flatten()
            .any(|end| end <= now)
    }

    /// All permissions of this caller.
    pub fn permissions(&self) -> Vec<Permission> {
        Permission::ALL
            .into_iter()
            .filter(|permission| self.may(*permission))
            .collect()
    }
}

#[derive(sqlx::FromRow)]
struct Stored {
    user_id: i64,
    role: Role,
    permissions: Option<Vec<String>>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    cookie_digest: Option<Vec<u8>>,
}

const OPEN_SESSION: &str = include_str!("sql/session.sql");

/// The form in which a client carries a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Carrier {
    #[default]
    Token,
    Cookie,
}

/// The text that stands for a session in a request. Without `Debug`, so that none can be printed.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    Token(&'a str),
    /// The value of the cookie.
    Cookie(&'a str),
}

impl Credential<'_> {
    /// Tenant and session, and the digest of a cookie's id. `Unauthenticated` if the text was not made by this server.
    fn session(self, keys: &Keys) -> Result<((i64, Uuid), Option<OpaqueDigest>)> {
        match self {
            Self::Token(token) => {
                let claims = keys.verify(token)?;
                Ok(((claims.tenant, claims.jti), None))
            }
            Self::Cookie(value) => {
                let id = OpaqueId::unsealed(keys, value).ok_or(Error::Unauthenticated)?;
                let digest = id.digest();
                Ok(((id.tenant(), session_id(digest)), Some(digest)))
            }
        }
    }
}

/// The id of a cookie's session: the first half of the digest, so that it is found by its key and cached like any other.
fn session_id(digest: OpaqueDigest) -> Uuid {
    let (half, _) = digest.split_at(16);
    uuid::Builder::from_custom_bytes(half.try_into().unwrap_or_default()).into_uuid() // infallible: it has 16 bytes
}

/// Returns the caller of a session, at most as old as the cache allows. Returns `Unauthenticated` if
/// the credential is invalid or its session has ended.
pub async fn authenticate(
    db: &Database,
    sessions: &Sessions,
    keys: &Keys,
    credential: Credential<'_>,
    now: DateTime<Utc>,
) -> Result<Arc<Caller>> {
    let (key, cookie) = credential.session(keys)?;
    let caller = sessions
        .get(&db.lane(Lane::Tokens), key, Duration::MAX, move |scope| {
            read(scope, key.1)
        })
        .await?
        .value;
    // A cached session may have expired since it was read.
    if caller.cookie != cookie || caller.has_ended(now) {
        return Err(Error::Unauthenticated);
    }
    let is_due = caller
        .last_used
        .is_some_and(|used| now - used >= TOUCH_INTERVAL);
    if is_due && !caller.is_touched.swap(true, Ordering::AcqRel) {
        let (db, sessions) = (db.clone(), sessions.clone());
        // The request does not wait for this. If it fails, the next read of the session tries
        // again.
        tokio::spawn(async move {
            match touch(&db, key, now).await {
                Ok(()) => sessions.forget(&key),
                Err(error) => {
                    tracing::warn!(tenant = key.0, %error, "could not record a session's last use; will retry")
                }
            }
        });
    }
    Ok(caller)
}

/// Records the use of a session from a login, unless another request did so within the hour.
async fn touch(db: &Database, (tenant, session): (i64, Uuid), now: DateTime<Utc>) -> Result<()> {
    let mut scope = db.lane(Lane::SignIn).write(tenant).await?;
    let update =
        scope.query("update sessions set last_used_at = $3 where tenant_id = $1 and id = $2 and last_used_at <= $4");
    update
        .bind(session)
        .bind(now)
        .bind(now - TOUCH_INTERVAL)
        .execute(scope.connection())
        .await?;
    scope.commit().await
}

async fn read(mut scope: Scope, session: Uuid) -> Result<Arc<Caller>> {
    let stored = scope.select::<Stored>(OPEN_SESSION).bind(session);
    let stored = stored
        .fetch_optional(scope.connection())
        .await?
        .ok_or(Error::Unauthenticated)?;
    let tenant = Tenant::load(&mut scope).await?;
    let Stored {
        user_id,
        role,
        permissions: limited_to,
        expires_at: expires,
        last_used_at: last_used,
        cookie_digest,
    } = stored;
    // The table holds digests of 32 bytes only.
    let cookie = cookie_digest.and_then(|digest| digest.try_into().ok());
    let is_touched = AtomicBool::new(false);
    Ok(Arc::new(Caller {
        tenant,
        session,
        user_id,
        role,
        limited_to,
        expires,
        last_used,
        cookie,
        is_touched,
    }))
}

/// A request for a token on the command line.
pub struct TokenRequest<'a> {
    pub tenant: i64,
    pub username: &'a str,
    /// Empty for all permissions of the user's role.
    pub permissions: &'a [Permission],
    pub expires: Option<DateTime<Utc>>,
}

/// Opens a session for a user and returns its token.
///
/// Returns `Invalid` on `username` if the tenant has no enabled user of this name, and on
/// `permission` if the user's role lacks one of the permissions.
pub async fn issue(
    db: &Database,
    keys: &Keys,
    session: TokenRequest<'_>,
    now: DateTime<Utc>,
) -> Result<String> {
    let mut scope = db.write(session.tenant).await?;
    let (user, role) = user::enabled(&mut scope, session.username).await?;
    if let Some(missing) = session
        .permissions
        .iter()
        .find(|permission| !role.may(**permission))
    {
        return Err(Error::invalid(
            "permission",
            format!("the user's role does not have {}", missing.name()),
        ));
    }

    let TokenRequest {
        permissions,
        expires,
        ..
    } = session;
    let permissions: Vec<&str> = permissions
        .iter()
        .map(|permission| permission.name())
        .collect();
    let permissions = (!permissions.is_empty()).then_some(permissions);
    let new = NewSession {
        user,
        permissions,
        expires,
        ..NewSession::default()
    };
    let OpenedSession {
        session,
        credential,
    } = open(&mut scope, keys, new, now).await?;
    let details = Details {
        user: Some(user),
        session: Some(session),
        ..Details::default()
    };
    audit::record(&mut scope, Event::TokenIssued, details, now).await?;
    scope.commit().await?;
    Ok(credential)
}

/// A session that was opened, with the token or the value of the cookie that stands for it.
pub struct OpenedSession {
    pub session: Uuid,
    pub credential: String,
}

/// Properties of a session to open.
#[derive(Default)]
pub struct NewSession<'a> {
    pub user: i64,
    /// `None` for all permissions of the user's role.
    pub permissions: Option<Vec<&'a str>>,
    pub device_name: Option<&'a str>,
    pub expires: Option<DateTime<Utc>>,
    /// Expires when idle for [`IDLE`].
    pub expires_idle: bool,
    pub carrier: Carrier,
}

/// Opens a session for a user of the scope's tenant. It exists once the scope is committed.
pub async fn open(
    scope: &mut Scope,
    keys: &Keys,
    new: NewSession<'_>,
    now: DateTime<Utc>,
) -> Result<OpenedSession> {
    let NewSession {
        user,
        permissions,
        device_name,
        expires,
        expires_idle,
        carrier,
    } = new;
    let cookie = (carrier == Carrier::Cookie).then(|| OpaqueId::random(scope.tenant()));
    let digest = cookie.as_ref().map(OpaqueId::digest);
    let permissions =
        permissions.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
    let insert = scope.select::<(Uuid,)>(include_str!("sql/create_session.sql"));
    let insert = insert
        .bind(user)
        .bind(permissions)
        .bind(device_name.map(str::to_owned));
    let insert = insert
        .bind(now)
        .bind(expires)
        .bind(expires_idle.then_some(now))
        .bind(digest.map(session_id))
        .bind(digest.map(Vec::from));
    let (session,) = insert.fetch_one(scope.connection()).await?;
    let credential = match cookie {
        Some(id) => id.sealed(keys)?,
        None => keys.sign(&Claims::new(scope.tenant(), session, now, expires))?,
    };
    Ok(OpenedSession {
        session,
        credential,
    })
}

/// A session as shown to operators.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Listed {
    pub id: Uuid,
    pub username: String,
    /// `token` or `cookie`: the form in which the client carries it.
    pub carrier: String,
    /// `None` for all permissions of the user's role.
    pub permissions: Option<Vec<String>>,
    pub device_name: Option<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    /// Last use of a session from a login, to the hour. It expires after 30 idle days.
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Lists the sessions of the tenant, or of one of its users, oldest first.
pub async fn list(scope: &mut Scope, username: Option<&str>) -> Result<Vec<Listed>> {
    let select = scope.select(include_str!("sql/sessions.sql"));
    Ok(select
        .bind(username.map(username_key))
        .fetch_all(scope.connection())
        .await?)
}

/// Revokes a session and logs `event`. Returns `NotFound` if the tenant has no active session of
/// this id.
pub async fn revoke(
    db: &Database,
    tenant: i64,
    session: Uuid,
    (event, address): (Event, Option<IpAddr>),
    now: DateTime<Utc>,
) -> Result<()> {
    let mut scope = db.lane(Lane::SignIn).write(tenant).await?;
    let update = scope.select::<(i64,)>(include_str!("sql/revoke_session.sql"));
    let (user,) = update
        .bind(session)
        .bind(now)
        .fetch_optional(scope.connection())
        .await?
        .ok_or(Error::NotFound)?;
    let details = Details {
        user: Some(user),
        session: Some(session),
        address,
        ..Details::default()
    };
    audit::record(&mut scope, event, details, now).await?;
    scope.commit().await
}

/// Revokes all sessions of the caller's user, this one included. Returns their ids.
pub async fn revoke_own(
    db: &Database,
    caller: &Caller,
    address: IpAddr,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>> {
    let mut scope = db.lane(Lane::SignIn).write(caller.tenant.id).await?;
    let ended = user::end_sessions(&mut scope, caller.user_id, now).await?;
    let details = Details {
        user: Some(caller.user_id),
        session: Some(caller.session),
        address: Some(address),
        ..Details::default()
    };
    audit::record(&mut scope, Event::SessionsEnded, details, now).await?;
    scope.commit().await?;
    Ok(ended)
}
