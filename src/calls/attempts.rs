//! Filters on AutoCall attempts.

use super::common::{BUCKET, DAY_OF_WEEK, HANGUP_CAUSE, HOUR, LEAD_ID, MOST, PHONE, RESULT, UUID};
use super::filter::{Filter, Meaning};
use crate::analytics::filter as analytics;
use crate::closed::{
    AttemptMember, AutocallStage, DecidingKey, ListedAttemptResult, SentimentBucket, Transfer,
};
use crate::input::Kind;

/// Text behind a lead's id: true for leads with the term `:2` and the payload `:1`.
macro_rules! has_term {
    () => {
        concat!(
            " in (select t.lead_id from autocall_lead_terms t where t.tenant_id = $1 and t.term = :2)",
            " and coalesce(l.payload @> :1::jsonb, false)"
        )
    };
}
pub(crate) use has_term;

/// A filter of analytics by the same name.
const fn of_analytics(filter: &analytics::Filter, condition: &'static str) -> Filter {
    let kind = match filter.kind {
        analytics::Kind::Seconds => Kind::Number { range: 0..=MOST },
        analytics::Kind::Fraction => Kind::Fraction,
        analytics::Kind::Payload => Kind::Object,
        analytics::Kind::Text | analytics::Kind::Moment => Kind::Text,
    };
    let condition = match filter.on_attempts() {
        Some(condition) => condition,
        None => condition,
    };
    Filter::optional(filter.name, kind, filter.about, Meaning::Value(condition))
}

/// The filter of analytics by the payload of leads.
pub const fn by_payload(by_term: &'static str) -> Filter {
    let by_rows = analytics::HAS_PAYLOAD;
    Filter::optional(
        analytics::PAYLOAD_FILTERS.name,
        Kind::Object,
        analytics::PAYLOAD_FILTERS.about,
        Meaning::Payload { by_term, by_rows },
    )
}

static RESULTS: Filter = Filter::optional(
    "result",
    Kind::ChoiceList(ListedAttemptResult::VALUES),
    "Only attempts with one of these results; in_progress is none yet.",
    Meaning::Value(RESULT),
);
static PHONES: Filter = Filter::new(
    PHONE,
    Meaning::Phone(
        "a.lead_id = any (array(select id from autocall_leads where tenant_id = $1 and phone = :1))",
    ),
);
/// Conditions of the stages of the funnel, in their order.
pub const STAGES: &[&str] = &[
    "true",
    "true",
    "a.result = 'answered'",
    "a.result = 'answered' and a.dtmf <> '' and {{valid_key a}}",
    "callboard_handed_over(a.transfer)",
    "a.agent_disposition is not null",
];
static STAGE: Filter = Filter::optional(
    "stage",
    Kind::Choice(AutocallStage::VALUES),
    "Only attempts that meet the condition of this stage of the funnel.",
    Meaning::Each(STAGES),
);
static HAS: Filter = Filter::optional(
    "has",
    Kind::ChoiceList(AttemptMember::VALUES),
    "Only attempts with a value of each of these; a digit is the deciding key of an answered attempt.",
    Meaning::Each(&[
        "a.hangup_cause is not null",
        "a.result = 'answered' and a.dtmf <> ''",
        "a.agent_disposition is not null",
        "a.agent_id is not null",
        "cardinality(a.script_path) > 0",
    ]),
);
static DIGIT: Filter = Filter::optional(
    "digit",
    Kind::ChoiceList(DecidingKey::VALUES),
    "Only answered attempts with one of these deciding keys: the last one pressed.",
    Meaning::Value(
        "a.result = 'answered' and coalesce(nullif(right(a.dtmf, 1), ''), 'no_input') = any (:1)",
    ),
);
static PATH: Filter = Filter::optional(
    "path",
    Kind::Text,
    "Only attempts that took this path through the script, as reports print it.",
    Meaning::Value("callboard_path(a.script_path) = :1"),
);
static TRANSFERS: Filter = Filter::optional(
    "transfer",
    Kind::ChoiceList(Transfer::VALUES),
    "Only attempts whose transfer ended in one of these ways.",
    Meaning::Value("a.transfer = any (:1)"),
);
static AGENT_DISPOSITION: Filter = Filter::optional(
    "agent_disposition",
    Kind::Text,
    "Only attempts with this disposition of the agent.",
    Meaning::Value("callboard_short(a.agent_disposition) = :1"),
);
static ATTEMPT_NUMBER: Filter = Filter::optional(
    "attempt_number",
    Kind::Number { range: 1..=MOST },
    "Only attempts of this number.",
    Meaning::Value("a.attempt_number = :1"),
);
static PROVIDER: Filter = Filter::optional(
    "provider",
    Kind::Text,
    "Only attempts by this provider, as analytics prints it, (unknown) included.",
    Meaning::Value("callboard_short({{provider a}}) = :1"),
);
static OUTCOME: Filter = Filter::optional(
    "outcome",
    Kind::Text,
    "Only attempts with this outcome, as analytics prints it: the result where the dialer named none.",
    Meaning::Value("callboard_short({{outcome a}}) = :1"),
);
static SENTIMENT: Filter = Filter::optional(
    "sentiment",
    Kind::Choice(SentimentBucket::VALUES),
    "Only attempts whose sentiment lies in this part of the range.",
    Meaning::Each(&[
        "callboard_fifth(a.sentiment) = 0",
        "callboard_fifth(a.sentiment) = 1",
        "callboard_fifth(a.sentiment) = 2",
        "callboard_fifth(a.sentiment) = 3",
        "callboard_fifth(a.sentiment) = 4",
    ]),
);

/// Filters of every list of attempts.
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
    &DIGIT,
    &PATH,
    &TRANSFERS,
    &AGENT_DISPOSITION,
    &ATTEMPT_NUMBER,
    &PROVIDER,
    &OUTCOME,
    &SENTIMENT,
];

static TEMPLATE: Filter = of_analytics(&analytics::TEMPLATE_ID, "");
pub static MERCHANT: Filter = of_analytics(&analytics::MERCHANT_ID, "'mer_' || $1::bigint = :1");
pub static RESELLER: Filter = of_analytics(
    &analytics::RESELLER_ID,
    "(select 'res_' || reseller_id from tenants where id = $1) = :1",
);
static MIN_DURATION: Filter = of_analytics(&analytics::MIN_DURATION, "");
static MAX_DURATION: Filter = of_analytics(&analytics::MAX_DURATION, "");
static SENTIMENT_MIN: Filter = of_analytics(&analytics::SENTIMENT_MIN, "");
static SENTIMENT_MAX: Filter = of_analytics(&analytics::SENTIMENT_MAX, "");
static PAYLOAD: Filter = by_payload(concat!("a.lead_id", has_term!()));

/// Filters of the account's list only: those of analytics.
pub static OF_ACCOUNT: &[&Filter] = &[
    &TEMPLATE,
    &MERCHANT,
    &RESELLER,
    &MIN_DURATION,
    &MAX_DURATION,
    &SENTIMENT_MIN,
    &SENTIMENT_MAX,
    &PAYLOAD,
];

/// Filters of which the second must not be below the first.
pub const ORDERED: [(&str, &str); 2] = [
    ("min_duration", "max_duration"),
    ("sentiment_min", "sentiment_max"),
];
