//! A day or two by hour: what is drawn of a series whose days would be one point or two.

use chrono::TimeDelta;
use form_urlencoded::Serializer;

use crate::db::Scope;
use crate::error::Result;
use crate::query::{Kind, Parameter};
use crate::reports::report::{Answer, Definition, Request};
use crate::table::{Cell, Chart, Table};
use crate::time::instant::local;
use crate::time::{Bucket, Granularity, Window};

/// Asks for the same series by hour, in the same snapshot, where the one that was answered is of days and covers one or
/// two of them. None of all else.
pub async fn read(
    scope: &mut Scope,
    report: &Definition,
    request: Request<'_>,
    answer: &Answer,
) -> Result<Option<Table>> {
    let (Some(window), Some(step)) = (
        answer.caption.window,
        report.parameters().find(|it| is_step(it)),
    ) else {
        return Ok(None);
    };
    if !is_wanted(&window, &answer.outcome.tables()) {
        return Ok(None);
    }
    let query = by_hour(request.query, step);
    let hours = report
        .answer(
            scope,
            Request {
                query: &query,
                ..request
            },
        )
        .await?;
    Ok(hours.outcome.tables().into_iter().next())
}

/// The option by which the same series is had by hour, where that is wanted; see [`read`].
pub fn options(parameters: &[Parameter], window: &Window, tables: &[Table]) -> Option<String> {
    let step = parameters.iter().find(|it| is_step(it))?;
    is_wanted(window, tables).then(|| by_hour("", step))
}

fn is_wanted(window: &Window, tables: &[Table]) -> bool {
    days(window) <= 2 && tables.first().is_some_and(is_by_day)
}

fn by_hour(query: &str, step: &Parameter) -> String {
    let given = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != step.name);
    Serializer::new(String::new())
        .extend_pairs(given)
        .append_pair(step.name, "hour")
        .finish()
}

fn is_step(parameter: &Parameter) -> bool {
    matches!(parameter.kind, Kind::Choice(names) if names.contains(&"hour") && names.contains(&"day"))
}

fn is_by_day(table: &Table) -> bool {
    let is_line = matches!(table.chart, Some(Chart::Line { .. }));
    let is_day = |cell: &Cell| {
        matches!(
            cell,
            Cell::Bucket(Bucket {
                granularity: Granularity::Day,
                ..
            })
        )
    };
    is_line && table.rows.first().is_some_and(|row| row.iter().any(is_day))
}

/// Local dates that the window touches.
fn days(window: &Window) -> i64 {
    let last = (window.to - TimeDelta::microseconds(1)).max(window.from);
    (local(last, window.zone).date() - local(window.from, window.zone).date()).num_days() + 1
}
