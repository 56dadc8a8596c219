//! The list of Telesales campaigns.

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::campaigns::{Q, STATUS};
use super::list::Listed;
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

impl Listed for TelesalesCampaign {
    const TITLE: &'static str = "Telesales campaigns, newest id first";
    const TAG: &'static str = "Campaigns";
    const OPERATION: &'static str = "telesales_campaigns";
    const EXAMPLE: &'static str = include_str!("list.json");
    const FILTERS: &'static [Parameter] = &[Q, STATUS];
    const PAGE: &'static str = include_str!("page.sql");
    const COUNT: &'static str = include_str!("count.sql");
}
