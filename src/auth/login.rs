//! Login with user name and password.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::audit::{self, Details, Event};
use super::password::{self, Checker};
use super::session::{self, Carrier, NewSession, OpenedSession};
use super::token::Keys;
use super::user::User;
use super::username::username_key;
use crate::db::{Database, Lane};
use crate::error::{Error, Result};
use crate::text::nfc;

/// A login request.
#[derive(Debug)]
pub struct LoginRequest {
    pub username: String,
    pub password: Password,
    /// Name of the client's device, as sent.
    pub device_name: Option<String>,
    pub address: IpAddr,
    /// Form in which the client will carry the session.
    pub carrier: Carrier,
}

/// A password as sent. Its `Debug` output hides it.
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

#[derive(sqlx::FromRow)]
struct Found {
    tenant_id: i64,
    #[sqlx(flatten)]
    user: User,
    password_hash: String,
    is_disabled: bool,
}

const FIND: &str = include_str!("sql/users_by_name.sql");

/// Opens a session and returns its token, or the value of its cookie. Returns `BadCredentials` if the user is unknown or
/// disabled or the password is wrong. The reason is in the audit log only; neither the answer nor
/// its timing reveals it, because unknown users take the same steps.
pub async fn login(
    db: &Database,
    keys: &Keys,
    checker: &Checker,
    request: LoginRequest,
    now: DateTime<Utc>,
) -> Result<(User, String)> {
    let LoginRequest {
        username,
        password,
        device_name,
        address,
        carrier,
    } = request;
    let device_name = device_name.as_deref().map(nfc);
    let key = username_key(&username);
    // First step, so that a flood of logins cannot reach the database any faster.
    let permit = checker.permit(address, &key).await?;
    let mut found = find_by_name(db, &username).await?;
    let hash = found
        .as_mut()
        .map(|found| std::mem::take(&mut found.password_hash));
    let is_correct = password::verify(permit, password.0, hash).await?;
    let Some(Found {
        tenant_id,
        user,
        is_disabled,
        ..
    }) = found
    else {
        audit::record_unknown_login(db, keys.name_digests(&key).next(), address, now).await?;
        return Err(Error::BadCredentials);
    };
    let mut details = Details {
        user: Some(user.id),
        address: Some(address),
        ..Details::default()
    };
    let mut scope = db.lane(Lane::SignIn).write(tenant_id).await?;
    if !is_correct || is_disabled {
        audit::record(&mut scope, Event::LoginFailed, details, now).await?;
        scope.commit().await?;
        return Err(Error::BadCredentials);
    }
    let new = NewSession {
        user: user.id,
        device_name: device_name.as_deref(),
        expires_idle: true,
        carrier,
        ..NewSession::default()
    };
    let OpenedSession {
        session,
        credential,
    } = session::open(&mut scope, keys, new, now).await?;
    details.session = Some(session);
    audit::record(&mut scope, Event::Login, details, now).await?;
    scope.commit().await?;
    checker.remember(address, &key);
    Ok((user, credential))
}

/// Finds a user by name. Earlier versions stored names as sent instead of in normal form. A user
/// stored under the exact name sent is preferred over one stored in normal form.
async fn find_by_name(db: &Database, username: &str) -> Result<Option<Found>> {
    let (key, as_sent) = (username_key(username), username.trim().to_lowercase());
    let found = find(db, &key).await?;
    if key == as_sent {
        Ok(found)
    } else {
        Ok(find(db, &as_sent).await?.or(found))
    }
}

async fn find(db: &Database, username_key: &str) -> Result<Option<Found>> {
    let mut transaction = db.login(username_key).await?;
    Ok(sqlx::query_as(FIND)
        .bind(username_key)
        .fetch_optional(&mut *transaction)
        .await?)
}
