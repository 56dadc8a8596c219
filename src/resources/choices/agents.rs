//! Agents.

use std::sync::LazyLock;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::{TAG, q};
use crate::input::{Kind, Parameter};
use crate::resources::list::{Listed, Statements};

/// An agent.
#[derive(Debug, Serialize, ToSchema, FromRow)]
pub struct Agent {
    /// Its id in the source system.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its user name in the source system.
    pub username: String,
    /// Its team now.
    pub team_id: Option<i64>,
}

const FILTERS: &[Parameter] = &[
    q(
        "Only agents whose name or user name contains this text, in any case and without regard to marks.",
    ),
    Parameter::optional("team_id", Kind::Id, "Only agents now in this team."),
    Parameter::optional(
        "ids",
        Kind::IdList { most: MAX_IDS },
        "Only agents with these ids, comma-separated, at most 1,000; unknown ids are left out.",
    ),
];
/// Place of the team in the filters.
const TEAM: usize = 1;
/// The limit of reports.
const MAX_IDS: usize = 1_000;

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let columns = include_str!("sql/agent_columns.sql");
    let filter = include_str!("sql/agent_filter.sql");
    let order = "r.name collate \"C\", r.id";
    Statements::of("agents", columns, filter, order, FILTERS.len())
});

impl Listed for Agent {
    const TITLE: &'static str = "Agents, by name";
    const TAG: &'static str = TAG;
    const OPERATION: &'static str = "agents";
    const EXAMPLE: &'static str = include_str!("agents.json");
    const FILTERS: &'static [Parameter] = FILTERS;
    const REFERENCES: &'static [(usize, &'static str)] = &[(TEAM, include_str!("sql/team.sql"))];
    const STATEMENTS: &'static LazyLock<Statements> = &STATEMENTS;
}
