//! Paged lists of campaigns, newest id first.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use utoipa::ToSchema;

use crate::closed::CampaignStatus;
use crate::db::Scope;
use crate::envelope::Page;
use crate::error::Result;
use crate::input::{Choice, Kind, Parameter, Query, choice};
use crate::page::{self, PAGE, PER_PAGE};
use crate::time::Instant;

choice! {
    pub enum Status { Draft = "draft", Active = "active", Paused = "paused", Completed = "completed" }
}

const Q: Parameter = Parameter::optional(
    "q",
    Kind::Text,
    "Only campaigns whose name contains this text, case-insensitive.",
);
const STATUS: Parameter = Parameter::optional(
    "status",
    Kind::Choice(Status::NAMES),
    "Only campaigns with this status.",
);

/// Parameters of a list.
pub const PARAMETERS: &[Parameter] = &[PAGE, PER_PAGE, Q, STATUS];

/// An AutoCall campaign.
#[derive(Debug, Serialize, Deserialize, ToSchema, FromRow)]
pub struct AutocallCampaign {
    /// Its id in the source system.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// draft, active, paused or completed.
    #[schema(value_type = CampaignStatus)]
    pub status: String,
    /// Its script.
    pub script_id: Option<i64>,
    /// Start time.
    pub started_at: Option<Instant>,
    /// Creation time.
    pub created_at: Instant,
    /// Its leads.
    pub total_leads: i64,
}

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

/// A listed resource: the statements for a page and for the count, and its documentation.
pub trait Listed:
    for<'r> FromRow<'r, PgRow> + Serialize + ToSchema + Send + Unpin + 'static
{
    const TITLE: &'static str;
    /// A complete example body.
    const EXAMPLE: &'static str;
    const PAGE: &'static str;
    const COUNT: &'static str;
}

impl Listed for AutocallCampaign {
    const TITLE: &'static str = "AutoCall campaigns, newest id first";
    const EXAMPLE: &'static str = include_str!("autocall.json");
    const PAGE: &'static str = include_str!("autocall.sql");
    const COUNT: &'static str = include_str!("autocall_count.sql");
}

impl Listed for TelesalesCampaign {
    const TITLE: &'static str = "Telesales campaigns, newest id first";
    const EXAMPLE: &'static str = include_str!("telesales.json");
    const PAGE: &'static str = include_str!("telesales.sql");
    const COUNT: &'static str = include_str!("telesales_count.sql");
}

/// The filters and the page.
#[derive(Debug)]
pub struct Wanted {
    page: page::PageRequest,
    q: Option<String>,
    status: Option<&'static str>,
}

impl Wanted {
    /// `Invalid` with every faulty parameter.
    pub fn read(query: &str) -> Result<Self> {
        let mut query = Query::parse(query, PARAMETERS);
        let wanted = Self {
            page: page::PageRequest::read(&mut query),
            q: query.storable_text(&Q),
            status: query.choice::<Status>(&STATUS).map(Choice::name),
        };
        query.finish(Some(wanted))
    }
}

/// The requested page; empty past the last one.
pub async fn page<T: Listed>(scope: &mut Scope, wanted: Wanted) -> Result<Page<T>> {
    let Wanted { page, q, status } = wanted;
    let count = scope
        .select::<(i64,)>(T::COUNT)
        .bind(q.clone())
        .bind(status);
    let (total,) = count.fetch_one(scope.connection()).await?;
    let rows = scope
        .select(T::PAGE)
        .bind(q)
        .bind(status)
        .bind(page.per_page)
        .bind(page.offset());
    Ok(page.page(rows.fetch_all(scope.connection()).await?, total))
}
