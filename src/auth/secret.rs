//! Secrets in use: each server records a fingerprint of its own, by which a command knows whether its secret is one
//! of theirs.

use chrono::{DateTime, TimeDelta, Utc};

use super::token::Keys;
use crate::db::Database;
use crate::error::Result;

/// A fingerprint that no server has confirmed for this long is removed. Servers confirm theirs each hour.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(1);

/// Records that a server uses these keys, and removes fingerprints of secrets that none uses any more.
pub async fn record(db: &Database, keys: &Keys, now: DateTime<Utc>) -> Result<()> {
    let mut transaction = db.secrets().await?;
    let upsert = sqlx::query(
        "insert into server_secrets (fingerprint, seen_at) select unnest($1::text[]), $2
         on conflict (fingerprint) do update set seen_at = greatest(server_secrets.seen_at, excluded.seen_at)",
    );
    upsert
        .bind(keys.fingerprints())
        .bind(now)
        .execute(&mut *transaction)
        .await?;
    let delete = sqlx::query("delete from server_secrets where seen_at < $1");
    delete
        .bind(now - FORGOTTEN_AFTER)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// The standing of a command's secrets with the servers of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The command has no secret.
    Absent,
    /// No server has used this database yet.
    NoServer,
    /// No server uses any of them.
    Unknown,
    /// Servers use one of them, but not the first, which signs.
    SignsUnknown,
    /// Servers take what the first one signs.
    Known,
}

/// Compares a command's keys with those of the servers.
pub async fn standing(db: &Database, keys: &Keys) -> Result<Standing> {
    let mut transaction = db.secrets().await?;
    let used: Vec<String> = sqlx::query_scalar("select fingerprint from server_secrets")
        .fetch_all(&mut *transaction)
        .await?;
    let mut known = keys
        .fingerprints()
        .iter()
        .map(|fingerprint| used.contains(fingerprint));
    Ok(match known.next() {
        None => Standing::Absent,
        Some(_) if used.is_empty() => Standing::NoServer,
        Some(true) => Standing::Known,
        Some(false) if known.any(|known| known) => Standing::SignsUnknown,
        Some(false) => Standing::Unknown,
    })
}
