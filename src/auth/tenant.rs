//! A tenant: its name, time zone and settings; creation and changes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::time::Zone;
use crate::time::zone::UnknownZone;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::types::Json;

use super::settings::Settings;
use crate::db::{Database, Scope};
use crate::error::{Error, Result};
use crate::text::{self, NAME_LEN};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    pub id: i64,
    pub name: String,
    /// Default time zone of AutoCall reports.
    pub timezone: Zone,
    pub settings: Settings,
    /// From then on its rows are complete; before, only roll-ups are kept. `None`: all rows are there.
    pub complete_from: Option<DateTime<Utc>>,
}

/// Default time zone of a new tenant.
pub static DEFAULT_TIMEZONE: LazyLock<Zone> =
    LazyLock::new(|| Zone::named("Asia/Ho_Chi_Minh").unwrap_or(Zone::UTC)); // infallible: part of the bundled database

#[derive(sqlx::FromRow)]
struct Stored {
    name: String,
    timezone: String,
    settings: Json<BTreeMap<String, String>>,
    complete_from: Option<DateTime<Utc>>,
}

/// A tenant as shown to operators.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Listed {
    pub id: i64,
    pub name: String,
    pub timezone: String,
    pub reseller_id: Option<i64>,
    /// Settings that differ from their defaults, by name.
    pub settings: Json<BTreeMap<String, String>>,
    pub created_at: DateTime<Utc>,
}

/// A change of the tenant itself or of one of its [`Settings`], from `KEY=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Name(String),
    Timezone(Zone),
    Setting(String, String),
}

impl Change {
    /// Key of the change.
    pub fn key(&self) -> &str {
        match self {
            Self::Name(_) => "name",
            Self::Timezone(_) => "timezone",
            Self::Setting(key, _) => key,
        }
    }

    /// Parses a change. Returns a message if the key is unknown or the value invalid.
    pub fn parse(key: &str, value: &str) -> Result<Self, String> {
        match key {
            "name" => name_of(value)
                .map(Self::Name)
                .map_err(|fault| format!("name: {fault}")),
            "timezone" => value
                .parse()
                .map(Self::Timezone)
                .map_err(|_: UnknownZone| format!("timezone: {value:?} is not an IANA time zone")),
            _ => {
                Settings::default().set(key, value)?;
                Ok(Self::Setting(key.into(), value.into()))
            }
        }
    }
}

/// Normalizes and checks a tenant's name.
fn name_of(text: &str) -> Result<String, String> {
    text::line(text, NAME_LEN)?.ok_or_else(|| "must not be empty".into())
}

impl Tenant {
    /// Loads the scope's tenant. Returns `NotFound` if it does not exist.
    pub async fn load(scope: &mut Scope) -> Result<Self> {
        let stored: Stored = scope
            .select("select callboard_short(name) as name, timezone, settings, complete_from from tenants where id = $1")
            .fetch_optional(scope.connection())
            .await?
            .ok_or(Error::NotFound)?;
        Ok(Self {
            id: scope.tenant(),
            timezone: stored.timezone.parse().map_err(Error::internal)?,
            settings: Settings::of(&stored.settings),
            name: stored.name,
            complete_from: stored.complete_from,
        })
    }

    /// Loads the scope's tenant as shown to operators. Returns `NotFound` if it does not exist.
    pub async fn describe(scope: &mut Scope) -> Result<Listed> {
        let select = "select id, name, timezone, reseller_id, settings, created_at from tenants where id = $1";
        scope
            .select(select)
            .fetch_optional(scope.connection())
            .await?
            .ok_or(Error::NotFound)
    }

    /// Creates a tenant. Returns `Invalid` on `id` if it is taken, on `name` if it is empty, too
    /// long or not one line, and on `reseller` if it is not another tenant.
    pub async fn create(
        db: &Database,
        id: i64,
        name: &str,
        timezone: Zone,
        reseller: Option<i64>,
    ) -> Result<()> {
        let name = name_of(name).map_err(|fault| Error::invalid("name", fault))?;
        if reseller == Some(id) {
            return Err(Error::invalid("reseller", "must be another tenant"));
        }
        let mut scope = db.write(id).await?;
        let insert =
            "insert into tenants (id, name, timezone, reseller_id) values ($1, $2, $3, $4)";
        let insert = scope
            .query(insert)
            .bind(name)
            .bind(timezone.name())
            .bind(reseller);
        insert.execute(scope.connection()).await.map_err(|error| {
            match error.as_database_error() {
                Some(known) if known.is_unique_violation() => {
                    Error::invalid("id", format!("tenant {id} already exists"))
                }
                Some(known) if known.is_foreign_key_violation() => {
                    Error::invalid("reseller", "no such tenant")
                }
                _ => error.into(),
            }
        })?;
        scope.commit().await
    }

    /// Applies all changes, or none.
    pub async fn change(db: &Database, id: i64, changes: &[Change]) -> Result<()> {
        let mut scope = db.write(id).await?;
        for change in changes {
            let update = match change {
                Change::Name(name) => scope.query("update tenants set name = $2 where id = $1").bind(name.clone()),
                Change::Timezone(zone) => {
                    scope.query("update tenants set timezone = $2 where id = $1").bind(zone.name())
                }
                Change::Setting(name, value) => scope
                    .query("update tenants set settings = settings || jsonb_build_object($2::text, $3::text) where id = $1")
                    .bind(name.clone())
                    .bind(value.clone()),
            };
            if update.execute(scope.connection()).await?.rows_affected() == 0 {
                return Err(Error::NotFound);
            }
        }
        scope.commit().await
    }
}
