//! Scripts that AutoCall plays to leads.
//!
//! Owns their members, and what keeps one from being deleted. Must not know HTTP.

pub mod actions;
mod template;

use std::sync::LazyLock;

use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use utoipa::ToSchema;

use self::actions::Action;
use super::list::{Listed, Statements};
use super::members::{Columns, Members, Object};
use super::rows::Rows;
use crate::auth::audit::{self, Actor, Changes, Event, Target};
use crate::closed::{ScriptStatus, VoiceTier};
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::ingest::field::{self, Field, Locale, Type};
use crate::ingest::kind::field;
use crate::input::{Kind, Parameter};
use crate::text::NAME_LEN;
use crate::time::Instant;

const KIND: &str = "autocall_script";

pub const MEMBERS: Members = Members {
    settable: &[
        field(KIND, "name"),
        TEMPLATE,
        VOICE,
        field(KIND, "tts_tier"),
        field(KIND, "max_repeat_per_attempt"),
        STATUS,
        ACTIONS,
    ],
    shown: &[
        "id",
        "template_id",
        "variables",
        "used_by_campaigns",
        "created_at",
        "updated_at",
    ],
};

const TEMPLATE: Field = field(KIND, "template_text").but_about(
    "Text of the script. Its placeholders, as in {{customer_name}}, are filled in from a lead's payload.",
);
const VOICE: Field = field(KIND, "voice_id")
    .but_type(Type::Key { max: NAME_LEN })
    .but_about("Voice that reads the script, an active one.");
const STATUS: Field = field(KIND, "status")
    .but_type(Type::Enum(ScriptStatus::VALUES))
    .but_default("draft")
    .but_about("State of the script. Campaigns start with active ones.");
const ACTIONS: Field = field(KIND, "dtmf_actions")
    .but_type(Type::List)
    .but_about("Meaning of each key, at most 12.");

/// A script.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AutocallScript)]
pub struct Script {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its id as Analytics knows it.
    pub template_id: String,
    /// Its text, with placeholders.
    pub template_text: Option<String>,
    /// Names of the placeholders, in order of first use.
    pub variables: Vec<String>,
    /// Voice that reads it.
    pub voice_id: Option<String>,
    /// Quality of the voice that reads it.
    #[schema(value_type = VoiceTier)]
    pub tts_tier: String,
    /// Maximum number of times it is played in one attempt.
    pub max_repeat_per_attempt: i32,
    /// draft, active or archived; ingest may bring others.
    pub status: String,
    /// Meaning of each key.
    pub dtmf_actions: Vec<Action>,
    /// Number of campaigns that play it.
    pub used_by_campaigns: i64,
    /// Creation time.
    pub created_at: Instant,
    /// Time of the last change.
    pub updated_at: Instant,
}

impl FromRow<'_, PgRow> for Script {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let template_text: Option<String> = row.try_get("template_text")?;
        // Ingest stores any text.
        let variables = template_text.as_deref().map(template::variables);
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            template_id: row.try_get("template_id")?,
            template_text,
            variables: variables.and_then(Result::ok).unwrap_or_default(),
            voice_id: row.try_get("voice_id")?,
            tts_tier: row.try_get("tts_tier")?,
            max_repeat_per_attempt: row.try_get("max_repeat_per_attempt")?,
            status: row.try_get("status")?,
            dtmf_actions: actions::shown(&row.try_get("dtmf_actions")?),
            used_by_campaigns: row.try_get("used_by_campaigns")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

const FILTERS: &[Parameter] = &[
    Parameter::optional(
        "q",
        Kind::Text,
        "Only scripts whose name contains this text, case-insensitive.",
    ),
    Parameter::optional(
        "status",
        Kind::Choice(ScriptStatus::VALUES),
        "Only scripts with this status.",
    ),
];

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let columns = include_str!("columns.sql");
    Statements::of(
        "autocall_scripts",
        columns,
        include_str!("filter.sql"),
        "r.id desc",
        FILTERS.len(),
    )
});

impl Listed for Script {
    const TITLE: &'static str = "Scripts, newest id first";
    const TAG: &'static str = "AutoCall resources";
    const OPERATION: &'static str = "autocall_scripts";
    const EXAMPLE: &'static str = include_str!("list.json");
    const FILTERS: &'static [Parameter] = FILTERS;
    const STATEMENTS: &'static LazyLock<Statements> = &STATEMENTS;
}

const ROWS: Rows = Rows {
    insert: include_str!("insert.sql"),
    differences: include_str!("differences.sql"),
    update: include_str!("update.sql"),
};

/// One script. `NotFound` without it.
pub async fn find(scope: &mut Scope, id: i64) -> Result<Script> {
    let find = scope.select(&STATEMENTS.find).bind(id);
    let found = find.fetch_optional(scope.connection()).await?;
    found.ok_or(Error::NotFound)
}

/// Like [`find`], and nobody else changes the script until the end of the transaction.
pub async fn lock(scope: &mut Scope, id: i64) -> Result<Script> {
    let lock = scope.query(include_str!("lock.sql")).bind(id);
    lock.execute(scope.connection()).await?;
    find(scope, id).await
}

/// Creates a script. `Invalid` with every faulty member.
pub async fn create(
    scope: &mut Scope,
    object: &Object,
    locale: Locale,
    actor: Actor,
) -> Result<Script> {
    let mut faults = Faults::default();
    let mut columns = MEMBERS.create(object, locale, &mut faults);
    check(scope, &mut columns, &mut faults).await?;
    faults.into_result(Some(()))?;
    columns.set_text("created_at", actor.at.to_rfc3339());
    columns.set_text("updated_at", actor.at.to_rfc3339());
    let id = ROWS.insert(scope, columns).await?;
    let script = find(scope, id).await?;
    let shown = serde_json::to_value(&script).map_err(Error::internal)?;
    let changes = MEMBERS.created(&shown);
    record(scope, actor, Event::ScriptCreated, &script, changes).await?;
    Ok(script)
}

/// Changes a locked script to the members that differ from it. `Invalid` with every faulty member.
pub async fn change(
    scope: &mut Scope,
    script: Script,
    object: &Object,
    locale: Locale,
    actor: Actor,
) -> Result<Script> {
    let shown = serde_json::to_value(&script).map_err(Error::internal)?;
    let mut faults = Faults::default();
    let mut columns = MEMBERS.change(object, &shown, locale, &mut faults);
    check(scope, &mut columns, &mut faults).await?;
    faults.into_result(Some(()))?;
    let changes = ROWS.differences(scope, script.id, &columns).await?;
    if changes.is_empty() {
        return Ok(script);
    }
    columns.set_text("updated_at", actor.at.to_rfc3339());
    ROWS.update(scope, script.id, &columns).await?;
    let script = find(scope, script.id).await?;
    record(scope, actor, Event::ScriptChanged, &script, changes).await?;
    Ok(script)
}

/// Deletes a script. `NotFound` without it, `Conflict` if a campaign plays it or another script switches to it.
///
/// Campaigns that others are about to store are waited for: they keep it, or are refused.
pub async fn delete(scope: &mut Scope, id: i64, actor: Actor) -> Result<()> {
    let lock = scope.query(include_str!("lock_to_delete.sql")).bind(id);
    lock.execute(scope.connection()).await?;
    let script = find(scope, id).await?;
    if script.used_by_campaigns > 0 {
        let message = "A script that a campaign uses cannot be deleted.";
        return Err(Error::conflict(message));
    }
    let switching = scope.select::<(bool,)>(include_str!("is_switched_to.sql"));
    let switching = switching.bind(script.id);
    let (is_switched_to,) = switching.fetch_one(scope.connection()).await?;
    if is_switched_to {
        let message = "A script that another script switches to cannot be deleted.";
        return Err(Error::conflict(message));
    }
    let delete = scope.query("delete from autocall_scripts where tenant_id = $1 and id = $2");
    let delete = delete.bind(script.id);
    delete.execute(scope.connection()).await?;
    record(scope, actor, Event::ScriptDeleted, &script, Changes::new()).await
}

async fn record(
    scope: &mut Scope,
    actor: Actor,
    event: Event,
    script: &Script,
    changes: Changes,
) -> Result<()> {
    let target = Target {
        kind: "script",
        id: script.id,
        name: Some(&script.name),
    };
    audit::record_change(scope, actor, event, target, changes).await
}

/// Checks what a type cannot: placeholders, the voice, and the actions, which are put into the form they are stored in.
async fn check(scope: &mut Scope, columns: &mut Columns, faults: &mut Faults) -> Result<()> {
    if let Some(Err(fault)) = columns.text("template_text").map(template::variables) {
        faults.add("template_text", fault);
    }
    if let Some(voice) = columns.text("voice_id") {
        let find = scope.select::<(bool,)>(include_str!("is_active_voice.sql"));
        let find = find.bind(voice.to_owned());
        let (is_active,) = find.fetch_one(scope.connection()).await?;
        if !is_active {
            faults.add("voice_id", "is no active voice.");
        }
    }
    if let Some(json) = columns.json("dtmf_actions") {
        let actions = actions::read(json, faults);
        check_switches(scope, &actions, faults).await?;
        let json = serde_json::value::to_raw_value(&actions).map_err(Error::internal)?;
        columns.set("dtmf_actions", field::Value::Json(json));
    }
    Ok(())
}

/// Scripts to switch to have to exist. They are kept from being deleted until the end of the transaction.
async fn check_switches(scope: &mut Scope, actions: &[Action], faults: &mut Faults) -> Result<()> {
    for (at, action) in actions.iter().enumerate() {
        let Some(id) = action.target_script_id else {
            continue;
        };
        if status(scope, id).await?.is_none() {
            let place = format!("dtmf_actions.{at}.target_script_id");
            faults.add(place, format!("{id} was not found."));
        }
    }
    Ok(())
}

/// The status of a script, which is kept from being deleted until the end of the transaction. `None` without it.
pub async fn status(scope: &mut Scope, id: i64) -> Result<Option<String>> {
    let keep = scope.select::<(String,)>(include_str!("keep.sql")).bind(id);
    let found = keep.fetch_optional(scope.connection()).await?;
    Ok(found.map(|(status,)| status))
}
