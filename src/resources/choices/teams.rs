//! Teams of agents.

use std::sync::LazyLock;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::{TAG, q};
use crate::input::Parameter;
use crate::resources::list::{Listed, Statements};

/// A team.
#[derive(Debug, Serialize, ToSchema, FromRow)]
pub struct Team {
    /// Its id in the source system.
    pub id: i64,
    /// Its name.
    pub name: String,
}

const FILTERS: &[Parameter] = &[q(
    "Only teams whose name contains this text, in any case and without regard to marks.",
)];

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let columns = include_str!("sql/team_columns.sql");
    let filter = include_str!("sql/team_filter.sql");
    let order = "r.name collate \"C\", r.id";
    Statements::of("teams", columns, filter, order, FILTERS.len())
});

impl Listed for Team {
    const TITLE: &'static str = "Teams, by name";
    const TAG: &'static str = TAG;
    const OPERATION: &'static str = "teams";
    const EXAMPLE: &'static str = include_str!("teams.json");
    const FILTERS: &'static [Parameter] = FILTERS;
    const STATEMENTS: &'static LazyLock<Statements> = &STATEMENTS;
}
