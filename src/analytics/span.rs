//! Spans: the first and the last attempt of a query, for windows without an end.

use chrono::{DateTime, Utc};

use super::bind::{bind_filters, rollup_scope};
use super::filter::{LeadSet, attempts};
use super::plan;
use super::query::Query;
use super::reach::Reached;
use crate::db::{Scope, Select};
use crate::error::Result;
use crate::rollups::{Source, statement_of};
use crate::template::composed;

/// The first and the last attempt that match the filters.
fn span_of(leads: LeadSet) -> String {
    composed(
        include_str!("sql/span.raw.sql"),
        &[("attempts", &attempts(leads, ""))],
    )
}

pub type Span = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// The first and the last attempt.
pub fn span(scope: &Scope, query: &Query, account: &Reached) -> Select<Span> {
    let window = account.kept.with_rows(&plan::asked(query));
    let filters = &query.filters;
    let template = filters.template.clone();
    match (account.statements, account.term) {
        (Source::Rolled, _) => scope
            .select(include_str!("sql/span.sql"))
            .bind(window.from)
            .bind(window.to)
            .bind(template),
        (Source::Raw, term) => {
            let sql = match term {
                None => statement_of!(span_of(LeadSet::All)),
                Some(_) => statement_of!(span_of(LeadSet::WithPayload)),
            };
            bind_filters(scope.select(sql), &window, filters, template, term)
        }
    }
}

/// The first and the last quarter hour with attempts in the sums of what has no rows.
pub async fn span_of_sums(scope: &mut Scope, query: &Query, account: &Reached) -> Result<Span> {
    let window = plan::asked(query);
    if !account.kept.begins_before(&window) {
        return Ok((None, None));
    }
    let of = rollup_scope(query);
    let rows = scope
        .select(statement_of!(include_str!("sql/span_of_sums.sql")))
        .bind(of.number())
        .bind(query.filters.template.clone())
        .bind(window.from)
        .bind(window.to);
    Ok(rows.fetch_one(scope.connection()).await?)
}
