//! Inner objects of a schedule, as schemas. Their members are read by name, to report every fault.

use utoipa::ToSchema;

use super::clock;
use crate::input::email;

/// Due times: a time of day, on every day, on some days of the week, or on a day of the month.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of what `request` reads")]
pub struct ScheduleAt {
    /// Local time of day. One that a change of the clock skips is due at the change; one that it repeats, the first time.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "07:30")]
    time: String,
    /// Days of the week. Without them and `day_of_month`: every day.
    #[schema(min_items = 1, max_items = 7, nullable = false, value_type = Option<Vec<ScheduleDay>>)]
    days: Option<Vec<String>>,
    /// Day of the month; in a month without it, the last one. Not beside `days`.
    #[schema(minimum = 1, maximum = 31, nullable = false)]
    day_of_month: Option<u32>,
    /// Zone of the time and of the window. Default: the zone of the account.
    #[schema(example = "Asia/Ho_Chi_Minh", nullable = false)]
    timezone: Option<String>,
}

/// Receivers of the files: a webhook, addresses, or both.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of what `request` reads")]
pub struct ScheduleDeliver {
    /// The webhook that gets `report.export.ready`, whatever it subscribes to.
    #[schema(nullable = false)]
    webhook: Option<i64>,
    /// Addresses to which the file is mailed, in the account's `mail_domains`. A 422 where the server sends no mail.
    #[schema(min_items = 1, max_items = 20, nullable = false, value_type = Option<Vec<ScheduleAddress>>)]
    email: Option<Vec<String>>,
}

/// An address.
pub struct ScheduleAddress;

impl utoipa::PartialSchema for ScheduleAddress {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .description(Some("An address of mail."))
            .pattern(Some(email::PATTERN))
            .max_length(Some(email::MAX))
            .examples(["an@example.com"])
            .into()
    }
}

impl ToSchema for ScheduleAddress {}

/// A day of the week.
pub struct ScheduleDay;

impl utoipa::PartialSchema for ScheduleDay {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .description(Some("A day of the week."))
            .enum_values(Some(clock::DAYS))
            .into()
    }
}

impl ToSchema for ScheduleDay {}
