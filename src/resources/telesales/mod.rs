//! The list of Telesales campaigns.

use std::sync::LazyLock;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::campaigns::{Q, STATUS};
use super::list::{Listed, Statements};
use crate::closed::CampaignStatus;
use crate::input::Parameter;
use crate::time::Instant;

/// A Telesales campaign.
#[derive(Debug, Serialize, ToSchema, FromRow)]
pub struct TelesalesCampaign {
    /// Its id in the source system.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// draft, active, paused or completed.
    #[schema(value_type = CampaignStatus)]
    pub status: String,
    /// Creation time.
    pub created_at: Instant,
    /// Its leads.
    pub total_leads: i64,
}

const FILTERS: &[Parameter] = &[Q, STATUS];

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let columns = include_str!("columns.sql");
    Statements::of(
        "telesales_campaigns",
        columns,
        include_str!("filter.sql"),
        "r.id desc",
        FILTERS.len(),
    )
});

impl Listed for TelesalesCampaign {
    const TITLE: &'static str = "Telesales campaigns, newest id first";
    const TAG: &'static str = "Campaigns";
    const OPERATION: &'static str = "telesales_campaigns";
    const EXAMPLE: &'static str = include_str!("list.json");
    const FILTERS: &'static [Parameter] = FILTERS;
    const STATEMENTS: &'static LazyLock<Statements> = &STATEMENTS;
}
