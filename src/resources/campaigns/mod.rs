//! AutoCall campaigns: a script played to leads.
//!
//! Owns their members, states and transitions. Must not know HTTP, or what a dialer does with them.

mod states;

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::FromRow;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

pub use self::states::Move;
use super::list::{Listed, Statements};
use super::members::{Columns, Members, Object};
use super::rows::Rows;
use super::scripts;
use crate::auth::audit::{self, Actor, Changes, Event, Target};
use crate::closed::{CampaignStatus, RetryCondition};
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::ingest::field::{self, Field, Locale};
use crate::ingest::kind::field;
use crate::input::{Kind, Parameter};
use crate::time::Instant;

const KIND: &str = "autocall_campaign";

pub const MEMBERS: Members = Members {
    settable: &[
        field(KIND, "name"),
        field(KIND, "description"),
        SCRIPT,
        field(KIND, "caller_id_group_id"),
        field(KIND, "max_retries"),
        field(KIND, "retry_interval_minutes"),
        field(KIND, "retry_only_when"),
        field(KIND, "max_concurrent"),
        field(KIND, "originate_timeout"),
        field(KIND, "write_to_main_cdr"),
        START,
        END,
    ],
    shown: &[
        "id",
        "tenant_id",
        "status",
        "started_at",
        "completed_at",
        "created_at",
        "updated_at",
        "total_leads",
    ],
};

const SCRIPT: Field = field(KIND, "script_id")
    .but_type(field::Type::Id)
    .but_required()
    .but_about("Script of the campaign, an active one.");
const START: Field = field(KIND, "start_at")
    .but_about("Planned start, for the dialer: Callboard starts nothing by itself.");
const END: Field = field(KIND, "end_at").but_about(
    "Planned end, after `start_at`, for the dialer: Callboard stops nothing by itself. A date is the end of that day.",
);

pub(super) const Q: Parameter = Parameter::optional(
    "q",
    Kind::Text,
    "Only campaigns whose name contains this text, case-insensitive.",
);
pub(super) const STATUS: Parameter = Parameter::optional(
    "status",
    Kind::Choice(CampaignStatus::VALUES),
    "Only campaigns with this status.",
);

/// An AutoCall campaign.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, FromRow)]
pub struct AutocallCampaign {
    /// Its id.
    pub id: i64,
    /// The account it belongs to.
    pub tenant_id: i64,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// draft, active, paused or completed.
    #[schema(value_type = CampaignStatus)]
    pub status: String,
    /// Its script.
    pub script_id: Option<i64>,
    /// Group of caller IDs in the dialer, an integer or a text.
    #[schema(value_type = CallerIdGroup)]
    pub caller_id_group_id: Option<Value>,
    /// Maximum number of retries for a lead.
    pub max_retries: i32,
    /// Minutes between an attempt and its retry.
    pub retry_interval_minutes: i32,
    /// Result of attempts that are retried.
    #[schema(value_type = RetryCondition)]
    pub retry_only_when: String,
    /// Maximum number of attempts in progress.
    pub max_concurrent: i32,
    /// Seconds after which an unanswered attempt ends.
    pub originate_timeout: i32,
    /// True if the dialer writes attempts to its main call records too.
    pub write_to_main_cdr: bool,
    /// Planned start, for the dialer.
    pub start_at: Option<Instant>,
    /// Planned end, for the dialer.
    pub end_at: Option<Instant>,
    /// Start time.
    pub started_at: Option<Instant>,
    /// Time of the stop.
    pub completed_at: Option<Instant>,
    /// Creation time.
    pub created_at: Instant,
    /// Time of the last change.
    pub updated_at: Instant,
    /// Its leads.
    pub total_leads: i64,
}

/// Schema of `caller_id_group_id`: an integer or a text.
struct CallerIdGroup;

impl PartialSchema for CallerIdGroup {
    fn schema() -> RefOr<Schema> {
        let kinds = SchemaType::from_iter([Type::Integer, Type::String, Type::Null]);
        let about = "Group of caller IDs in the dialer, an integer or a text.";
        ObjectBuilder::new()
            .schema_type(kinds)
            .description(Some(about))
            .into()
    }
}

impl ToSchema for CallerIdGroup {}

const FILTERS: &[Parameter] = &[
    Q,
    STATUS,
    Parameter::optional("script_id", Kind::Id, "Only campaigns with this script."),
];

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let columns = include_str!("columns.sql");
    Statements::of(
        "autocall_campaigns",
        columns,
        include_str!("filter.sql"),
        "r.id desc",
        FILTERS.len(),
    )
});

impl Listed for AutocallCampaign {
    const TITLE: &'static str = "AutoCall campaigns, newest id first";
    const TAG: &'static str = "Campaigns";
    const OPERATION: &'static str = "autocall_campaigns";
    const EXAMPLE: &'static str = include_str!("list.json");
    const FILTERS: &'static [Parameter] = FILTERS;
    const STATEMENTS: &'static LazyLock<Statements> = &STATEMENTS;
}

const ROWS: Rows = Rows {
    insert: include_str!("insert.sql"),
    differences: include_str!("differences.sql"),
    update: include_str!("update.sql"),
};

/// One campaign. `NotFound` without it.
pub async fn find(scope: &mut Scope, id: i64) -> Result<AutocallCampaign> {
    let find = scope.select(&STATEMENTS.find).bind(id);
    let found = find.fetch_optional(scope.connection()).await?;
    found.ok_or(Error::NotFound)
}

/// Like [`find`], and nobody else changes the campaign until the end of the transaction.
pub async fn lock(scope: &mut Scope, id: i64) -> Result<AutocallCampaign> {
    let lock = scope.query(include_str!("lock.sql")).bind(id);
    lock.execute(scope.connection()).await?;
    find(scope, id).await
}

/// Creates a draft. `Invalid` with every faulty member.
pub async fn create(
    scope: &mut Scope,
    object: &Object,
    locale: Locale,
    actor: Actor,
) -> Result<AutocallCampaign> {
    let mut faults = Faults::default();
    let mut columns = MEMBERS.create(object, locale, &mut faults);
    check(scope, &columns, None, &mut faults).await?;
    faults.into_result(Some(()))?;
    columns.set_text("status", "draft");
    columns.set_text("created_at", actor.at.to_rfc3339());
    columns.set_text("updated_at", actor.at.to_rfc3339());
    let id = ROWS.insert(scope, columns).await?;
    let campaign = find(scope, id).await?;
    let shown = serde_json::to_value(&campaign).map_err(Error::internal)?;
    let changes = MEMBERS.created(&shown);
    record(scope, actor, Event::CampaignCreated, &campaign, changes).await?;
    Ok(campaign)
}

/// Changes a locked campaign to the members that differ from it. `Invalid` with every faulty member; `Conflict` for members
/// that may not change in its state.
pub async fn change(
    scope: &mut Scope,
    campaign: AutocallCampaign,
    object: &Object,
    locale: Locale,
    actor: Actor,
) -> Result<AutocallCampaign> {
    let shown = serde_json::to_value(&campaign).map_err(Error::internal)?;
    let mut faults = Faults::default();
    let mut columns = MEMBERS.change(object, &shown, locale, &mut faults);
    check(scope, &columns, Some(&campaign), &mut faults).await?;
    faults.into_result(Some(()))?;
    let changes = ROWS.differences(scope, campaign.id, &columns).await?;
    if changes.is_empty() {
        return Ok(campaign);
    }
    check_state(&campaign.status, &changes)?;
    columns.set_text("updated_at", actor.at.to_rfc3339());
    ROWS.update(scope, campaign.id, &columns).await?;
    let campaign = find(scope, campaign.id).await?;
    record(scope, actor, Event::CampaignChanged, &campaign, changes).await?;
    Ok(campaign)
}

/// Deletes a draft with its leads and exports. `NotFound` without it, `Conflict` for another state, or if it has attempts.
///
/// Rows that refer to it or to its leads, and that others are about to store, are waited for: they keep it, or are refused.
pub async fn delete(scope: &mut Scope, id: i64, actor: Actor) -> Result<()> {
    // A campaign that is running does not hold up its dialer.
    check_draft(&find(scope, id).await?)?;
    for lock in [
        include_str!("lock_to_delete.sql"),
        include_str!("lock_leads.sql"),
    ] {
        let lock = scope.query(lock).bind(id);
        lock.execute(scope.connection()).await?;
    }
    let campaign = find(scope, id).await?;
    check_draft(&campaign)?;
    let attempts = scope.select::<(bool,)>(include_str!("has_attempts.sql"));
    let attempts = attempts.bind(campaign.id);
    let (has_attempts,) = attempts.fetch_one(scope.connection()).await?;
    if has_attempts {
        let rule = "A draft campaign with attempts cannot be deleted.";
        return Err(Error::conflict(rule));
    }
    for delete in [
        "delete from autocall_leads where tenant_id = $1 and campaign_id = $2",
        "delete from autocall_campaigns where tenant_id = $1 and id = $2",
    ] {
        let delete = scope.query(delete).bind(campaign.id);
        delete.execute(scope.connection()).await?;
    }
    let event = Event::CampaignDeleted;
    record(scope, actor, event, &campaign, Changes::new()).await
}

/// `Conflict` for a campaign that is no draft.
fn check_draft(campaign: &AutocallCampaign) -> Result<()> {
    if campaign.status == "draft" {
        return Ok(());
    }
    let rule = format!("{} cannot be deleted.", states::described(&campaign.status));
    Err(Error::conflict(rule))
}

/// Moves a locked campaign to another state. `Conflict` with the violated rule.
pub async fn transit(
    scope: &mut Scope,
    campaign: AutocallCampaign,
    transition: Move,
    actor: Actor,
) -> Result<AutocallCampaign> {
    transition
        .check(&campaign.status)
        .map_err(Error::conflict)?;
    check_ready(scope, &campaign, transition, actor.at).await?;
    scope.make_events().await?;
    let update = scope.query(include_str!("move.sql")).bind(campaign.id);
    let update = update.bind(transition.to()).bind(actor.at);
    update.execute(scope.connection()).await?;
    let moved = find(scope, campaign.id).await?;
    let status = (campaign.status.into(), moved.status.clone().into());
    let changes = Changes::from([("status".to_owned(), status)]);
    record(scope, actor, transition.event(), &moved, changes).await?;
    Ok(moved)
}

/// A start and a resume want an active script; a start also leads, and an end that is not over.
async fn check_ready(
    scope: &mut Scope,
    campaign: &AutocallCampaign,
    transition: Move,
    now: DateTime<Utc>,
) -> Result<()> {
    let refuse = |reason: &str| {
        let rule = format!("A campaign {reason} cannot be {}.", transition.done());
        Err(Error::conflict(rule))
    };
    if !matches!(transition, Move::Start | Move::Resume) {
        return Ok(());
    }
    let status = match campaign.script_id {
        Some(script) => scripts::status(scope, script).await?,
        None => None,
    };
    if status.as_deref() != Some("active") {
        return refuse("without an active script");
    }
    if transition == Move::Resume {
        return Ok(());
    }
    if campaign.total_leads == 0 {
        return refuse("without leads");
    }
    if campaign.end_at.is_some_and(|end| end.0 < now) {
        return refuse("whose end_at has passed");
    }
    Ok(())
}

/// Checks what a type cannot: the script, and the order of start and end. `campaign` is the one that changes.
async fn check(
    scope: &mut Scope,
    columns: &Columns,
    campaign: Option<&AutocallCampaign>,
    faults: &mut Faults,
) -> Result<()> {
    if let Some(script) = columns.text("script_id").and_then(|id| id.parse().ok())
        && scripts::status(scope, script).await?.as_deref() != Some("active")
    {
        faults.add("script_id", "is no active script.");
    }
    let instant = |name: &str, stored: Option<Instant>| match columns.has(name) {
        true => columns.text(name).and_then(|text| text.parse().ok()),
        false => stored.map(|stored| stored.0),
    };
    let start: Option<DateTime<Utc>> =
        instant("start_at", campaign.and_then(|campaign| campaign.start_at));
    let end = instant("end_at", campaign.and_then(|campaign| campaign.end_at));
    let is_changed = columns.has("start_at") || columns.has("end_at");
    if is_changed && start.zip(end).is_some_and(|(start, end)| end <= start) {
        faults.add("end_at", "must be after start_at.");
    }
    Ok(())
}

/// `Conflict` naming every member that may not change in that state.
fn check_state(status: &str, changes: &Changes) -> Result<()> {
    let mut faults = Faults::default();
    for member in changes.keys() {
        if !states::may_change(status, member) {
            faults.add(
                member,
                format!("cannot change while the campaign is {status}."),
            );
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = faults.iter().map(|(name, _)| name).collect();
    let names = names.join(", ");
    let rule = format!("{} cannot change its {names}.", states::described(status));
    Err(Error::Conflict(rule, faults))
}

async fn record(
    scope: &mut Scope,
    actor: Actor,
    event: Event,
    campaign: &AutocallCampaign,
    changes: Changes,
) -> Result<()> {
    let target = Target {
        kind: "campaign",
        id: campaign.id,
        name: Some(&campaign.name),
    };
    audit::record_change(scope, actor, event, target, changes).await
}
