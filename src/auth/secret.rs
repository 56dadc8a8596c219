//! Secrets in use. Each server records a fingerprint of its secrets, so a command can check that it
//! uses the same one.

use chrono::{DateTime, TimeDelta, Utc};

use super::token::Keys;
use crate::db::Database;
use crate::error::Result;

/// Age at which unconfirmed fingerprints are removed. Servers confirm theirs every hour.
const EXPIRES_AFTER: TimeDelta = TimeDelta::days(1);

/// Records the keys of this server and removes fingerprints that no server uses any more.
pub async fn record(db: &Database, keys: &Keys, now: DateTime<Utc>) -> Result<()> {
    let mut transaction = db.secrets().await?;
    let upsert = sqlx::query(include_str!("sql/record_secrets.sql"));
    upsert
        .bind(keys.fingerprints())
        .bind(now)
        .execute(&mut *transaction)
        .await?;
    let delete = sqlx::query("delete from server_secrets where seen_at < $1");
    delete
        .bind(now - EXPIRES_AFTER)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// Relation of a command's secrets to those of the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretStatus {
    /// The command has no secret.
    Absent,
    /// No server has used this database yet.
    NoServer,
    /// No server uses any of the command's secrets.
    Unknown,
    /// Servers use one of them, but not the first, which signs.
    SignsUnknown,
    /// Servers accept tokens signed with the first secret.
    Known,
}

/// Compares a command's keys with those of the servers.
pub async fn status(db: &Database, keys: &Keys) -> Result<SecretStatus> {
    let mut transaction = db.secrets().await?;
    let used: Vec<String> = sqlx::query_scalar("select fingerprint from server_secrets")
        .fetch_all(&mut *transaction)
        .await?;
    let mut known = keys
        .fingerprints()
        .iter()
        .map(|fingerprint| used.contains(fingerprint));
    Ok(match known.next() {
        None => SecretStatus::Absent,
        Some(_) if used.is_empty() => SecretStatus::NoServer,
        Some(true) => SecretStatus::Known,
        Some(false) if known.any(|known| known) => SecretStatus::SignsUnknown,
        Some(false) => SecretStatus::Unknown,
    })
}
