//! Caller IDs.

use std::sync::LazyLock;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::{TAG, q};
use crate::input::Parameter;
use crate::resources::list::{Listed, Statements};

/// A caller ID: a number that calls show.
#[derive(Debug, Serialize, ToSchema, FromRow)]
pub struct CallerId {
    /// The number.
    pub cid: String,
    /// Its name.
    pub display_name: Option<String>,
    /// viettel, mobifone, vinaphone, vietnamobile, landline or other.
    pub carrier: String,
    /// mobile, fixed_02x, hotline_1900, hotline_1800 or brandname.
    pub cli_type: String,
    /// active, cooldown, paused or disabled.
    pub pool_status: String,
}

const FILTERS: &[Parameter] = &[q(
    "Only caller IDs whose number or name contains this text, in any case and without regard to marks.",
)];

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let columns = include_str!("sql/caller_id_columns.sql");
    let filter = include_str!("sql/caller_id_filter.sql");
    Statements::of("caller_ids", columns, filter, "r.cid", FILTERS.len())
});

impl Listed for CallerId {
    const TITLE: &'static str = "Caller IDs, by number";
    const TAG: &'static str = TAG;
    const OPERATION: &'static str = "caller_ids";
    const EXAMPLE: &'static str = include_str!("caller_ids.json");
    const FILTERS: &'static [Parameter] = FILTERS;
    const STATEMENTS: &'static LazyLock<Statements> = &STATEMENTS;
}
