//! Filters, each declared once: name, type, meaning, and SQL condition over attempts.
//!
//! Three have no condition here: merchant and reseller select tenants, the payload selects leads (`reach`). Must not know
//! the counters.

use crate::template::{all, composed};

/// Type of a filter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A date or an instant.
    Moment,
    Seconds,
    /// 0 to 1.
    Fraction,
    /// Keys with their required values: strings, numbers or booleans.
    Payload,
}

#[derive(Debug)]
pub struct Filter {
    pub name: &'static str,
    pub kind: Kind,
    pub about: &'static str,
    condition: Option<Condition>,
}

/// A condition on an attempt `a`. `$1` is the tenant.
#[derive(Debug, Clone, Copy)]
pub struct Condition {
    /// `:1` is the filter's value.
    pub sql: &'static str,
    /// Its value in statements of analytics: `$2` and `$3` the window, `$4` template, `$5` to `$8` durations and
    /// sentiments, `$9` payload, `$10` its rarest term. With a type, it may be null.
    argument: &'static str,
}

impl Filter {
    /// The condition on attempts, for filters that have one.
    pub const fn on_attempts(&self) -> Option<&'static str> {
        match self.condition {
            Some(condition) => Some(condition.sql),
            None => None,
        }
    }
}

impl Condition {
    const fn new(sql: &'static str, argument: &'static str) -> Option<Self> {
        Some(Self { sql, argument })
    }

    /// The condition in statements of analytics, which holds without a value.
    fn bound(self) -> String {
        match self.argument.split_once("::") {
            Some((number, _)) => {
                let sql = self.sql.replace(":1", number);
                format!("({} is null or ({sql}))", self.argument)
            }
            None => format!("({})", self.sql.replace(":1", self.argument)),
        }
    }
}

/// True for a lead `l` with the payload `:1`. The coalesce keeps the planner from its default estimate for `@>`, one row
/// in a thousand.
pub const HAS_PAYLOAD: &str = "coalesce(l.payload @> :1::jsonb, false)";

pub const TEMPLATE_ID: Filter = Filter {
    name: "template_id",
    kind: Kind::Text,
    about: "Only attempts of campaigns with this template: a script's template_id, or tpl_<id> if it has none.",
    condition: Condition::new(
        "a.campaign_id = any ((select callboard_playing($1, :1))::bigint[])",
        "$4::text",
    ),
};
pub const MERCHANT_ID: Filter = Filter {
    name: "merchant_id",
    kind: Kind::Text,
    about: "Only the account mer_<id>.",
    condition: None,
};
pub const RESELLER_ID: Filter = Filter {
    name: "reseller_id",
    kind: Kind::Text,
    about: "Only accounts whose reseller is res_<id>.",
    condition: None,
};
pub const DATE_FROM: Filter = Filter {
    name: "date_from",
    kind: Kind::Moment,
    about: "Start of the window; by default the first attempt that matches the other filters. A bare date is its midnight in timezone.",
    condition: Condition::new("a.started_at >= :1", "$2"),
};
pub const DATE_TO: Filter = Filter {
    name: "date_to",
    kind: Kind::Moment,
    about: "End of the window, exclusive; by default after the last attempt that matches the other filters. A bare date includes that day, a time written as 23:59:59 that whole second.",
    condition: Condition::new("a.started_at < :1", "$3"),
};
pub const MIN_DURATION: Filter = Filter {
    name: "min_duration",
    kind: Kind::Seconds,
    about: "Only answered attempts of at least this duration in seconds.",
    condition: Condition::new("a.result = 'answered' and a.billsec >= :1", "$5::integer"),
};
pub const MAX_DURATION: Filter = Filter {
    name: "max_duration",
    kind: Kind::Seconds,
    about: "Only answered attempts of at most this duration in seconds.",
    condition: Condition::new("a.result = 'answered' and a.billsec <= :1", "$6::integer"),
};
pub const SENTIMENT_MIN: Filter = Filter {
    name: "sentiment_min",
    kind: Kind::Fraction,
    about: "Only attempts with at least this sentiment, from 0 to 1.",
    condition: Condition::new("a.sentiment >= :1", "$7::numeric"),
};
pub const SENTIMENT_MAX: Filter = Filter {
    name: "sentiment_max",
    kind: Kind::Fraction,
    about: "Only attempts with at most this sentiment, from 0 to 1.",
    condition: Condition::new("a.sentiment <= :1", "$8::numeric"),
};
pub const PAYLOAD_FILTERS: Filter = Filter {
    name: "payload_filters",
    kind: Kind::Payload,
    about: "Only leads whose payload has all of these top-level keys with these values; 1 and 1.0 are equal, 1 and \"1\" are not.",
    condition: None,
};

/// Every filter, in the order of the document.
pub static ALL: &[&Filter] = &[
    &TEMPLATE_ID,
    &MERCHANT_ID,
    &RESELLER_ID,
    &DATE_FROM,
    &DATE_TO,
    &MIN_DURATION,
    &MAX_DURATION,
    &SENTIMENT_MIN,
    &SENTIMENT_MAX,
    &PAYLOAD_FILTERS,
];

/// The filter of that name.
pub fn named(name: &str) -> Option<&'static Filter> {
    ALL.iter().copied().find(|filter| filter.name == name)
}

/// The leads whose attempts are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeadSet {
    All,
    /// Those with the payload `$9`.
    WithPayload,
}

/// The matching attempts `a`, as `from … where …` with joined tables: a part of a statement.
pub fn attempts(leads: LeadSet, joined: &str) -> String {
    let conditions = ALL.iter().filter_map(|filter| filter.condition);
    let conditions = all(conditions.map(Condition::bound));
    match leads {
        LeadSet::All => composed(
            include_str!("sql/attempts.sql"),
            &[("joined", &joined), ("conditions", &conditions)],
        ),
        LeadSet::WithPayload => composed(
            include_str!("sql/attempts_of_leads.sql"),
            &[
                ("leads", &leads_with_payload()),
                ("joined", &joined),
                ("conditions", &conditions),
            ],
        ),
    }
}

/// Leads with the payload, by `id`.
pub fn leads_with_payload() -> String {
    let has_payload = HAS_PAYLOAD.replace(":1", "$9");
    composed(
        include_str!("sql/matching.sql"),
        &[("has_payload", &has_payload)],
    )
}
