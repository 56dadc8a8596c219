//! The hourly series that is charted if a daily series has only one or two points.

use chrono::TimeDelta;

use crate::asked::Answer;
use crate::db::Scope;
use crate::error::Result;
use crate::reports::report::Context;
use crate::reports::request::Request;
use crate::rollups::Source;
use crate::table::Table;
use crate::time::Window;
use crate::time::instant::local;

/// The same series by hour, in the same snapshot, where the answer is a series of one or two days. None of all else.
pub async fn read(
    scope: &mut Scope,
    context: Context<'_>,
    request: &Request,
    answer: &Answer,
) -> Result<Option<Table>> {
    let is_short = answer
        .caption
        .window
        .is_some_and(|window| days(&window) <= 2);
    let Some(by_hour) = request.by_hour().filter(|_| is_short) else {
        return Ok(None);
    };
    if answer
        .outcome
        .tables()
        .first()
        .is_none_or(|table| table.rows.is_empty())
    {
        return Ok(None);
    }
    let hours = by_hour.answer(scope, context, Source::Rolled).await?;
    Ok(hours.outcome.tables().into_iter().next())
}

/// Local dates that the window touches.
fn days(window: &Window) -> i64 {
    let last = (window.to - TimeDelta::microseconds(1)).max(window.from);
    (local(last, window.zone).date() - local(window.from, window.zone).date()).num_days() + 1
}
