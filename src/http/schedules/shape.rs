//! Bodies of requests on schedules, as schemas. Their members are read by name, to report every fault.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::schedules::shape::{ScheduleAt, ScheduleDeliver};

/// A new schedule.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `request` reads")]
pub struct ScheduleCreate {
    /// Its name.
    #[schema(
        max_length = 255,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "Agents, daily"
    )]
    name: String,
    /// The product and the name of a report: `telesales.dashboard`.
    #[schema(example = "telesales.agent-performance")]
    report: String,
    /// Parameters of the report, without its window, zone and format; for a report on one campaign also `campaign_id`.
    #[schema(value_type = Option<Object>)]
    params: Option<Map<String, Value>>,
    /// The window of the report, by name, at the due time and in the schedule's zone: today, yesterday, last_7_days,
    /// last_30_days, this_month or last_month.
    #[schema(example = "yesterday")]
    window: String,
    /// Format of the file: xlsx, the default, or csv.
    #[schema(example = "xlsx")]
    format: Option<String>,
    /// Name of an export template of the report, by which the file is laid out.
    template: Option<String>,
    /// Language of the file, en or vi. Default: the account's, then English.
    #[schema(example = "vi")]
    lang: Option<String>,
    /// The due times.
    #[schema(value_type = ScheduleAt)]
    at: Value,
    /// Receivers.
    #[schema(value_type = ScheduleDeliver)]
    deliver: Value,
    /// False to put it out of action. Default: true.
    active: Option<bool>,
}

/// A change of a schedule: the members that it names. Null puts one back to its default.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `request` reads")]
pub struct ScheduleChange {
    /// Its name.
    #[schema(
        max_length = 255,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        nullable = false
    )]
    name: Option<String>,
    /// The report.
    #[schema(nullable = false)]
    report: Option<String>,
    /// Parameters of the report, all of them.
    #[schema(value_type = Option<Object>)]
    params: Option<Map<String, Value>>,
    /// The window of the report.
    #[schema(nullable = false)]
    window: Option<String>,
    /// Format of the file.
    format: Option<String>,
    /// Name of an export template of the report.
    template: Option<String>,
    /// Language of the file.
    lang: Option<String>,
    /// The due times, whole.
    #[schema(value_type = Option<ScheduleAt>, nullable = false)]
    at: Option<Value>,
    /// Receivers, whole.
    #[schema(value_type = Option<ScheduleDeliver>, nullable = false)]
    deliver: Option<Value>,
    /// False to put it out of action.
    active: Option<bool>,
}
