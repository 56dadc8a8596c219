//! The planner: source, window and buckets of a query.
//!
//! Pure functions, without access to the database.

use chrono::{DateTime, Utc};

use super::dimension::Tally;
use super::query::{Filters, Query};
use crate::error::{Error, Result};
use crate::rollups::Source;
use crate::time::Window;

/// Maximum number of buckets of a question over time.
pub const MAX_BUCKETS: usize = 100_000;

/// The ends of a window in a body.
pub const FROM: &str = "filters.date_from";
pub const TO: &str = "filters.date_to";

/// Earliest start of an attempt (contract, section 6).
const BEGINNING: i64 = 315_532_800;
/// Latest start of an attempt: the end of the year 9999.
const END: i64 = 253_402_300_800;
/// Earliest creation of a lead: the year 1.
const YEAR_1: i64 = -62_135_596_800;
/// Leads stored before the tables refused them may lie outside the calendar: roll-ups have them on the first day of
/// Postgres' calendar, or in the first quarter hour of the year 20000.
const FIRST_DAY: i64 = -210_866_803_200;
const AFTER_THE_LAST: i64 = 568_971_820_800 + 86_400;

/// The source for a tenant. Roll-ups cannot filter by duration, sentiment or payload.
pub fn source(query: &Query, trusted: bool, wanted: Source) -> Source {
    if is_of_sums(query) && trusted {
        wanted
    } else {
        Source::Raw
    }
}

/// True if the roll-ups have what the filters select.
pub fn is_of_sums(query: &Query) -> bool {
    !query.filters.by_figures() && query.filters.payload.is_none()
}

/// True if the attempts are so few that reading them one by one is fastest.
pub fn are_few(total: &Tally) -> bool {
    total.calls <= 5_000
}

/// The requested window; all of time by default.
pub fn asked(query: &Query) -> Window {
    window(query.filters.from, query.filters.to, BEGINNING, END, query)
}

/// All of time, for attempts of leads.
pub fn ever(query: &Query) -> Window {
    window(None, None, BEGINNING, END, query)
}

/// The window of leads' creation; contains every lead by default.
pub fn created(query: &Query) -> Window {
    let Filters { from, to, .. } = query.filters;
    let (beginning, end) = if is_open(query) && from == to {
        (FIRST_DAY, AFTER_THE_LAST)
    } else {
        (YEAR_1, END)
    };
    window(from, to, beginning, end, query)
}

fn window(
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    beginning: i64,
    end: i64,
    query: &Query,
) -> Window {
    let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default(); // infallible: the instants above
    Window {
        from: from.unwrap_or(at(beginning)),
        to: to.unwrap_or(at(end)),
        zone: query.zone,
    }
}

/// True if a bound of the window is left to the first or last attempt.
pub fn is_open(query: &Query) -> bool {
    query.filters.from.is_none() || query.filters.to.is_none()
}

/// The window of a question over time; a missing bound is the start of the first attempt, or what follows the last. `None`
/// without any attempt.
pub fn along(query: &Query, ends: Option<(DateTime<Utc>, DateTime<Utc>)>) -> Option<Window> {
    let from = query.filters.from.or(ends.map(|(first, _)| first))?;
    let to = query.filters.to.or(ends.map(|(_, end)| end))?;
    Some(Window {
        from,
        to,
        zone: query.zone,
    })
}

/// Every bucket of that window, in order. `Invalid` beyond [`MAX_BUCKETS`].
pub fn buckets(query: &Query, window: &Window) -> Result<Vec<i64>> {
    let too_many = || {
        Error::invalid(
            super::query::GRANULARITY,
            "The window has more than 100,000 buckets.",
        )
    };
    query
        .granularity
        .touched(window, MAX_BUCKETS)
        .ok_or_else(too_many)
}

#[cfg(test)]
mod tests {
    use chrono::SecondsFormat;
    use serde_json::{Value, json};

    use super::*;

    fn query(query_type: &str, filters: Value) -> Query {
        let body =
            json!({"query_type": query_type, "filters": filters, "timezone": "Asia/Ho_Chi_Minh"});
        Query::read(body.to_string().as_bytes()).expect("a query")
    }

    fn shown(window: &Window) -> [String; 2] {
        [window.from, window.to].map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    #[test]
    fn roll_ups_answer_what_they_know() {
        for (query_type, filters, rolled) in [
            ("call_count", json!({}), true),
            (
                "call_duration",
                json!({"template_id": "t", "date_from": "2025-01-01"}),
                true,
            ),
            (
                "outcome_distribution",
                json!({"merchant_id": "m", "reseller_id": "r"}),
                true,
            ),
            (
                "sentiment_distribution",
                json!({"date_to": "2025-01-01"}),
                true,
            ),
            ("calls_over_time", json!({"payload_filters": {}}), true),
            (
                "avg_duration_over_time",
                json!({"min_duration": null}),
                true,
            ),
            ("retry_analysis", json!({"min_duration": 0}), false),
            ("provider_breakdown", json!({"max_duration": 9}), false),
            ("hourly_heatmap", json!({"sentiment_min": 0}), false),
            ("top_outcomes", json!({"sentiment_max": 1}), false),
            (
                "call_count",
                json!({"payload_filters": {"city": "Hanoi"}}),
                false,
            ),
            (
                "status_distribution",
                json!({"date_from": "2025-01-01"}),
                true,
            ),
            ("conversion_funnel", json!({"template_id": "t"}), true),
            ("status_distribution", json!({"sentiment_min": 0.5}), false),
            (
                "conversion_funnel",
                json!({"payload_filters": {"city": "Hanoi"}}),
                false,
            ),
        ] {
            let asked = query(query_type, filters.clone());
            let expected = if rolled { Source::Rolled } else { Source::Raw };
            assert_eq!(
                source(&asked, true, Source::Rolled),
                expected,
                "{query_type} {filters}"
            );
            assert_eq!(
                source(&asked, false, Source::Rolled),
                Source::Raw,
                "not to be trusted: {query_type} {filters}"
            );
            assert_eq!(
                source(&asked, true, Source::Raw),
                Source::Raw,
                "not wanted: {query_type} {filters}"
            );
        }
    }

    #[test]
    fn a_window_is_what_was_asked_for_or_what_there_is() {
        let ends =
            ["2025-01-05T10:00:00Z", "2025-01-09T20:00:00.000001Z"].map(|at| at.parse().expect(at));
        let ends = Some((ends[0], ends[1]));
        for (filters, open, asked_for, found) in [
            (
                json!({}),
                true,
                ["1980-01-01T00:00:00Z", "+10000-01-01T00:00:00Z"],
                ["2025-01-05T10:00:00Z", "2025-01-09T20:00:00.000001Z"],
            ),
            (
                json!({"date_from": "2025-01-01"}),
                true,
                ["2024-12-31T17:00:00Z", "+10000-01-01T00:00:00Z"],
                ["2024-12-31T17:00:00Z", "2025-01-09T20:00:00.000001Z"],
            ),
            (
                json!({"date_to": "2025-01-31"}),
                true,
                ["1980-01-01T00:00:00Z", "2025-01-31T17:00:00Z"],
                ["2025-01-05T10:00:00Z", "2025-01-31T17:00:00Z"],
            ),
            (
                json!({"date_from": "2025-01-01T00:00:00Z", "date_to": "2025-01-31T23:59:59Z"}),
                false,
                ["2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"], // the last second is taken in
                ["2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"],
            ),
        ] {
            let asked_of = query("calls_over_time", filters.clone());
            assert_eq!(is_open(&asked_of), open, "{filters}");
            assert_eq!(shown(&asked(&asked_of)), asked_for, "{filters}");
            assert_eq!(
                along(&asked_of, ends).map(|window| shown(&window)),
                Some(found.map(String::from)),
                "{filters}"
            );
            assert_eq!(along(&asked_of, None).is_some(), !open, "{filters}");
        }
    }

    #[test]
    fn leads_are_of_any_time() {
        let asked_of = query("status_distribution", json!({}));
        assert_eq!(
            shown(&created(&asked_of)),
            ["-4713-11-24T00:00:00Z", "+20000-01-02T00:00:00Z"]
        );
        let asked_of = query(
            "status_distribution",
            json!({"date_from": "2025-01-01", "date_to": "2025-01-31"}),
        );
        assert_eq!(
            shown(&created(&asked_of)),
            ["2024-12-31T17:00:00Z", "2025-01-31T17:00:00Z"]
        );
    }

    #[test]
    fn a_window_has_every_bucket_it_touches() {
        let asked_of = query(
            "calls_over_time",
            json!({"date_from": "2025-01-01", "date_to": "2025-01-31"}),
        );
        let window = along(&asked_of, None).expect("a window");
        assert_eq!(buckets(&asked_of, &window).expect("few").len(), 31);
        let hours = Query {
            granularity: crate::time::Granularity::Hour,
            ..asked_of
        };
        let ages = Window {
            from: asked(&query("call_count", json!({}))).from,
            ..window
        };
        assert!(buckets(&hours, &ages).is_err());
    }
}
