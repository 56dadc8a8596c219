//! Binding of a query: its filters as arguments of statements, and the scope of the sums that it reads.

use sqlx::types::Json;

use super::query::{Filters, Query};
use crate::db::Select;
use crate::rollups::RollupScope;
use crate::time::Window;

/// Binds `$2` to `$10` of a statement over attempts.
pub fn bind_filters<R>(
    rows: Select<R>,
    window: &Window,
    filters: &Filters,
    template: Option<String>,
    term: Option<i64>,
) -> Select<R> {
    rows.bind(window.from)
        .bind(window.to)
        .bind(template)
        .bind(filters.min_duration)
        .bind(filters.max_duration)
        .bind(filters.sentiment_min)
        .bind(filters.sentiment_max)
        .bind(filters.payload.clone().map(Json))
        .bind(term)
}

/// The roll-up scope of a query.
pub fn rollup_scope(query: &Query) -> RollupScope {
    RollupScope::of(query.filters.template.is_some(), false)
}
