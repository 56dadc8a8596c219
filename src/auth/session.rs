//! Sessions: what a token stands for, and the caller it makes of a request.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::audit::{self, Details, Event};
use super::token::{Claims, Keys};
use super::username::username_key;
use super::{Permission, Role, Tenant};
use crate::cache::{Cache, Named};
use crate::db::{Database, Lane, Scope};
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
    /// The last use that is on record, of a login's token.
    last_used: Option<DateTime<Utc>>,
    /// Set once a newer use is being recorded.
    is_touched: AtomicBool,
}

/// Unused for this long, a login's token ends.
pub const IDLE: TimeDelta = TimeDelta::days(30);

/// The recorded last use of a token is at most this old while it is used.
const TOUCH_EVERY: TimeDelta = TimeDelta::hours(1);

/// Callers by session, as they were a moment ago. Only those who got in are kept, and of them only who showed a
/// token of ours: others can neither fill it nor push anybody out.
pub type Sessions = Cache<Uuid, Arc<Caller>>;

impl Named for Uuid {
    fn name(&self) -> &'static str {
        "session"
    }
}

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
        self.role.may(permission)
            && limited.is_none_or(|names| names.iter().any(|name| name == permission.name()))
    }

    /// Whether its session has run out by then: it expired, or was not used for too long.
    fn is_over(&self, now: DateTime<Utc>) -> bool {
        let idle_until = self
            .last_used
            .map(|used| used.checked_add_signed(IDLE).unwrap_or(used));
        [self.expires, idle_until]
            .into_iter()
            .flatten()
            .any(|end| end <= now)
    }

    /// All that it may.
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
}

const OPEN_SESSION: &str = "
    select s.user_id, u.role, s.permissions, s.expires_at, s.last_used_at
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
    let caller = sessions
        .get(&db.lane(Lane::Tokens), key, Duration::MAX, move |scope| {
            read(scope, claims.jti)
        })
        .await?
        .value;
    // A session that was open when it was read may have run out since.
    if caller.is_over(now) {
        return Err(Error::Unauthenticated);
    }
    let is_due = caller
        .last_used
        .is_some_and(|used| now - used >= TOUCH_EVERY);
    if is_due && !caller.is_touched.swap(true, Ordering::AcqRel) {
        let (db, sessions) = (db.clone(), sessions.clone());
        // The request does not wait for it. Where it fails, the next reading of the session tries again.
        tokio::spawn(async move {
            match touch(&db, key, now).await {
                Ok(()) => sessions.forget(&key),
                Err(error) => {
                    tracing::warn!(tenant = key.0, %error, "could not record the use of a token; will retry")
                }
            }
        });
    }
    Ok(caller)
}

/// Records that a login's token is used, unless another request did within the hour.
async fn touch(db: &Database, (tenant, session): (i64, Uuid), now: DateTime<Utc>) -> Result<()> {
    let mut scope = db.lane(Lane::SignIn).write(tenant).await?;
    let update =
        scope.query("update sessions set last_used_at = $3 where tenant_id = $1 and id = $2 and last_used_at <= $4");
    update
        .bind(session)
        .bind(now)
        .bind(now - TOUCH_EVERY)
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
    } = stored;
    let is_touched = AtomicBool::new(false);
    Ok(Arc::new(Caller {
        tenant,
        session,
        user_id,
        role,
        limited_to,
        expires,
        last_used,
        is_touched,
    }))
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
pub async fn issue(
    db: &Database,
    keys: &Keys,
    session: NewSession<'_>,
    now: DateTime<Utc>,
) -> Result<String> {
    let mut scope = db.write(session.tenant).await?;
    let find = "select id, role from users where tenant_id = $1 and username_key = $2 and disabled_at is null";
    let find = scope
        .select::<(i64, Role)>(find)
        .bind(username_key(session.username));
    let user = find.fetch_optional(scope.connection()).await?;
    let (user, role) =
        user.ok_or_else(|| Error::invalid("username", "the account has no such user"))?;
    if let Some(lacking) = session
        .permissions
        .iter()
        .find(|permission| !role.may(**permission))
    {
        return Err(Error::invalid(
            "permission",
            format!("the user's role does not have {}", lacking.name()),
        ));
    }

    let NewSession {
        permissions,
        expires,
        ..
    } = session;
    let permissions: Vec<&str> = permissions
        .iter()
        .map(|permission| permission.name())
        .collect();
    let permissions = (!permissions.is_empty()).then_some(permissions);
    let opening = Opening {
        user,
        permissions,
        expires,
        ..Opening::default()
    };
    let Opened { session, token } = open(&mut scope, keys, opening, now).await?;
    let details = Details {
        user: Some(user),
        session: Some(session),
        ..Details::default()
    };
    audit::record(&mut scope, Event::TokenIssued, details, now).await?;
    scope.commit().await?;
    Ok(token)
}

/// A session that has just been opened.
pub struct Opened {
    pub session: Uuid,
    pub token: String,
}

/// A session that is to be opened.
#[derive(Default)]
pub struct Opening<'a> {
    pub user: i64,
    /// None: all that the user's role has.
    pub permissions: Option<Vec<&'a str>>,
    pub device_name: Option<&'a str>,
    pub expires: Option<DateTime<Utc>>,
    /// Whether it ends when it is not used for [`IDLE`].
    pub ends_idle: bool,
}

/// Opens a session for a user of the scope's account; it is there when the scope is committed.
pub async fn open(
    scope: &mut Scope,
    keys: &Keys,
    opening: Opening<'_>,
    now: DateTime<Utc>,
) -> Result<Opened> {
    let Opening {
        user,
        permissions,
        device_name,
        expires,
        ends_idle,
    } = opening;
    let permissions =
        permissions.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
    let insert = scope.select::<(Uuid,)>(
        "insert into sessions (tenant_id, user_id, permissions, device_name, created_at, expires_at, last_used_at)
         values ($1, $2, $3, $4, $5, $6, $7) returning id",
    );
    let insert = insert
        .bind(user)
        .bind(permissions)
        .bind(device_name.map(str::to_owned));
    let insert = insert
        .bind(now)
        .bind(expires)
        .bind(ends_idle.then_some(now));
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
    /// Of a login's token, to the hour: it ends when it is not used for 30 days.
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The account's sessions, or those of one user, the oldest first.
pub async fn list(scope: &mut Scope, username: Option<&str>) -> Result<Vec<Listed>> {
    let select = scope.select(
        "select s.id, u.username, s.permissions, s.device_name, s.created_at, s.expires_at, s.last_used_at,
                s.revoked_at
         from sessions s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
         where s.tenant_id = $1 and ($2::text is null or u.username_key = $2)
         order by s.created_at, s.id",
    );
    Ok(select
        .bind(username.map(username_key))
        .fetch_all(scope.connection())
        .await?)
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
    let mut scope = db.lane(Lane::SignIn).write(tenant).await?;
    let update = scope.select::<(i64,)>(
        "update sessions set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null
         returning user_id",
    );
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
