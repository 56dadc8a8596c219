//! The catalogue: every event with its meaning, a sample of its body, and the shape of its data.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::data::{
    Call, DisposedCall, Key, LeadAdded, LeadCompleted, LeadsImported, OfSchedule, Test,
    WarningRaised,
};
use crate::app::App;
use crate::closed::Set;
use crate::error::{Error, Result};
use crate::exports::job::{Export, Stored};
use crate::exports::link::Links;
use crate::reports::telesales::abandon_rate::{RecordedBreach, TelesalesAbandonBreach};
use crate::resources::campaigns::AutocallCampaign;
use crate::table::{Schemas, reference};

/// An event that webhooks can subscribe to.
#[derive(Debug)]
pub struct Event {
    pub name: &'static str,
    pub about: &'static str,
    /// A body.
    pub sample: &'static str,
    /// The data that is sent, of the data that the trigger stored.
    pub shape: fn(&App, &Value) -> Result<Box<RawValue>>,
    /// The schema of the data that is sent; adds it and those that it names.
    pub schema: fn(&mut Schemas) -> RefOr<Schema>,
}

/// An event as `GET /api/webhooks/events` lists it.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookEvent {
    /// Its name.
    name: &'static str,
    /// Meaning of the event.
    description: &'static str,
    /// A body as it is sent.
    #[schema(value_type = Object)]
    sample: Value,
}

/// Names of all events.
pub const NAMES: &[&str] = &{
    let (mut names, mut at) = ([""; EVENTS.len()], 0);
    while at < names.len() {
        names[at] = EVENTS[at].name;
        at += 1;
    }
    names
};

/// The name of an event.
pub struct WebhookEventName;

impl PartialSchema for WebhookEventName {
    fn schema() -> RefOr<Schema> {
        let set = Set {
            name: "WebhookEventName",
            about: "Name of an event.",
            values: NAMES,
        };
        set.schema()
    }
}

impl ToSchema for WebhookEventName {}

/// Every event, in the order of the catalogue.
pub fn list() -> Vec<WebhookEvent> {
    let row = |event: &Event| WebhookEvent {
        name: event.name,
        description: event.about.trim(),
        sample: serde_json::from_str(event.sample).unwrap_or_default(), // infallible: tests read every sample
    };
    EVENTS.iter().map(row).collect()
}

/// Defines [`EVENTS`]: meaning, name, type of the data, and shape. The sample is `samples/<name>.json`.
macro_rules! events {
    ($( $(#[doc = $about:literal])+ $name:literal: $data:ty, $shape:expr; )+) => {
        /// All events.
        pub static EVENTS: &[Event] = &[$( Event {
            name: $name,
            about: concat!($($about),+),
            sample: include_str!(concat!("samples/", $name, ".json")),
            shape: $shape,
            schema: reference::<$data>,
        } ),+];
    };
}

events! {
    /// A lead came in by the API. More than 100 leads of one request are one `autocall.leads.imported` instead.
    "autocall.lead.added": LeadAdded, stored::<LeadAdded>;
    /// More than 100 leads came in by one request.
    "autocall.leads.imported": LeadsImported, stored::<LeadsImported>;
    /// An attempt to reach a lead appeared.
    "autocall.call.initiated": Call, stored::<Call>;
    /// An attempt was answered.
    "autocall.call.answered": Call, stored::<Call>;
    /// The lead pressed a key: one event for each key, by its position.
    "autocall.lead.dtmf_pressed": Key, stored::<Key>;
    /// An attempt was transferred to an agent.
    "autocall.call.transferred": Call, stored::<Call>;
    /// An attempt got its result.
    "autocall.call.completed": Call, stored::<Call>;
    /// The status of a lead became a final one: completed, failed, dnc or max_attempts_reached.
    "autocall.lead.completed": LeadCompleted, stored::<LeadCompleted>;
    /// A campaign was started.
    "autocall.campaign.started": AutocallCampaign, stored::<AutocallCampaign>;
    /// A campaign was paused.
    "autocall.campaign.paused": AutocallCampaign, stored::<AutocallCampaign>;
    /// A paused campaign was resumed.
    "autocall.campaign.resumed": AutocallCampaign, stored::<AutocallCampaign>;
    /// A campaign was completed.
    "autocall.campaign.completed": AutocallCampaign, stored::<AutocallCampaign>;
    /// An agent gave a Telesales call a disposition, or another one.
    "telesales.call.disposed": DisposedCall, stored::<DisposedCall>;
    /// The abandon rate of a Telesales campaign exceeds its limit.
    "telesales.abandon.breached": TelesalesAbandonBreach, breach;
    /// An export is ready, or the file of a schedule: then with `schedule_id`, `schedule_name` and `window`, which others
    /// lack, to the webhook that the schedule names.
    "report.export.ready": Exported<'_>, export;
    /// An export failed for good. A cancelled one gives no event.
    "report.export.failed": Exported<'_>, export;
    /// A warning of the overview began: `code`, `severity`, `since`, `campaign_id`, `subject` and `figures` as there, `module` (null
    /// for a warning of the account) and `campaign_name`. It comes once, and again when the warning had ended and began again.
    "warning.raised": WarningRaised, stored::<WarningRaised>;
    /// A test of this webhook. It is sent whatever the webhook subscribes to.
    "webhook.test": Test, stored::<Test>;
}

/// Data in the shape that is stored.
fn stored<T: DeserializeOwned + Serialize>(_: &App, data: &Value) -> Result<Box<RawValue>> {
    raw(&read::<T>(data)?)
}

fn breach(_: &App, data: &Value) -> Result<Box<RawValue>> {
    raw(&TelesalesAbandonBreach::from(read::<RecordedBreach>(data)?))
}

/// An export as it is now, with a link made now, and the schedule that made it.
fn export(app: &App, data: &Value) -> Result<Box<RawValue>> {
    let job: Stored = read(data)?;
    let export = job.seen(app.clock.now(), &Links::of(app));
    raw(&Exported {
        export: &export,
        schedule: read(data)?,
    })
}

/// An export, and the schedule that made it.
#[derive(Serialize, ToSchema)]
#[schema(as = ReportExportData)]
struct Exported<'a> {
    #[serde(flatten)]
    #[schema(value_type = Export)]
    export: &'a Export,
    #[serde(flatten)]
    schedule: OfSchedule,
}

fn read<T: DeserializeOwned>(data: &Value) -> Result<T> {
    T::deserialize(data).map_err(Error::internal)
}

fn raw(data: &impl Serialize) -> Result<Box<RawValue>> {
    to_raw_value(data).map_err(Error::internal)
}
