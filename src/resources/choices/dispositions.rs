//! Dispositions.

use std::sync::LazyLock;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::{TAG, q};
use crate::input::Parameter;
use crate::resources::list::{Listed, Statements};

/// A disposition: how an agent sums a call up.
#[derive(Debug, Serialize, ToSchema, FromRow)]
pub struct Disposition {
    /// Its code, as calls have it.
    pub code: String,
    /// Its name.
    pub label: String,
    /// contact, no_contact, callback or remove.
    pub category: String,
    /// Its color, chosen by users: `#10B981`. Several may have the same.
    pub color: String,
    /// True if a call with it is a conversion.
    pub is_conversion: bool,
}

const FILTERS: &[Parameter] = &[q(
    "Only dispositions whose label or code contains this text, in any case and without regard to marks.",
)];

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let columns = include_str!("sql/disposition_columns.sql");
    let filter = include_str!("sql/disposition_filter.sql");
    let order = "r.label collate \"C\", r.code";
    Statements::of("dispositions", columns, filter, order, FILTERS.len())
});

impl Listed for Disposition {
    const TITLE: &'static str = "Dispositions, by label";
    const TAG: &'static str = TAG;
    const OPERATION: &'static str = "dispositions";
    const EXAMPLE: &'static str = include_str!("dispositions.json");
    const FILTERS: &'static [Parameter] = FILTERS;
    const STATEMENTS: &'static LazyLock<Statements> = &STATEMENTS;
}
