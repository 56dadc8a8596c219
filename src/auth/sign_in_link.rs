//! Links that sign a user in once, for whoever opens the page by them.
//!
//! Owns their codes, of which only digests are stored, and their end: a link is deleted when it is used. Must not know the URL
//! that a code is part of.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::audit::{self, Details, Event};
use super::opaque::OpaqueId;
use super::session::{self, Carrier, NewSession, OpenedSession};
use super::token::Keys;
use super::user;
use crate::db::{Database, Lane};
use crate::error::{Error, Result};

/// Keeps a link for a user, and returns its code. Returns `Invalid` on `username` if the tenant has no
/// enabled user of this name.
pub async fn make(
    db: &Database,
    (tenant, username): (i64, &str),
    expires: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<String> {
    let mut scope = db.write(tenant).await?;
    let (user, _) = user::enabled(&mut scope, username).await?;
    let id = OpaqueId::random(tenant);
    let insert = scope.query(include_str!("sql/make_sign_in_link.sql"));
    let insert = insert.bind(Vec::from(id.digest())).bind(user);
    let insert = insert.bind(now).bind(expires);
    insert.execute(scope.connection()).await?;
    let details = Details {
        user: Some(user),
        ..Details::default()
    };
    audit::record(&mut scope, Event::SignInLinkMade, details, now).await?;
    scope.commit().await?;
    Ok(id.to_string())
}

/// Uses up a link, and opens a session of its user. Returns the value of the session's cookie.
/// Returns `Unauthenticated` if the code is unknown, used or expired, or its user disabled.
pub async fn open_session(
    db: &Database,
    keys: &Keys,
    code: &str,
    address: IpAddr,
    now: DateTime<Utc>,
) -> Result<String> {
    let opened = match OpaqueId::parse(code) {
        Some(id) => exchange(db, keys, &id, address, now).await?,
        None => None,
    };
    if opened.is_none() {
        // The code may be of any tenant, or of none.
        audit::record_unknown_login(db, None, address, now).await?;
    }
    opened.ok_or(Error::Unauthenticated)
}

async fn exchange(
    db: &Database,
    keys: &Keys,
    id: &OpaqueId,
    address: IpAddr,
    now: DateTime<Utc>,
) -> Result<Option<String>> {
    let mut scope = db.lane(Lane::SignIn).write(id.tenant()).await?;
    let take = scope.select::<(i64,)>(include_str!("sql/use_sign_in_link.sql"));
    let take = take.bind(Vec::from(id.digest())).bind(now);
    let Some((user,)) = take.fetch_optional(scope.connection()).await? else {
        return Ok(None);
    };
    let new = NewSession {
        user,
        expires_idle: true,
        carrier: Carrier::Cookie,
        ..NewSession::default()
    };
    let OpenedSession {
        session,
        credential,
    } = session::open(&mut scope, keys, new, now).await?;
    let details = Details {
        user: Some(user),
        session: Some(session),
        address: Some(address),
        ..Details::default()
    };
    audit::record(&mut scope, Event::SignInLinkUsed, details, now).await?;
    scope.commit().await?;
    Ok(Some(credential))
}
