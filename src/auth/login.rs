//! Logging in with a name and a password.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::audit::{self, Details, Event};
use super::password::{self, Checker};
use super::session::{self, Opened, Opening};
use super::token::Keys;
use super::user::User;
use super::username::username_key;
use crate::db::{Database, Lane};
use crate::error::{Error, Result};
use crate::text::nfc;

/// Who wants to come in.
#[derive(Debug)]
pub struct Attempt {
    pub username: String,
    pub password: Password,
    /// What the client calls the device it runs on.
    pub device_name: Option<String>,
    pub address: IpAddr,
}

/// A password as it was sent. It has nothing to show.
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

const FIND: &str = "
    select tenant_id, id, username, email, role, team_id, password_hash, disabled_at is not null as is_disabled
    from users where username_key = $1";

/// Opens a session and returns its token. BadCredentials where the name, the password or the user does not let in;
/// which of them it was is in the log, and neither in the answer nor in how long it took: the same steps are taken
/// whether or not there is such a user.
pub async fn login(
    db: &Database,
    keys: &Keys,
    checker: &Checker,
    attempt: Attempt,
    now: DateTime<Utc>,
) -> Result<(User, String)> {
    let Attempt {
        username,
        password,
        device_name,
        address,
    } = attempt;
    let device_name = device_name.as_deref().map(nfc);
    let key = username_key(&username);
    // Before anything else is done for a client, so that a flood of them reaches the database no faster either.
    let turn = checker.turn(address, &key).await?;
    let mut found = find_user(db, &username).await?;
    let hash = found
        .as_mut()
        .map(|found| std::mem::take(&mut found.password_hash));
    let fits = password::fits(turn, password.0, hash).await?;
    let Some(Found {
        tenant_id,
        user,
        is_disabled,
        ..
    }) = found
    else {
        audit::record_stranger(db, keys.name_digests(&key).next(), address, now).await?;
        return Err(Error::BadCredentials);
    };
    let mut details = Details {
        user: Some(user.id),
        address: Some(address),
        ..Details::default()
    };
    let mut scope = db.lane(Lane::SignIn).write(tenant_id).await?;
    if !fits || is_disabled {
        audit::record(&mut scope, Event::LoginFailed, details, now).await?;
        scope.commit().await?;
        return Err(Error::BadCredentials);
    }
    let opening = Opening {
        user: user.id,
        device_name: device_name.as_deref(),
        ends_idle: true,
        ..Opening::default()
    };
    let Opened { session, token } = session::open(&mut scope, keys, opening, now).await?;
    details.session = Some(session);
    audit::record(&mut scope, Event::Login, details, now).await?;
    scope.commit().await?;
    checker.remember(address, &key);
    Ok((user, token))
}

/// The user of that name. A name typed in another sequence of code points than its normal form may be one that an
/// earlier version stored like that, beside another user's in normal form: then it is the one meant.
async fn find_user(db: &Database, username: &str) -> Result<Option<Found>> {
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
