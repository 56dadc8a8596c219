//! Terms: SQL expressions shared by several statements, over roll-ups and over rows.
//!
//! A term is a hole with a name and a subject: `{{retryable l}}` is true if the lead `l` is to be retried.

use super::scope::Scope;
use crate::auth::settings::Settings;
use crate::template::composed;

const COMPLETE_FROM: &str =
    "coalesce((select complete_from from tenants where id = $1), '-infinity')";

/// The first quarter hour whose rows count, looked up.
pub fn rows_from() -> String {
    format!("(select callboard_quarter({COMPLETE_FROM}))")
}

/// The text of a term. `None` if there is no such term.
pub fn term(hole: &str) -> Option<String> {
    let (name, of) = hole.split_once(' ').unwrap_or((hole, ""));
    Some(match name {
        "scope" => Scope::named(of)?.sql(),
        // Leads to retry; every other status is final.
        "retryable" => format!("{of}.status in ('pending', 'in_progress', 'retry')"),
        "long_talk" => format!("{of}.talk_sec > 30"),
        // An attempt's outcome is its result where the dialer named none.
        "outcome" => format!("coalesce({of}.outcome, {of}.result)"),
        "provider" => format!("coalesce({of}.provider, '(unknown)')"),
        "short_call_sec" => short_call_sec(),
        // The same as `callboard_complete_from`, for statements of requests: a function that holds a select is planned anew in
        // each execution.
        "complete_from" => COMPLETE_FROM.to_owned(),
        // True if the campaign's script gives an attempt's last key something to do, or defines no keys. One object holds the
        // keys of all campaigns, made once a statement: joined, a script was read again for each row.
        "valid_key" => composed(include_str!("sql/valid_key.sql"), &[("attempt", &of)]),
        // The agents of an array, if given, that are in a team, if given; null if neither is.
        "members" => {
            let (agents, team) = of.split_once(' ')?;
            composed(
                include_str!("sql/members.sql"),
                &[("agents", &agents), ("team", &team)],
            )
        }
        // True for a call of an agent of a team, if one is given.
        "in_team" => {
            let (call, team) = of.split_once(' ')?;
            composed(
                include_str!("sql/in_team.sql"),
                &[("call", &call), ("team", &team)],
            )
        }
        // True for a lead from one of the sources of an array, as reports print them, if it is given. Calls join theirs: a
        // join that is not used costs nothing, and a hash of many leads is bounded only in a join.
        "from_source" => {
            let (lead, sources) = of.split_once(' ')?;
            composed(
                include_str!("sql/from_source.sql"),
                &[("lead", &lead), ("sources", &sources)],
            )
        }
        _ => return None,
    })
}

/// Seconds of talk below which an answer is short, by the tenant's settings. A setting that is no number in its range
/// is ignored, as it is by [`Settings`].
fn short_call_sec() -> String {
    let default = Settings::default().short_call_sec.to_string();
    include_str!("sql/short_call_sec.sql")
        .trim_end()
        .replace("{{default}}", &default)
}
