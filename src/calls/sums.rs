//! Totals that sums tell without reading calls.
//!
//! Owns which they are: lists whose filters are keys and counters of one roll-up, beside conditions on local time. Every other
//! total counts rows. Must not know how sums are kept.

use super::filter::{Given, Value};
use crate::closed::SentimentBucket;
use crate::db::Scope;
use crate::error::Result;
use crate::reports::report::Module;
use crate::rollups::{Bind, Detail, Kept, Plan, RollupScope, Wanted, detail, statement_for};
use crate::time::{Granularity, Window};

/// The calls of a place, as sums know them.
#[derive(Debug, Clone)]
pub struct Summed {
    pub module: Module,
    pub window: Window,
    pub campaign: Option<i64>,
    pub agents: Option<Vec<i64>>,
    pub team: Option<i64>,
    pub sources: Option<Vec<String>>,
    pub kept: Kept,
}

/// A total that sums tell.
#[derive(Debug)]
pub struct Total {
    calls: Summed,
    wanted: Wanted,
    sum: Sum,
    detail: Detail,
    /// Parts of the window whose calls count.
    parts: Vec<Window>,
    day_of_week: Option<i64>,
    hour: Option<i64>,
}

/// An expression over the counters of a roll-up.
#[derive(Debug, PartialEq)]
struct Sum {
    rollup: &'static str,
    counters: String,
    /// Its dimension and a value of that, as reports print it.
    key: Option<(&'static str, String)>,
}

const DIALS: &[&str] = &[
    "answered",
    "no_answer",
    "busy",
    "failed",
    "rejected",
    "abandoned",
    "in_progress",
];
const ANSWERS: &[&str] = &["answered", "abandoned"];
/// Results of dials that are not counted one by one.
const OTHERS: &[&str] = &["no_answer", "busy", "failed", "rejected", "in_progress"];

impl Summed {
    /// All calls of an account in a window.
    pub fn all(module: Module, window: Window, kept: Kept) -> Self {
        Self {
            module,
            window,
            campaign: None,
            agents: None,
            team: None,
            sources: None,
            kept,
        }
    }

    fn wanted(&self) -> Wanted {
        let by_agent = self.agents.is_some() || self.team.is_some();
        Wanted {
            scope: RollupScope::of(self.campaign.is_some(), by_agent),
            by_source: self.sources.is_some(),
        }
    }
}

impl Total {
    /// The total of a list with these filters. `None` if sums cannot tell it.
    pub fn told(calls: Summed, given: &[Given]) -> Option<Self> {
        let (window, wanted) = (calls.window, calls.wanted());
        let (mut parts, mut day_of_week, mut hour) = (vec![window], None, None);
        let mut filters = Vec::new();
        for given in given {
            match (given.name(), given.value()) {
                ("day_of_week", Value::Integer(day)) => day_of_week = Some(*day),
                ("hour", Value::Integer(of_day)) => hour = Some(*of_day),
                ("bucket", Value::Bucket(bucket)) => {
                    let within = bucket.within(&window).into_iter();
                    let part = within.map(|part| Window {
                        from: part.from,
                        to: part.to,
                        ..window
                    });
                    parts = part.collect();
                }
                filter => filters.push(filter),
            }
        }
        let sum = match calls.module {
            Module::Autocall => of_attempts(&filters)?,
            Module::Telesales => of_sales_calls(&filters)?,
        };
        let by_source = if wanted.by_source { "_by_source" } else { "" };
        Some(Self {
            detail: detail(&format!("{}{by_source}", sum.rollup), wanted.scope)?,
            calls,
            wanted,
            sum,
            parts,
            day_of_week,
            hour,
        })
    }

    /// Reads it.
    pub async fn read(&self, scope: &mut Scope) -> Result<i64> {
        let calls = &self.calls;
        let sql = statement_for(&self.sql(), self.wanted);
        let sums = (self.detail, self.wanted.scope);
        let mut total = 0;
        for part in &self.parts {
            let plan = if self.day_of_week.is_some() || self.hour.is_some() {
                Plan::cut(part, Granularity::Hour, sums, calls.kept)?
            } else {
                Plan::whole(part, sums.0, sums.1, calls.kept)?
            };
            let sum = scope
                .select_assembled::<(i64,)>(sql.clone())
                .bind(calls.campaign.unwrap_or(0))
                .bind(calls.agents.clone())
                .bind(calls.team)
                .bind(calls.sources.clone())
                .bind(self.sum.key.as_ref().map(|(_, value)| value.clone()))
                .bind(self.day_of_week)
                .bind(self.hour)
                .bind_plan(&plan);
            total += sum.fetch_one(scope.connection()).await?.0;
        }
        Ok(total)
    }

    /// `$2` campaign, `$3` agents, `$4` team, `$5` sources, `$6` key, `$7` day of week, `$8` hour; the plan of a part of the
    /// window.
    fn sql(&self) -> String {
        let Sum {
            rollup,
            counters,
            key,
            ..
        } = &self.sum;
        let key = key.as_ref().map_or("null", |(key, _)| *key);
        include_str!("sums.sql")
            .replace("{{rollup}}", rollup)
            .replace("{{counters}}", counters)
            .replace("{{key}}", key)
    }
}

impl Sum {
    fn of(rollup: &'static str, counters: impl Into<String>) -> Self {
        Self {
            rollup,
            counters: counters.into(),
            key: None,
        }
    }

    fn by(self, name: &'static str, value: impl Into<String>) -> Self {
        Self {
            key: Some((name, value.into())),
            ..self
        }
    }
}

/// Attempts with these filters, in the order of their list.
fn of_attempts(filters: &[(&str, &Value)]) -> Option<Sum> {
    use Value::{Integer, Names, Text};
    let totals = |counters: String| Sum::of("autocall_totals", counters);
    let paths = || Sum::of("autocall_paths", "attempts");
    let hangups = || Sum::of("autocall_hangups", "attempts");
    let calls = |rollup| Sum::of(rollup, "calls");
    Some(match filters {
        [] => totals("dialed".into()),
        [("result", Names(results))] => totals(attempts_with(results)),
        [("digit", Names(digits))] => totals(added(digits.iter().map(|digit| key_of(digit)))),
        [("has", Names(names))] if is(names, &["digit"]) => totals("answered - no_input".into()),
        [("result", Names(results)), ("has", Names(names))]
            if is(results, &["answered"]) && is(names, &["digit"]) =>
        {
            totals("answered - no_input".into())
        }
        [("has", Names(names))] if is(names, &["hangup_cause"]) => hangups(),
        [("hangup_cause", Text(cause))] => hangups().by("hangup_cause", cause),
        [("result", Names(results)), ("path", Text(path))] if is(results, &["answered"]) => {
            paths().by("path", path)
        }
        [("transfer", Names(names))] if is(names, &["queued", "connected"]) => {
            totals("handed_over".into())
        }
        [("transfer", Names(names))] if is(names, &["connected"]) => totals("connected".into()),
        [("outcome", Text(outcome))] => calls("autocall_outcomes").by("outcome", outcome),
        [("provider", Text(provider))] => calls("autocall_providers").by("provider", provider),
        [("attempt_number", Integer(number))] => {
            calls("autocall_tries").by("attempt_number", number.to_string())
        }
        [("sentiment", Names(buckets))] => {
            let fifth = SentimentBucket::VALUES
                .iter()
                .position(|name| buckets == &[*name])?;
            calls("autocall_sentiments").by("fifth", fifth.to_string())
        }
        [
            ("result", Names(results)),
            ("attempt_number", Integer(number)),
        ] if is(results, &["answered"]) => {
            Sum::of("autocall_tries", "answered").by("attempt_number", number.to_string())
        }
        _ => return None,
    })
}

/// Telesales calls with these filters, in the order of their list.
fn of_sales_calls(filters: &[(&str, &Value)]) -> Option<Sum> {
    use Value::{Flag, Names, Text};
    let totals = |counters: String| Sum::of("telesales_totals", counters);
    let dispositions = || Sum::of("telesales_dispositions", "calls");
    let caller_ids = |counter| Sum::of("telesales_caller_ids", counter);
    Some(match filters {
        [] => totals("dials + blocked".into()),
        [("result", Names(results))] => totals(sales_calls_with(results)?),
        [("conversion", Flag(true))] => totals("conversions".into()),
        [("conversion", Flag(false))] => totals("dials + blocked - conversions".into()),
        [("disposition", Text(code))] => dispositions().by("callboard_short(code)", code),
        [("has", Names(names))] if is(names, &["disposition"]) => dispositions(),
        [("result", Names(results)), ("cid", Text(cid))] if is(results, DIALS) => {
            caller_ids("calls").by("callboard_short(cid)", cid)
        }
        [("result", Names(results)), ("cid", Text(cid))] if is(results, ANSWERS) => {
            caller_ids("answers").by("callboard_short(cid)", cid)
        }
        [("result", Names(results)), ("cid", Text(cid))] if is(results, &["rejected"]) => {
            caller_ids("rejected").by("callboard_short(cid)", cid)
        }
        _ => return None,
    })
}

/// True if the names are those of the set.
fn is(names: &[&str], set: &[&str]) -> bool {
    names.len() == set.len() && set.iter().all(|name| names.contains(name))
}

fn added(counters: impl Iterator<Item = String>) -> String {
    counters.collect::<Vec<_>>().join(" + ")
}

/// Each result has a counter; those in progress are the rest.
fn attempts_with(results: &[&str]) -> String {
    added(results.iter().map(|result| match *result {
        "in_progress" => "(dialed - answered - no_answer - busy - failed - abandoned)".to_owned(),
        result => result.to_owned(),
    }))
}

/// The counter of a deciding key.
fn key_of(digit: &str) -> String {
    match digit {
        "no_input" => "no_input".to_owned(),
        "*" => "key_star".to_owned(),
        "#" => "key_hash".to_owned(),
        digit => format!("key_{digit}"),
    }
}

/// `None` if some but not all of the results are asked for that are not counted one by one.
fn sales_calls_with(results: &[&str]) -> Option<String> {
    let others = OTHERS.iter().filter(|name| results.contains(name)).count();
    if others != 0 && others != OTHERS.len() {
        return None;
    }
    let counted = [
        ("answered", "(answers - abandoned)"),
        ("abandoned", "abandoned"),
        ("blocked", "blocked"),
        (OTHERS[0], "(dials - answers)"),
    ];
    let counted = counted.iter().filter(|(name, _)| results.contains(name));
    Some(added(counted.map(|(_, sum)| (*sum).to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up_where_each_is_counted() {
        let sum = |results: &[&str]| sales_calls_with(results).unwrap_or_default();
        assert_eq!(
            sum(&["blocked", "answered"]),
            "(answers - abandoned) + blocked"
        );
        assert_eq!(sum(OTHERS), "(dials - answers)");
        assert_eq!(sum(&["busy", "blocked"]), "");
        assert_eq!(attempts_with(&["busy", "failed"]), "busy + failed");
    }
}
