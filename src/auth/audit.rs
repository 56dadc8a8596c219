//! The log of who came in and what they took away: who, of which account, from where, when.
//!
//! An entry is written in the transaction of what it tells of, so that neither is there without the other. Logins under
//! names that no user has belong to no account and are kept apart, without the name: people type passwords there.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde::Serialize;
use uuid::Uuid;

use super::username::username_key;
use crate::db::{Database, Scope};
use crate::error::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[clap(rename_all = "snake_case")]
pub enum Event {
    Login,
    LoginFailed,
    Logout,
    TokenIssued,
    TokenRevoked,
    UserDisabled,
    UserEnabled,
    PasswordChanged,
    ExportCreated,
    ExportDownloaded,
}

impl Event {
    /// As it is stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::LoginFailed => "login_failed",
            Self::Logout => "logout",
            Self::TokenIssued => "token_issued",
            Self::TokenRevoked => "token_revoked",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::PasswordChanged => "password_changed",
            Self::ExportCreated => "export_created",
            Self::ExportDownloaded => "export_downloaded",
        }
    }
}

/// What is told of an event. What does not apply is left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Details<'a> {
    /// Whose token or login it is.
    pub user: Option<i64>,
    pub session: Option<Uuid>,
    /// The client's; None on the command line.
    pub address: Option<IpAddr>,
    /// What it was done to: an export's id.
    pub subject: Option<&'a str>,
}

/// Puts an event into the account's log.
pub async fn record(
    scope: &mut Scope,
    event: Event,
    details: Details<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let insert = scope.query(
        "insert into audit_log (tenant_id, at, event, user_id, session_id, address, subject)
         values ($1, $2, $3, $4, $5, $6, $7)",
    );
    let insert = insert
        .bind(now)
        .bind(event.name())
        .bind(details.user)
        .bind(details.session);
    let address = details.address.map(|address| address.to_string());
    insert
        .bind(address)
        .bind(details.subject.map(str::to_owned))
        .execute(scope.connection())
        .await?;
    Ok(())
}

/// As [`record`], for an event of an address on a subject that comes in many requests: at most once in an hour.
pub async fn record_hourly(
    scope: &mut Scope,
    event: Event,
    details: Details<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let address = details.address.map(|address| address.to_string());
    // One request after the other: of two at once, the second finds the entry of the first.
    let lock = scope
        .query("select pg_advisory_xact_lock(hashtextextended(concat_ws(' ', $1, $2, $3, $4), 0))");
    let lock = lock
        .bind(event.name())
        .bind(details.subject.map(str::to_owned))
        .bind(address.clone());
    lock.execute(scope.connection()).await?;
    let recent = scope.select::<(bool,)>(
        "select exists (select from audit_log
                        where tenant_id = $1 and event = $2 and subject = $3 and address = $4 and at > $5 and at <= $6)",
    );
    let recent = recent
        .bind(event.name())
        .bind(details.subject.map(str::to_owned))
        .bind(address);
    let (recent,) = recent
        .bind(now - TimeDelta::hours(1))
        .bind(now)
        .fetch_one(scope.connection())
        .await?;
    if recent {
        Ok(())
    } else {
        record(scope, event, details, now).await
    }
}

/// Records a login under a name that no user has, of which only the digest is kept.
pub async fn record_stranger(
    db: &Database,
    name_digest: Option<String>,
    address: IpAddr,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut transaction = db.strangers().await?;
    let insert = sqlx::query(
        "insert into audit_strangers (at, event, name_digest, address) values ($1, $2, $3, $4)",
    );
    let insert = insert
        .bind(now)
        .bind(Event::LoginFailed.name())
        .bind(name_digest)
        .bind(address.to_string());
    insert.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// An entry as it is printed.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Entry {
    pub at: DateTime<Utc>,
    pub tenant_id: Option<i64>,
    pub event: String,
    pub user_id: Option<i64>,
    pub username: Option<String>,
    /// Of a name that no user has: the same for the same name, and nothing else of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_digest: Option<String>,
    pub session_id: Option<Uuid>,
    pub address: Option<String>,
    pub subject: Option<String>,
}

/// Which entries.
#[derive(Debug, Default)]
pub struct Wanted {
    pub event: Option<Event>,
    pub since: Option<DateTime<Utc>>,
}

const OF_ACCOUNT: &str = "
    select l.at, l.tenant_id, l.event, l.user_id, u.username, null::text as name_digest, l.session_id,
           l.address, l.subject
    from audit_log l left join users u on u.tenant_id = l.tenant_id and u.id = l.user_id
    where l.tenant_id = $1 and ($2::text is null or l.event = $2) and ($3::text is null or u.username_key = $3)
      and ($4::timestamptz is null or l.at >= $4)
    order by l.at, l.id";

const OF_STRANGERS: &str = "
    select at, null::bigint as tenant_id, event, null::bigint as user_id, null::text as username,
           name_digest, null::uuid as session_id, address, null::text as subject
    from audit_strangers
    where ($1::text is null or event = $1) and ($2::text[] is null or name_digest = any ($2))
      and ($3::timestamptz is null or at >= $3)
    order by at, id";

/// The account's log, or that of one user, the oldest entry first.
pub fn of_account<'a>(
    scope: &'a mut Scope,
    wanted: Wanted,
    username: Option<&str>,
) -> BoxStream<'a, Result<Entry>> {
    let select = scope
        .select::<Entry>(OF_ACCOUNT)
        .bind(wanted.event.map(Event::name));
    let select = select.bind(username.map(username_key)).bind(wanted.since);
    select
        .fetch(scope.connection())
        .map(|entry| Ok(entry?))
        .boxed()
}

/// Logins under names that no user has, or under the name with one of those digests, the oldest first.
pub async fn of_strangers(
    db: &Database,
    wanted: Wanted,
    name_digests: Option<Vec<String>>,
    mut tell: impl FnMut(Entry),
) -> Result<()> {
    let mut transaction = db.strangers().await?;
    let select = sqlx::query_as::<_, Entry>(OF_STRANGERS).bind(wanted.event.map(Event::name));
    let select = select.bind(name_digests).bind(wanted.since);
    let mut entries = select.fetch(&mut *transaction);
    while let Some(entry) = entries.next().await {
        tell(entry?);
    }
    Ok(())
}
