//! The audit log: logins, tokens, exports and changes, with tenant, user, client address and time.
//!
//! An entry is written in the transaction of the event it records, so neither exists without the
//! other. Logins under unknown user names belong to no tenant. They are stored in a table of their
//! own, without the name, because people type passwords into that field.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use clap::builder::PossibleValue;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::db::{Database, Scope};
use crate::error::Result;

/// Defines [`Event`]: the name in the database, and the action that clients see.
macro_rules! events {
    ($( $event:ident = $stored:literal, $action:literal; )*) => {
        /// An event of the log.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Event { $( $event ),* }

        impl Event {
            pub const ALL: &'static [Self] = &[$( Self::$event ),*];
            /// Actions, in the same order.
            pub const ACTIONS: &'static [&'static str] = &[$( $action ),*];

            /// Name in the database. Events from before actions keep the name they were stored by.
            pub fn name(self) -> &'static str {
                match self { $( Self::$event => $stored ),* }
            }

            /// Name in output: the kind of the target and what happened to it.
            pub fn action(self) -> &'static str {
                match self { $( Self::$event => $action ),* }
            }
        }
    };
}

events! {
    Login = "login", "user.logged_in";
    LoginFailed = "login_failed", "user.login_failed";
    Logout = "logout", "user.logged_out";
    SessionsEnded = "user.sessions_ended", "user.sessions_ended";
    SignInLinkMade = "sign_in_link.made", "sign_in_link.made";
    SignInLinkUsed = "sign_in_link.used", "sign_in_link.used";
    TokenIssued = "token_issued", "token.issued";
    TokenRevoked = "token_revoked", "token.revoked";
    UserDisabled = "user_disabled", "user.disabled";
    UserEnabled = "user_enabled", "user.enabled";
    PasswordChanged = "password_changed", "user.password_changed";
    ExportCreated = "export_created", "export.created";
    ExportDownloaded = "export_downloaded", "export.downloaded";
    CallsDownloaded = "calls.downloaded", "calls.downloaded";
    ScriptCreated = "script.created", "script.created";
    ScriptChanged = "script.changed", "script.changed";
    ScriptDeleted = "script.deleted", "script.deleted";
    CampaignCreated = "campaign.created", "campaign.created";
    CampaignChanged = "campaign.changed", "campaign.changed";
    CampaignDeleted = "campaign.deleted", "campaign.deleted";
    CampaignStarted = "campaign.started", "campaign.started";
    CampaignPaused = "campaign.paused", "campaign.paused";
    CampaignResumed = "campaign.resumed", "campaign.resumed";
    CampaignStopped = "campaign.stopped", "campaign.stopped";
    LeadCreated = "lead.created", "lead.created";
    LeadsImported = "leads.imported", "leads.imported";
    LeadChanged = "lead.changed", "lead.changed";
    LeadsChanged = "leads.changed", "leads.changed";
    LeadDeleted = "lead.deleted", "lead.deleted";
    WebhookCreated = "webhook.created", "webhook.created";
    WebhookChanged = "webhook.changed", "webhook.changed";
    WebhookDeleted = "webhook.deleted", "webhook.deleted";
    WebhookSecretRotated = "webhook.secret_rotated", "webhook.secret_rotated";
    WebhookReplayed = "webhook.replayed", "webhook.replayed";
    ScheduleCreated = "schedule.created", "schedule.created";
    ScheduleChanged = "schedule.changed", "schedule.changed";
    ScheduleDeleted = "schedule.deleted", "schedule.deleted";
    ScheduleRun = "schedule.run", "schedule.run";
    ScheduleStopped = "schedule.stopped", "schedule.stopped";
    ScheduleMailed = "schedule.mailed", "schedule.mailed";
    RoutingChanged = "routing.changed", "routing.changed";
    RoutingApplied = "routing.applied", "routing.applied";
    TemplateCreated = "template.created", "template.created";
    TemplateChanged = "template.changed", "template.changed";
    TemplateDeleted = "template.deleted", "template.deleted";
    DialerCausesChanged = "dialer_causes.changed", "dialer_causes.changed";
    QuarantineDeleted = "quarantine.deleted", "quarantine.deleted";
    MappingCreated = "mapping.created", "mapping.created";
    MappingChanged = "mapping.changed", "mapping.changed";
    MappingDeleted = "mapping.deleted", "mapping.deleted";
}

/// On the command line, an event has both names.
impl clap::ValueEnum for Event {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let value = PossibleValue::new(self.action());
        Some(if self.name() == self.action() {
            value
        } else {
            value.alias(self.name())
        })
    }
}

/// The caller who changes something.
#[derive(Debug, Clone, Copy)]
pub struct Actor {
    pub user: i64,
    pub session: Uuid,
    pub address: IpAddr,
    pub at: DateTime<Utc>,
}

/// The object of a change.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// `campaign`, `script`, …
    pub kind: &'static str,
    pub id: i64,
    pub name: Option<&'a str>,
}

/// Changed fields with their old and new values.
pub type Changes = BTreeMap<String, (Value, Value)>;

/// Fields whose values never enter the log: secrets, phones, and data of leads, which holds phones.
const WITHHELD: &[&str] = &[
    "old_secret",
    "payload",
    "phone",
    "phone_as_sent",
    "phone_number",
    "secret",
    "variables",
];
/// Maximum length of a text in the log, in code points; the rest is left out.
const MAX_TEXT: usize = 1_000;

/// Adds a change to the tenant's log. Of a field that may hold a secret or a phone only the name is
/// recorded, with nulls.
pub async fn record_change(
    scope: &mut Scope,
    actor: Actor,
    event: Event,
    target: Target<'_>,
    changes: Changes,
) -> Result<()> {
    let client = Some((actor.session, actor.address.to_string()));
    record_by(
        scope,
        (actor.user, client, actor.at),
        event,
        target,
        changes,
    )
    .await
}

/// Like [`record_change`], for what the server does by itself for a user, at that time.
pub async fn record_own_change(
    scope: &mut Scope,
    (user, at): (i64, DateTime<Utc>),
    event: Event,
    target: Target<'_>,
    changes: Changes,
) -> Result<()> {
    record_by(scope, (user, None, at), event, target, changes).await
}

/// `user`, session and address of the client, and the time.
async fn record_by(
    scope: &mut Scope,
    (user, client, at): (i64, Option<(Uuid, String)>, DateTime<Utc>),
    event: Event,
    target: Target<'_>,
    changes: Changes,
) -> Result<()> {
    let (session, address) = client.unzip();
    let told = |(field, (old, new)): (String, (Value, Value))| {
        let values = if WITHHELD.contains(&field.as_str()) {
            [Value::Null, Value::Null]
        } else {
            [old, new].map(shortened)
        };
        (field, values)
    };
    let changes: BTreeMap<String, [Value; 2]> = changes.into_iter().map(told).collect();
    let insert = scope.query(include_str!("sql/record_change.sql"));
    let insert = insert
        .bind(at)
        .bind(event.name())
        .bind(user)
        .bind(session)
        .bind(address);
    let insert = insert
        .bind(target.kind)
        .bind(target.id.to_string())
        .bind(target.name.map(str::to_owned))
        .bind(Json(changes));
    insert.execute(scope.connection()).await?;
    Ok(())
}

fn shortened(value: Value) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(MAX_TEXT) {
            Some((end, _)) => Value::String(format!("{}…", &text[..end])),
            None => Value::String(text),
        },
        value => value,
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
