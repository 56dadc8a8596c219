//! Filters, each declared once: name, type, meaning, and SQL condition over attempts.
//!
//! Three have no condition here: merchant and reseller select tenants, the payload selects leads (`reach`). Must not know
//! the counters.

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
}

/// Defines the constants, their list, and `attempts!`: the matching attempts, of all leads or of leads with a payload, as
/// `from … where …` with joined tables. The text is assembled at compile time.
macro_rules! filters {
    ($( $constant:ident, $name:literal, $kind:ident, $about:literal $(, $sql:literal)?; )*) => {
        $( pub const $constant: Filter = Filter { name: $name, kind: Kind::$kind, about: $about }; )*

        /// Every filter, in the order of the document.
        pub static ALL: &[&Filter] = &[$( &$constant ),*];

        macro_rules! attempts {
            (all, $joined:literal) => { attempts!("from autocall_attempts a", $joined) };
            (of_leads, $joined:literal) => {
                attempts!(
                    concat!("from (", include_str!("sql/matching.sql"), "\n) m join autocall_attempts a on a.lead_id = m.id"),
                    $joined
                )
            };
            ($from:expr, $joined:literal) => {
                concat!($from, $joined, " where a.tenant_id = $1" $( $(, " and (", $sql, ")")? )*)
            };
        }
    };
}

// $1 tenant, $2 and $3 window, $4 template, $5 to $8 durations and sentiments, $9 payload, $10 its rarest term; from $4 on,
// each may be null.
filters! {
    TEMPLATE_ID, "template_id", Text,
        "Only attempts of campaigns with this template: a script's template_id, or tpl_<id> if it has none.",
        "$4::text is null or a.campaign_id = any ((select callboard_playing($1, $4))::bigint[])";
    MERCHANT_ID, "merchant_id", Text,
        "Only the account mer_<id>.";
    RESELLER_ID, "reseller_id", Text,
        "Only accounts whose reseller is res_<id>.";
    DATE_FROM, "date_from", Moment,
        "Start of the window; by default the first attempt that matches the other filters. A bare date is its midnight in timezone.",
        "a.started_at >= $2";
    DATE_TO, "date_to", Moment,
        "End of the window, exclusive; by default after the last attempt that matches the other filters. A bare date includes that day, a time written as 23:59:59 that whole second.",
        "a.started_at < $3";
    MIN_DURATION, "min_duration", Seconds,
        "Only answered attempts of at least this duration in seconds.",
        "$5::integer is null or (a.result = 'answered' and a.billsec >= $5)";
    MAX_DURATION, "max_duration", Seconds,
        "Only answered attempts of at most this duration in seconds.",
        "$6::integer is null or (a.result = 'answered' and a.billsec <= $6)";
    SENTIMENT_MIN, "sentiment_min", Fraction,
        "Only attempts with at least this sentiment, from 0 to 1.",
        "$7::numeric is null or a.sentiment >= $7";
    SENTIMENT_MAX, "sentiment_max", Fraction,
        "Only attempts with at most this sentiment, from 0 to 1.",
        "$8::numeric is null or a.sentiment <= $8";
    PAYLOAD_FILTERS, "payload_filters", Payload,
        "Only leads whose payload has all of these top-level keys with these values; 1 and 1.0 are equal, 1 and \"1\" are not.";
}

/// The filter of that name.
pub fn named(name: &str) -> Option<&'static Filter> {
    ALL.iter().copied().find(|filter| filter.name == name)
}
