//! The twelve questions with their rows.

use serde::Serialize;
use utoipa::ToSchema;

use super::dimension::{ATTEMPT_NUMBER, FIFTH, List, OUTCOME, PROVIDER};
use super::page::{Paged, place};
use super::question::Question;
use super::reading::Reading;
use crate::asked::About;
use crate::closed::{LeadStage, SentimentBucket};
use crate::error::Result;
use crate::keys;
use crate::percent::{DecimalNumber, PercentText, largest_remainder};
use crate::table::{Cell, Field, Format, row};

/// Declares a question: type, description and row.
macro_rules! question {
    ($name:ident, $query_type:literal, $title:literal, $summary:literal, $row:ty, |$reading:ident| $rows:expr) => {
        pub struct $name;

        impl Question for $name {
            const ABOUT: About = About {
                name: $query_type,
                title: $title,
                summary: $summary,
                example: include_str!(concat!("examples/", $query_type, ".json")),
            };
            const REQUEST: &'static str =
                include_str!(concat!("examples/", $query_type, ".request.json"));
            type Row = $row;

            async fn rows($reading: &mut Reading<'_>) -> Result<Paged<$row>> {
                Ok($rows)
            }
        }
    };
}

row! {
    /// The number of attempts.
    pub struct AnalyticsCallCount {
        /// Attempts, those in progress included.
        count: i64 => "Calls" as calls(&[]),
    }
}

question!(
    CallCount,
    "call_count",
    "Calls",
    "One row: the number of attempts.",
    AnalyticsCallCount,
    |reading| Paged::of(
        vec![AnalyticsCallCount {
            count: reading.total().await?.calls
        }],
        reading.query
    )
);

row! {
    /// Durations of answered attempts in billed seconds; null without any.
    pub struct AnalyticsCallDuration {
        /// Mean, two decimals.
        avg: Option<DecimalNumber<2>> => "Average, s" as average("total", "answered"),
        /// Minimum.
        min: Option<i64> => "Shortest, s" as plain(Kind::Average),
        /// Maximum.
        max: Option<i64> => "Longest, s" as plain(Kind::Average),
        /// Sum.
        total: Option<i64> => "Total, s" as sum(&[("result", "answered")]),
    }
    besides {
        /// Answered attempts.
        answered => "Answered" as calls(&[("result", "answered")]).up(),
    }
}

question!(
    CallDuration,
    "call_duration",
    "Call duration",
    "One row: durations of answered attempts in billed seconds; null without any.",
    AnalyticsCallDuration,
    |reading| {
        let calls = reading.durations().await?;
        let row = AnalyticsCallDuration {
            avg: average(calls.seconds, calls.answered),
            min: calls.shortest.map(i64::from),
            max: calls.longest.map(i64::from),
            total: (calls.answered > 0).then_some(calls.seconds),
        };
        Paged::of(vec![row], reading.query)
    }
);

row! {
    /// An outcome.
    pub struct AnalyticsOutcomeShare {
        /// The attempts' outcome, or their result if they have none.
        outcome: String => "Outcome" as key("outcome"),
        /// Attempts with this outcome.
        count: i64 => "Calls" as calls(&[]),
        /// Share of all attempts with an outcome, two decimals; all shares add up to exactly 100.00.
        pct: PercentText => "Share, %" as share("count", "total"),
    }
    besides {
        /// Attempts with an outcome or a result.
        total => "Calls with an outcome" as plain(Kind::Count(Counted::Calls)),
    }
}

question!(
    OutcomeDistribution,
    "outcome_distribution",
    "Outcomes",
    "A row for each outcome, most frequent first, then by name. An attempt without an outcome counts by its result; one without either is left out.",
    AnalyticsOutcomeShare,
    |reading| {
        let listed = listed(reading, &OUTCOME).await?;
        listed.map(|row| AnalyticsOutcomeShare {
            outcome: row.key,
            count: row.calls,
            pct: row.share,
        })
    }
);

row! {
    /// A fifth of the range of sentiments.
    pub struct AnalyticsSentimentShare {
        /// Its bounds; the upper bound belongs to the next fifth, except in the last one.
        #[schema(value_type = SentimentBucket)]
        bucket: &'static str => "Sentiment" as key("sentiment"),
        /// Attempts with a sentiment in this range.
        count: i64 => "Calls" as calls(&[]),
        /// Share of all attempts with a sentiment, two decimals; all shares add up to exactly 100.00.
        pct: PercentText => "Share, %" as share("count", "total"),
    }
    besides {
        /// Attempts with a sentiment.
        total => "Calls with a sentiment" as plain(Kind::Count(Counted::Calls)),
    }
}

question!(
    SentimentDistribution,
    "sentiment_distribution",
    "Sentiments",
    "Five rows in order, zeros included, over attempts with a sentiment.",
    AnalyticsSentimentShare,
    |reading| {
        let fifths = reading.by(&FIFTH).await?;
        let counts = [0, 1, 2, 3, 4].map(|fifth| fifths.get(&fifth).map_or(0, |tally| tally.calls));
        let rows = SentimentBucket::VALUES
            .iter()
            .copied()
            .zip(counts)
            .zip(largest_remainder(&counts));
        Paged::of(
            rows.map(|((bucket, count), pct)| AnalyticsSentimentShare { bucket, count, pct })
                .collect(),
            reading.query,
        )
    }
);

/// Leads by their creation in the window, and by all their calls.
const OF_LEADS: &[(&str, &str)] = &[("created", "in_window"), ("calls", "ever")];

row! {
    /// A status of leads.
    pub struct AnalyticsStatusShare {
        /// BACKLOG, PROCESSING, RETRY or FINISHED.
        #[schema(value_type = LeadStage)]
        status: &'static str => "Status" as key("progress"),
        /// Leads in this status.
        count: i64 => "Leads" as leads(OF_LEADS),
        /// Share of all leads, two decimals; all shares add up to exactly 100.00.
        pct: PercentText => "Share, %" as share("count", "total"),
    }
    besides {
        /// All leads that pass the filters.
        total => "Leads" as leads(&[("progress", WITHOUT), ("created", "in_window"), ("calls", "ever")]),
    }
}

question!(
    StatusDistribution,
    "status_distribution",
    "Lead statuses",
    "Four rows in order, zeros included. A lead is in the first that matches: BACKLOG without any attempt; PROCESSING with an attempt in progress; RETRY with status pending, in_progress or retry; FINISHED otherwise.",
    AnalyticsStatusShare,
    |reading| {
        let leads = reading.leads().await?;
        let counts = [
            leads.leads - leads.tried,
            leads.processing,
            leads.retry,
            leads.finished,
        ];
        let rows = LeadStage::VALUES
            .iter()
            .copied()
            .zip(counts)
            .zip(largest_remainder(&counts));
        Paged::of(
            rows.map(|((status, count), pct)| AnalyticsStatusShare { status, count, pct })
                .collect(),
            reading.query,
        )
    }
);

row! {
    /// One local hour, day, week or month.
    pub struct AnalyticsCallsInBucket {
        /// `YYYY-MM-DD`, `YYYY-MM-DD HH:00:00`, `YYYY-Www` or `YYYY-MM`, by the local clock.
        date: String => "Time" as key("bucket"),
        /// Attempts started in it, those in progress included.
        count: i64 => "Calls" as calls(&[]),
    }
}

question!(
    CallsOverTime,
    "calls_over_time",
    "Calls over time",
    "A row for each hour, day, week or month of the window, in order, zeros included. Where an end is not given, the window ends with the attempts.",
    AnalyticsCallsInBucket,
    |reading| {
        let unit = reading.query.granularity;
        let buckets = reading.along_time().await?;
        buckets.map(|(bucket, tally)| AnalyticsCallsInBucket {
            date: unit.label(bucket),
            count: tally.calls,
        })
    }
);

row! {
    /// One local hour, day, week or month.
    pub struct AnalyticsDurationInBucket {
        /// `YYYY-MM-DD`, `YYYY-MM-DD HH:00:00`, `YYYY-Www` or `YYYY-MM`, by the local clock.
        date: String => "Time" as key("bucket"),
        /// Mean billed seconds of answered attempts started in it, two decimals; null without any.
        avg_duration: Option<DecimalNumber<2>> => "Average duration, s" as average("seconds", "answered"),
    }
    besides {
        /// Billed seconds of answered attempts started in it.
        seconds => "Total, s" as sum(&[("result", "answered")]),
        /// Answered attempts started in it.
        answered => "Answered" as calls(&[("result", "answered")]).up(),
    }
}

question!(
    AvgDurationOverTime,
    "avg_duration_over_time",
    "Average duration over time",
    "A row for each hour, day, week or month of the window, in order, nulls included. Where an end is not given, the window ends with the attempts.",
    AnalyticsDurationInBucket,
    |reading| {
        let unit = reading.query.granularity;
        let row = |(bucket, tally): (i64, super::dimension::Tally)| AnalyticsDurationInBucket {
            date: unit.label(bucket),
            avg_duration: average(tally.seconds, tally.answered),
        };
        reading.along_time().await?.map(row)
    }
);

row! {
    /// An outcome, by frequency.
    pub struct AnalyticsRankedOutcome {
        /// Rank from 1; unique.
        rank: i64 => "Rank" as KEY,
        /// The attempts' outcome, or their result if they have none.
        outcome: String => "Outcome" as key("outcome"),
        /// Attempts with this outcome.
        count: i64 => "Calls" as calls(&[]),
    }
}

question!(
    TopOutcomes,
    "top_outcomes",
    "Top outcomes",
    "A row for each outcome, most frequent first, then by name, numbered from 1.",
    AnalyticsRankedOutcome,
    |reading| {
        let listed = listed(reading, &OUTCOME).await?;
        listed.map(|row| AnalyticsRankedOutcome {
            rank: row.place,
            outcome: row.key,
            count: row.calls,
        })
    }
);

/// An attempt number, or the row of the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum AttemptNumber {
    Number(i64),
    Other(String),
}

impl From<String> for AttemptNumber {
    fn from(key: String) -> Self {
        key.parse().map_or(Self::Other(key), Self::Number)
    }
}

impl Field for AttemptNumber {
    const FORMAT: Format = Format::Integer;
    fn cell(&self) -> Cell {
        match self {
            Self::Number(number) => Cell::Integer(*number),
            Self::Other(name) => Cell::Text(name.clone()),
        }
    }
}

row! {
    /// First attempts, second attempts and so on.
    pub struct AnalyticsRetry {
        /// Number of the attempt at its lead, from 1; (other) in the last row if there are more than 10,000.
        attempt_number: AttemptNumber => "Attempt" as key("attempt_number"),
        /// Attempts with this number.
        calls: i64 => "Calls" as calls(&[]),
        /// Those with result answered.
        answered: i64 => "Answered" as calls(&[("result", "answered")]).up(),
        /// answered ÷ calls × 100, two decimals.
        success_rate_pct: PercentText => "Success rate, %" as ratio("answered", "calls").up(),
    }
}

question!(
    RetryAnalysis,
    "retry_analysis",
    "Retries",
    "A row for each attempt_number that occurs, ascending.",
    AnalyticsRetry,
    |reading| {
        let row = |row: Listed| AnalyticsRetry {
            attempt_number: row.key.into(),
            calls: row.calls,
            answered: row.answered,
            success_rate_pct: PercentText::percent(row.answered, row.calls),
        };
        listed(reading, &ATTEMPT_NUMBER).await?.map(row)
    }
);

row! {
    /// A provider.
    pub struct AnalyticsProviderShare {
        /// Its name, or `(unknown)`.
        provider: String => "Provider" as key("provider"),
        /// Attempts through this provider.
        count: i64 => "Calls" as calls(&[]),
        /// Share of all attempts, two decimals; all shares add up to exactly 100.00.
        pct: PercentText => "Share, %" as share("count", "total"),
    }
    besides {
        /// All attempts that pass the filters.
        total => "Calls" as calls(&[("provider", WITHOUT)]),
    }
}

question!(
    ProviderBreakdown,
    "provider_breakdown",
    "Providers",
    "A row for each provider, most attempts first, then by name.",
    AnalyticsProviderShare,
    |reading| {
        let listed = listed(reading, &PROVIDER).await?;
        listed.map(|row| AnalyticsProviderShare {
            provider: row.key,
            count: row.calls,
            pct: row.share,
        })
    }
);

row! {
    /// An hour of the day, by the local clock.
    pub struct AnalyticsHour {
        /// 0 to 23.
        hour: i64 => "Hour" as key("hour"),
        /// Attempts started in it.
        count: i64 => "Calls" as calls(&[]),
    }
}

question!(
    HourlyHeatmap,
    "hourly_heatmap",
    "Hours of the day",
    "24 rows in order, zeros included.",
    AnalyticsHour,
    |reading| {
        let hours = reading.by_hour().await?.into_iter();
        Paged::of(
            hours
                .map(|(hour, tally)| AnalyticsHour {
                    hour,
                    count: tally.calls,
                })
                .collect(),
            reading.query,
        )
    }
);

row! {
    /// A stage of leads.
    pub struct AnalyticsFunnelStage {
        /// BACKLOG, PROCESSING, RETRY or FINISHED.
        #[schema(value_type = LeadStage)]
        stage: &'static str => "Stage" as key("stage"),
        /// Leads that reached it.
        count: i64 => "Leads" as leads(OF_LEADS).up(),
        /// Share of the first stage, two decimals.
        pct: PercentText => "Share, %" as ratio("count", "total"),
    }
    besides {
        /// All leads that pass the filters.
        total => "Leads" as leads(&[("stage", WITHOUT), ("created", "in_window"), ("calls", "ever")]),
    }
}

question!(
    ConversionFunnel,
    "conversion_funnel",
    "Lead funnel",
    "Four rows in order: BACKLOG, all leads; PROCESSING, those with at least one attempt; RETRY, with at least two; FINISHED, leads in that status (see status_distribution).",
    AnalyticsFunnelStage,
    |reading| {
        let leads = reading.leads().await?;
        let counts = [leads.leads, leads.tried, leads.retried, leads.finished];
        let row = |(stage, count)| AnalyticsFunnelStage {
            stage,
            count,
            pct: PercentText::percent(count, leads.leads),
        };
        Paged::of(
            LeadStage::VALUES
                .iter()
                .copied()
                .zip(counts)
                .map(row)
                .collect(),
            reading.query,
        )
    }
);

/// A row of a list.
struct Listed {
    /// From 1.
    place: i64,
    key: String,
    calls: i64,
    answered: i64,
    /// Share of the calls of the whole list.
    share: PercentText,
}

/// The requested page of a list.
async fn listed(reading: &mut Reading<'_>, list: &'static List) -> Result<Paged<Listed>> {
    let (before, _) = reading.query.places();
    let page = reading.list(list).await?;
    let shares = largest_remainder(&page.counts)
        .into_iter()
        .skip(place(before));
    let rows = page
        .keys
        .into_iter()
        .zip(page.calls.into_iter().zip(page.answered))
        .zip(shares);
    let rows = (1..)
        .zip(rows)
        .map(|(at, ((key, (calls, answered)), share))| Listed {
            place: before.saturating_add(at),
            key: keys::named(key),
            calls,
            answered,
            share,
        });
    Ok(Paged {
        total: place(page.total),
        rows: rows.collect(),
    })
}

/// `None` without anything to average.
fn average(seconds: i64, calls: i64) -> Option<DecimalNumber<2>> {
    (calls > 0).then(|| DecimalNumber::ratio(seconds, calls))
}
