//! Filters on leads: conditions on a lead `l`, whatever its calls.

use crate::analytics::filter as analytics;
use crate::calls::attempts::has_term;
use crate::calls::common::MOST;
use crate::calls::filter::{Filter, Meaning};
use crate::closed::{LeadStage, LeadStatus};
use crate::input::{Kind, Parameter};

const fn optional(name: &'static str, kind: Kind, about: &'static str, meaning: Meaning) -> Filter {
    Filter::new(Parameter::optional(name, kind, about), meaning)
}

/// The phone, whose filter needs `calls_read`.
pub const PHONE: Parameter = Parameter::optional(
    "phone",
    Kind::Text,
    "Only leads with this phone, in any spelling. Needs `calls_read`.",
);
static PHONES: Filter = Filter::new(PHONE, Meaning::Phone("l.phone = :1"));
static EXTERNAL_REF: Filter = optional(
    "external_ref",
    Kind::Text,
    "Only leads with this reference of yours, whole.",
    Meaning::Value("l.external_ref = :1"),
);
static STATUS: Filter = optional(
    "status",
    Kind::ChoiceList(LeadStatus::VALUES),
    "Only leads with one of these states.",
    Meaning::Value("l.status = any (:1)"),
);
static PROGRESS: Filter = optional(
    "progress",
    Kind::Choice(LeadStage::VALUES),
    "Only leads with this status in analytics: BACKLOG without any attempt, PROCESSING with one in progress, of the others RETRY with status pending, in_progress or retry, and FINISHED.",
    Meaning::Each(PROGRESSES),
);
static MIN_ATTEMPTS: Filter = optional(
    "min_attempts",
    Kind::Number { range: 0..=MOST },
    "Only leads with at least as many attempts, over all time.",
    Meaning::Value(include_str!("sql/min_attempts.sql")),
);
static MIN_DIALS: Filter = optional(
    "min_attempts",
    Kind::Number { range: 0..=MOST },
    "Only leads with at least as many dials, over all time.",
    Meaning::Value(include_str!("sql/min_dials.sql")),
);

/// Conditions of the statuses of analytics. Attempts count over all time, whatever campaign they were made for.
pub const PROGRESSES: &[&str] = &[
    concat!("not ", include_str!("sql/attempted.sql")),
    include_str!("sql/in_progress.sql"),
    concat!(
        "{{retryable l}} and ",
        include_str!("sql/attempted.sql"),
        " and not ",
        include_str!("sql/in_progress.sql")
    ),
    FINISHED,
];
/// The condition of the last one.
pub const FINISHED: &str = concat!(
    "not {{retryable l}} and ",
    include_str!("sql/attempted.sql"),
    " and not ",
    include_str!("sql/in_progress.sql")
);

/// A filter of analytics on leads.
const fn of_analytics(filter: &analytics::Filter, kind: Kind, meaning: Meaning) -> Filter {
    optional(filter.name, kind, filter.about, meaning)
}

static TEMPLATE: Filter = optional(
    analytics::TEMPLATE_ID.name,
    Kind::Text,
    "Only leads of campaigns with this template: a script's template_id, or tpl_<id> if it has none.",
    Meaning::Value("l.campaign_id = any ((select callboard_playing($1, :1))::bigint[])"),
);
static MERCHANT: Filter = of_analytics(
    &analytics::MERCHANT_ID,
    Kind::Text,
    Meaning::Value(crate::calls::attempts::IS_MERCHANT),
);
static RESELLER: Filter = of_analytics(
    &analytics::RESELLER_ID,
    Kind::Text,
    Meaning::Value(crate::calls::attempts::HAS_RESELLER),
);
static PAYLOAD: Filter = of_analytics(
    &analytics::PAYLOAD_FILTERS,
    Kind::Object,
    Meaning::Payload {
        by_term: concat!("l.id", has_term!()),
        by_rows: analytics::HAS_PAYLOAD,
    },
);

/// Filters on AutoCall leads.
pub static AUTOCALL: &[&Filter] = &[
    &PHONES,
    &EXTERNAL_REF,
    &STATUS,
    &PROGRESS,
    &MIN_ATTEMPTS,
    &TEMPLATE,
    &MERCHANT,
    &RESELLER,
    &PAYLOAD,
];

/// Filters on Telesales leads, besides those of the reports.
pub static TELESALES: &[&Filter] = &[&PHONES, &MIN_DIALS];
