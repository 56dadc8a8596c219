//! Leads of AutoCall campaigns: read, added one by one or many at once, changed and deleted.
//!
//! Owns their members and statements. Their status is the dialer's: nothing here derives it from attempts.

pub mod change;
pub mod import;
pub mod items;

use std::sync::LazyLock;

use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::list::{Listed, Statements, Wanted};
use super::members::Members;
use crate::closed::{AttemptResult, LeadStatus};
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::ingest::field::Locale;
use crate::ingest::kind::field;
use crate::ingest::phone;
use crate::input::{Kind, Parameter};
use crate::template;
use crate::time::Instant;

/// Maximum number of leads in one request.
pub const MOST: usize = 5_000;

/// Members that a PATCH can set.
pub const MEMBERS: Members = Members {
    settable: &[
        field("autocall_lead", "external_ref"),
        field("autocall_lead", "payload"),
        field("autocall_lead", "status"),
    ],
    shown: &[
        "id",
        "campaign_id",
        "phone_number",
        "total_attempts",
        "last_attempt_at",
        "last_result",
        "created_at",
    ],
};

/// A lead of an AutoCall campaign.
#[derive(Debug, Clone, Serialize, ToSchema, FromRow)]
pub struct AutocallLead {
    /// Its id.
    pub id: i64,
    /// The campaign it belongs to.
    pub campaign_id: i64,
    /// Its phone number, as it was sent.
    pub phone_number: String,
    /// Your own reference.
    pub external_ref: Option<String>,
    /// Its data.
    #[schema(value_type = Object)]
    #[sqlx(json)]
    pub payload: Box<RawValue>,
    /// State of the lead, as the dialer reports it.
    #[schema(value_type = LeadStatus)]
    pub status: String,
    /// Number of its attempts.
    pub total_attempts: i64,
    /// Start of its last attempt.
    pub last_attempt_at: Option<Instant>,
    /// Result of its last attempt; null while that is in progress.
    #[schema(value_type = Option<AttemptResult>)]
    pub last_result: Option<String>,
    /// Creation time.
    pub created_at: Instant,
}

/// Parameters of the list.
const STATUS: Parameter = Parameter::optional(
    "status",
    Kind::Choice(LeadStatus::VALUES),
    "Only leads with this status.",
);
const PHONE: Parameter = Parameter::optional(
    "phone",
    Kind::Text,
    "Only leads with this phone, in any spelling.",
);
const Q: Parameter = Parameter::optional(
    "q",
    Kind::Text,
    "Only leads whose reference or phone contains this text, case-insensitive.",
);

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let filtered = template::body(include_str!("filtered.sql"));
    Statements {
        find: with_columns(include_str!("find.sql"), &[]),
        page: with_columns(include_str!("page.sql"), &[("filtered", &filtered)]),
        count: template::composed(include_str!("count.sql"), &[("filtered", &filtered)]),
    }
});

/// Columns of lead `l` and its attempts `a`, with such a phone and reference.
pub fn columns(phone: &str, external_ref: &str) -> String {
    let values: template::Values<'_> = &[("phone", &phone), ("external_ref", &external_ref)];
    template::composed(include_str!("columns.sql"), values)
}

/// The statement of the attempts of lead `l`.
pub fn attempts() -> &'static str {
    template::body(include_str!("attempts.sql"))
}

/// A statement that selects leads with their attempts.
fn with_columns(text: &str, values: template::Values<'_>) -> String {
    let columns = columns("l.phone_as_sent", "l.external_ref");
    let shared: template::Values<'_> = &[("columns", &columns), ("attempts", &attempts())];
    template::filled(text, &[shared, values].concat(), |_| None)
}

impl Listed for AutocallLead {
    const TITLE: &'static str = "Leads of a campaign, newest id first";
    const TAG: &'static str = "AutoCall resources";
    const OPERATION: &'static str = "autocall_leads";
    const EXAMPLE: &'static str = include_str!("list.json");
    const FILTERS: &'static [Parameter] = &[STATUS, PHONE, Q];
    const STATEMENTS: &'static LazyLock<Statements> = &STATEMENTS;
}

/// Parameters of a page of leads. `Invalid` with every faulty one. A text that is no phone is no lead's.
pub fn wanted(query: &str, locale: Locale) -> Result<Wanted> {
    let mut wanted = Wanted::read::<AutocallLead>(query)?;
    wanted.map_filter(1, |phone| {
        phone::e164(&phone, locale.country_code).unwrap_or(phone)
    });
    Ok(wanted)
}

/// A campaign that a request adds leads to, locked until the end of the transaction: concurrent imports wait for each
/// other, so that none adds a phone that another one has added.
#[derive(Debug, FromRow)]
pub struct LockedCampaign {
    pub id: i64,
    pub name: String,
    status: String,
}

impl LockedCampaign {
    /// `NotFound` if the tenant has no such campaign.
    pub async fn lock(scope: &mut Scope, id: i64) -> Result<Self> {
        let lock = scope.select(include_str!("lock_campaign.sql")).bind(id);
        let campaign = lock.fetch_optional(scope.connection()).await?;
        campaign.ok_or(Error::NotFound)
    }

    /// `Conflict` if the campaign takes no more leads.
    pub fn takes_leads(&self) -> Result<()> {
        if self.status == "completed" {
            let rule = "A completed campaign takes no leads.";
            return Err(Error::conflict(rule));
        }
        Ok(())
    }
}

/// The name of a campaign. `NotFound` if the tenant has none with that id.
pub async fn check_campaign(scope: &mut Scope, id: i64) -> Result<String> {
    let find = scope.select::<(String,)>(
        "select name from autocall_campaigns where tenant_id = $1 and id = $2",
    );
    let found = find.bind(id).fetch_optional(scope.connection()).await?;
    found.map(|(name,)| name).ok_or(Error::NotFound)
}

/// `NotFound` if the tenant has no such lead.
pub async fn find(scope: &mut Scope, id: i64) -> Result<AutocallLead> {
    let find = scope.select(&STATEMENTS.find).bind(id);
    let lead = find.fetch_optional(scope.connection()).await?;
    lead.ok_or(Error::NotFound)
}

/// Deletes a lead, and returns its `external_ref`. `NotFound` if the tenant has no such lead, `Conflict` if it has attempts.
pub async fn delete(scope: &mut Scope, id: i64) -> Result<Option<String>> {
    let lock = scope.select::<(Option<String>,)>(include_str!("lock_to_delete.sql"));
    let lead = lock.bind(id).fetch_optional(scope.connection()).await?;
    let (external_ref,) = lead.ok_or(Error::NotFound)?;
    // A statement of its own, which sees attempts that were stored while it waited for the lock.
    let attempts = scope.select::<(bool,)>(include_str!("has_attempts.sql"));
    let (has_attempts,) = attempts.bind(id).fetch_one(scope.connection()).await?;
    if has_attempts {
        let rule = "A lead with attempts cannot be deleted.";
        return Err(Error::conflict(rule));
    }
    let delete = scope.query("delete from autocall_leads where tenant_id = $1 and id = $2");
    delete.bind(id).execute(scope.connection()).await?;
    Ok(external_ref)
}
