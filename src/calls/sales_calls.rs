//! Filters on Telesales calls.

use super::common::{BUCKET, DAY_OF_WEEK, HANGUP_CAUSE, HOUR, LEAD_ID, MOST, PHONE, RESULT, UUID};
use super::filter::{Filter, Meaning};
use crate::closed::{CallMember, ListedCallResult, TelesalesStage};
use crate::input::{Kind, Parameter};

/// True for a dial whose disposition is a conversion. The array is made once a statement.
macro_rules! conversion {
    () => {
        "callboard_is_dial(c.result) and c.disposition = any ((select callboard_conversions($1))::text[])"
    };
}

static RESULTS: Filter = Filter::optional(
    "result",
    Kind::ChoiceList(ListedCallResult::VALUES),
    "Only calls with one of these results; in_progress is none yet.",
    Meaning::Value(RESULT),
);
static PHONES: Filter = Filter::new(
    PHONE,
    Meaning::Phone(
        "c.lead_id = any (array(select id from telesales_leads where tenant_id = $1 and phone = :1))",
    ),
);
/// Conditions of the stages of the funnel, in their order.
pub const STAGES: &[&str] = &[
    "true",
    "callboard_is_dial(c.result)",
    "callboard_is_answer(c.result)",
    "callboard_is_dial(c.result) and {{long_talk c}}",
    "callboard_is_dial(c.result) and c.disposition is not null",
    conversion!(),
];
static STAGE: Filter = Filter::optional(
    "stage",
    Kind::Choice(TelesalesStage::VALUES),
    "Only calls that meet the condition of this stage of the funnel.",
    Meaning::Each(STAGES),
);
static HAS: Filter = Filter::optional(
    "has",
    Kind::ChoiceList(CallMember::VALUES),
    "Only calls with a value of each of these.",
    Meaning::Each(&[
        "c.hangup_cause is not null",
        "c.disposition is not null",
        "c.agent_id is not null",
    ]),
);
static DISPOSITION: Filter = Filter::optional(
    "disposition",
    Kind::Text,
    "Only calls with the disposition of this code.",
    Meaning::Value("callboard_short(c.disposition) = :1"),
);
static CID: Filter = Filter::optional(
    "cid",
    Kind::Text,
    "Only calls made from this caller ID.",
    Meaning::Value("callboard_short(c.cid) = :1"),
);
static CONVERSION: Filter = Filter::optional(
    "conversion",
    Kind::Either,
    "true: only dials whose disposition is a conversion; false: only calls that are none.",
    Meaning::Each(&[
        concat!("coalesce(", conversion!(), ", false) = false"),
        conversion!(),
    ]),
);
static TALK_OVER: Filter = Filter::optional(
    "talk_over",
    Kind::Number { range: 0..=MOST },
    "Only calls with more talk than that, in seconds.",
    Meaning::Value("c.talk_sec > :1"),
);
static TALK_UNDER: Filter = Filter::optional(
    "talk_under",
    Kind::Number { range: 0..=MOST },
    "Only calls with less talk than that, in seconds.",
    Meaning::Value("c.talk_sec < :1"),
);

/// Filters of the list of calls, besides those of the reports.
pub static ALL: &[&Filter] = &[
    &RESULTS,
    &HANGUP_CAUSE,
    &LEAD_ID,
    &PHONES,
    &UUID,
    &DAY_OF_WEEK,
    &HOUR,
    &BUCKET,
    &STAGE,
    &HAS,
    &DISPOSITION,
    &CID,
    &CONVERSION,
    &TALK_OVER,
    &TALK_UNDER,
];

/// Filters with which dates may be left out: those that name one lead or one call.
pub const LOOKUPS: [&Parameter; 3] = [&LEAD_ID.parameter, &PHONE, &UUID.parameter];
