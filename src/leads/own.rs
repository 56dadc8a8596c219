//! Filters on leads: conditions on a lead `l`, whatever its calls.

use crate::analytics::filter as analytics;
use crate::calls::attempts::{self, has_term};
use crate::calls::common::MOST;
use crate::calls::filter::{Filter, Meaning};
use crate::closed::{LeadStage, LeadStatus};
use crate::input::{Kind, Parameter};

/// The phone, whose filter needs `calls_read`.
pub const PHONE: Parameter = Parameter::optional(
    "phone",
    Kind::Text,
    "Only leads with this phone, in any spelling. Needs `calls_read`.",
);
static PHONES: Filter = Filter::new(PHONE, Meaning::Phone("l.phone = :1"));
static EXTERNAL_REF: Filter = Filter::optional(
    "external_ref",
    Kind::Text,
    "Only leads with this reference of yours, whole.",
    Meaning::Value("l.external_ref = :1"),
);
static STATUS: Filter = Filter::optional(
    "status",
    Kind::ChoiceList(LeadStatus::VALUES),
    "Only leads with one of these states.",
    Meaning::Value("l.status = any (:1)"),
);
static PROGRESS: Filter = Filter::optional(
    "progress",
    Kind::Choice(LeadStage::VALUES),
    "Only leads with this status in analytics: BACKLOG without any attempt, PROCESSING with one in progress, of the others RETRY with status pending, in_progress or retry, and FINISHED.",
    Meaning::Each(PROGRESSES),
);
static MIN_ATTEMPTS: Filter = Filter::optional(
    "min_attempts",
    Kind::Number { range: 0..=MOST },
    "Only leads with at least as many attempts, over all time.",
    Meaning::Value(include_str!("sql/min_attempts.sql")),
);
static MIN_DIALS: Filter = Filter::optional(
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

static TEMPLATE: Filter = Filter::optional(
    analytics::TEMPLATE_ID.name,
    Kind::Text,
    "Only leads of campaigns with this template: a script's template_id, or tpl_<id> if it has none.",
    Meaning::Value("l.campaign_id = any ((select callboard_playing($1, :1))::bigint[])"),
);
static PAYLOAD: Filter = attempts::by_payload(concat!("l.id", has_term!()));

/// Filters on AutoCall leads.
pub static AUTOCALL: &[&Filter] = &[
    &PHONES,
    &EXTERNAL_REF,
    &STATUS,
    &PROGRESS,
    &MIN_ATTEMPTS,
    &TEMPLATE,
    &attempts::MERCHANT,
    &attempts::RESELLER,
    &PAYLOAD,
];

/// Filters on Telesales leads, besides those of the reports.
pub static TELESALES: &[&Filter] = &[&PHONES, &MIN_DIALS];
