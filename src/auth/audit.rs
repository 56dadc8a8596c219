//! The audit log: logins, tokens and exports, with tenant, user, client address and time.
//!
//! An entry is written in the transaction of the event it records, so neither exists without the
//! other. Logins under unknown user names belong to no tenant. They are stored in a table of their
//! own, without the name, because people type passwords into that field.

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
    /// Name in the database and in output.
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

/// Details of an event. Fields that do not apply are `None`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Details<'a> {
    /// Owner of the token or login.
    pub user: Option<i64>,
    pub session: Option<Uuid>,
    /// Client address; `None` on the command line.
    pub address: Option<IpAddr>,
    /// Object of the event: an export's id.
    pub subject: Option<&'a str>,
}

/// Adds an event to the tenant's log.
pub async fn record(
    scope: &mut Scope,
    event: Event,
    details: Details<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let insert = scope.query(include_str!("sql/record_event.sql"));
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

/// Like [`record`], but at most once an hour for the same event, address and subject. For events
/// that arrive in many requests.
pub async fn record_hourly(
    scope: &mut Scope,
    event: Event,
    details: Details<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let address = details.address.map(|address| address.to_string());
    // Serializes concurrent requests: the second one finds the entry of the first.
    let lock = scope
        .query("select pg_advisory_xact_lock(hashtextextended(concat_ws(' ', $1, $2, $3, $4), 0))");
    let lock = lock
        .bind(event.name())
        .bind(details.subject.map(str::to_owned))
        .bind(address.clone());
    lock.execute(scope.connection()).await?;
    let recent = scope.select::<(bool,)>(include_str!("sql/is_recorded.sql"));
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

/// Records a login under an unknown user name. Only a digest of the name is stored.
pub async fn record_unknown_login(
    db: &Database,
    name_digest: Option<String>,
    address: IpAddr,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut transaction = db.unknown_logins().await?;
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

/// A log entry as printed.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Entry {
    pub at: DateTime<Utc>,
    pub tenant_id: Option<i64>,
    pub event: String,
    pub user_id: Option<i64>,
    pub username: Option<String>,
    /// Digest of an unknown user name. Equal names have equal digests; the name cannot be
    /// recovered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_digest: Option<String>,
    pub session_id: Option<Uuid>,
    pub address: Option<String>,
    pub subject: Option<String>,
}

/// Filter on log entries.
#[derive(Debug, Default)]
pub struct EntryFilter {
    pub event: Option<Event>,
    pub since: Option<DateTime<Utc>>,
}

const TENANT_LOG: &str = include_str!("sql/log.sql");

const UNKNOWN_LOGINS: &str = include_str!("sql/unknown_logins.sql");

/// Returns the log of the tenant, or of one of its users, oldest entry first.
pub fn list<'a>(
    scope: &'a mut Scope,
    filter: EntryFilter,
    username: Option<&str>,
) -> BoxStream<'a, Result<Entry>> {
    let select = scope
        .select::<Entry>(TENANT_LOG)
        .bind(filter.event.map(Event::name));
    let select = select.bind(username.map(username_key)).bind(filter.since);
    select
        .fetch(scope.connection())
        .map(|entry| Ok(entry?))
        .boxed()
}

/// Passes on logins under unknown user names, oldest first. `name_digests` limits them to names
/// with one of these digests.
pub async fn list_unknown_logins(
    db: &Database,
    filter: EntryFilter,
    name_digests: Option<Vec<String>>,
    mut emit: impl FnMut(Entry),
) -> Result<()> {
    let mut transaction = db.unknown_logins().await?;
    let select = sqlx::query_as::<_, Entry>(UNKNOWN_LOGINS).bind(filter.event.map(Event::name));
    let select = select.bind(name_digests).bind(filter.since);
    let mut entries = select.fetch(&mut *transaction);
    while let Some(entry) = entries.next().await {
        emit(entry?);
    }
    Ok(())
}
