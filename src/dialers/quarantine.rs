//! Records that could not be read, kept as they came until somebody retries or deletes them.
//!
//! Owns their rows and bounds. The sweep drops what is too old or too much. Must not know formats: a door reads a record again.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::leg::Source;
use crate::closed::DialerSource;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::input::{Kind, Parameter};
use crate::resources::list::{Listed, Statements};
use crate::time::Instant;

/// Maximum size of a record, in bytes. Doors refuse larger ones.
pub const MAX_BODY: usize = 1 << 20;
/// Records that an account may have; the oldest give way.
pub const MOST: i64 = 100_000;
/// Time for which records are kept.
pub const KEPT: TimeDelta = TimeDelta::days(90);
/// Maximum length of a reason, in code points.
const MAX_REASON: usize = 1_000;

/// How a door is to read a record again: the parts of its request besides the body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Door {
    /// Content-Type.
    pub media: Option<String>,
    /// The uuid of the query.
    pub uuid: Option<String>,
    pub timezone: Option<String>,
    pub columns: Option<String>,
    pub module: Option<String>,
}

/// A record that could not be read.
#[derive(Debug, Clone, Serialize, ToSchema, FromRow)]
#[schema(as = QuarantinedRecord)]
pub struct Quarantined {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Uuid,
    /// Kind of the dialer that sent it.
    #[schema(value_type = DialerSource)]
    pub source: String,
    /// Reason for which it was not read.
    pub reason: String,
    /// Time at which it came.
    pub received_at: Instant,
    /// Its size in bytes.
    pub size: i32,
}

const SOURCE: Parameter = Parameter::optional(
    "source",
    Kind::Choice(DialerSource::VALUES),
    "Only records of this kind of dialer.",
);
const FILTERS: &[Parameter] = &[SOURCE];

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let columns = include_str!("sql/quarantine_columns.sql");
    let filter = "($2::text is null or r.source = $2)";
    Statements::of(
        "dialer_quarantine",
        columns,
        filter,
        "r.id desc",
        FILTERS.len(),
    )
});

impl Listed for Quarantined {
    const TITLE: &'static str = "Records that could not be read, newest first";
    const TAG: &'static str = "Ingest";
    const OPERATION: &'static str = "quarantine";
    const EXAMPLE: &'static str = include_str!("quarantine.json");
    const FILTERS: &'static [Parameter] = FILTERS;
    const STATEMENTS: &'static LazyLock<Statements> = &STATEMENTS;
}

/// A record as it came.
#[derive(Debug, Clone, FromRow)]
pub struct Kept {
    pub id: Uuid,
    pub source: String,
    pub door: Json<Door>,
    pub received_at: DateTime<Utc>,
    pub body: Vec<u8>,
}

impl Kept {
    /// `None` if this version has no such source.
    pub fn source(&self) -> Option<Source> {
        [Source::Freeswitch, Source::Asterisk, Source::Vicidial]
            .into_iter()
            .find(|known| known.name() == self.source)
    }
}

/// Keeps a record. `TooLarge` beyond [`MAX_BODY`].
pub async fn keep(
    scope: &mut Scope,
    source: Source,
    door: Door,
    reason: &str,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Uuid> {
    let size = i32::try_from(body.len()).map_err(|_| Error::TooLarge)?;
    if body.len() > MAX_BODY {
        return Err(Error::TooLarge);
    }
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid();
    let keep = scope.query(include_str!("sql/keep.sql"));
    let keep = keep
        .bind(id)
        .bind(source.name())
        .bind(Json(storable_door(door)))
        .bind(storable(reason))
        .bind(now)
        .bind(size)
        .bind(body.to_vec());
    keep.execute(scope.connection()).await?;
    Ok(id)
}

/// A reason without what the database cannot store, and no longer than needed.
fn storable(reason: &str) -> String {
    let letters = reason.chars().filter(|letter| *letter != '\0');
    letters.take(MAX_REASON).collect()
}

fn storable_door(door: Door) -> Door {
    let storable = |text: Option<String>| text.map(|text| text.replace('\0', ""));
    Door {
        media: storable(door.media),
        uuid: storable(door.uuid),
        timezone: storable(door.timezone),
        columns: storable(door.columns),
        module: storable(door.module),
    }
}

/// A record. `NotFound` if the account has none with that id.
pub async fn find(scope: &mut Scope, id: Uuid) -> Result<Kept> {
    let find = scope.select::<Kept>(include_str!("sql/kept.sql")).bind(id);
    let found = find.fetch_optional(scope.connection()).await?;
    found.ok_or(Error::NotFound)
}

/// The oldest record after that one, and at most as old as `until`: retries of all walk through them one by one.
pub async fn due(scope: &mut Scope, after: Uuid, until: Uuid) -> Result<Option<Kept>> {
    let due = scope.select::<Kept>(include_str!("sql/due.sql"));
    let due = due.bind(after).bind(until);
    Ok(due.fetch_optional(scope.connection()).await?)
}

/// The last id that a record can have that came by then.
pub fn last_of(at: DateTime<Utc>) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &[u8::MAX; 10]).into_uuid()
}

/// Forgets a record that was read, or that somebody deletes. False if another did before.
pub async fn settle(scope: &mut Scope, id: Uuid) -> Result<bool> {
    let settle = scope.query("delete from dialer_quarantine where tenant_id = $1 and id = $2");
    let settled = settle.bind(id).execute(scope.connection()).await?;
    Ok(settled.rows_affected() > 0)
}

/// Notes the reason for which a record could not be read again.
pub async fn refuse(scope: &mut Scope, id: Uuid, reason: &str) -> Result<()> {
    let sql = "update dialer_quarantine set reason = $3 where tenant_id = $1 and id = $2";
    let refuse = scope.query(sql).bind(id).bind(storable(reason));
    refuse.execute(scope.connection()).await?;
    Ok(())
}
