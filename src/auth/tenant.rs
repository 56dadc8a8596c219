//! An account: its name, its zone, its settings; making one and changing one.

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
    /// Where reports are read unless the request says otherwise (AutoCall).
    pub timezone: Zone,
    pub settings: Settings,
}

/// The zone of an account that names none.
pub static DEFAULT_TIMEZONE: LazyLock<Zone> =
    LazyLock::new(|| Zone::named("Asia/Ho_Chi_Minh").unwrap_or(Zone::UTC)); // infallible: shipped

#[derive(sqlx::FromRow)]
struct Stored {
    name: String,
    timezone: String,
    settings: Json<BTreeMap<String, String>>,
}

/// An account as an operator sees it.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Listed {
    pub id: i64,
    pub name: String,
    pub timezone: String,
    pub reseller_id: Option<i64>,
    /// What was changed from its default, by name.
    pub settings: Json<BTreeMap<String, String>>,
    pub created_at: DateTime<Utc>,
}

/// A field of the account itself, or one of its [`Settings`], as `KEY=VALUE` gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Name(String),
    Timezone(Zone),
    Setting(String, String),
}

impl Change {
    /// The key that it was given under.
    pub fn key(&self) -> &str {
        match self {
            Self::Name(_) => "name",
            Self::Timezone(_) => "timezone",
            Self::Setting(key, _) => key,
        }
    }

    /// Err with a sentence where the key is unknown or the value does not fit it.
    pub fn parse(key: &str, value: &str) -> Result<Self, String> {
        match key {
            "name" => name_of(value)
                .map(Self::Name)
                .map_err(|fault| format!("name: {fault}")),
            "timezone" => value
                .parse()
                .map(Self::Timezone)
                .map_err(|_: UnknownZone| format!("timezone: {value:?} is no IANA zone")),
            _ => {
                Settings::default().set(key, value)?;
                Ok(Self::Setting(key.into(), value.into()))
            }
        }
    }
}

/// An account's name as it is kept.
fn name_of(text: &str) -> Result<String, String> {
    text::line(text, NAME_LEN)?.ok_or_else(|| "must not be empty".into())
}

impl Tenant {
    /// The account of this scope. NotFound where there is none.
    pub async fn load(scope: &mut Scope) -> Result<Self> {
        let stored: Stored = scope
            .select("select callboard_short(name) as name, timezone, settings from tenants where id = $1")
            .fetch_optional(scope.connection())
            .await?
            .ok_or(Error::NotFound)?;
        Ok(Self {
            id: scope.tenant(),
            timezone: stored.timezone.parse().map_err(Error::internal)?,
            settings: Settings::of(&stored.settings),
            name: stored.name,
        })
    }

    /// The account of this scope for a list of accounts. NotFound where there is none.
    pub async fn describe(scope: &mut Scope) -> Result<Listed> {
        let select = "select id, name, timezone, reseller_id, settings, created_at from tenants where id = $1";
        scope
            .select(select)
            .fetch_optional(scope.connection())
            .await?
            .ok_or(Error::NotFound)
    }

    /// Makes an account. Invalid on `id` where it is taken, on `name` where it is empty, too long or not one line, on
    /// `reseller` where that is no other account.
    pub async fn create(
        db: &Database,
        id: i64,
        name: &str,
        timezone: Zone,
        reseller: Option<i64>,
    ) -> Result<()> {
        let name = name_of(name).map_err(|fault| Error::invalid("name", fault))?;
        if reseller == Some(id) {
            return Err(Error::invalid("reseller", "must be another account"));
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
                    Error::invalid("id", format!("account {id} exists already"))
                }
                Some(known) if known.is_foreign_key_violation() => {
                    Error::invalid("reseller", "there is no such account")
                }
                _ => error.into(),
            }
        })?;
        scope.commit().await
    }

    /// Makes those changes, all or none.
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
