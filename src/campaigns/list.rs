//! Lists of campaigns, page by page, the newest id first.

use serde::Serialize;
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
    "Only campaigns whose name has this in it, without case.",
);
const STATUS: Parameter = Parameter::optional(
    "status",
    Kind::Choice(Status::NAMES),
    "Only campaigns in this status.",
);

/// What a list takes.
pub const PARAMETERS: &[Parameter] = &[PAGE, PER_PAGE, Q, STATUS];

/// An AutoCall campaign.
#[derive(Debug, Serialize, ToSchema, FromRow)]
pub struct AutocallCampaign {
    /// Its id in the source system.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// draft, active, paused or completed.
    #[schema(value_type = CampaignStatus)]
    pub status: String,
    /// The script it plays.
    pub script_id: Option<i64>,
    /// When it started.
    pub started_at: Option<Instant>,
    /// When it was created.
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
    /// When it was created.
    pub created_at: Instant,
    /// Its leads.
    pub total_leads: i64,
}

/// What can be listed: the statements for a page of it and for its number, and what documents say of it.
pub trait Listed:
    for<'r> FromRow<'r, PgRow> + Serialize + ToSchema + Send + Unpin + 'static
{
    const TITLE: &'static str;
    /// A whole body.
    const EXAMPLE: &'static str;
    const PAGE: &'static str;
    const COUNT: &'static str;
}

impl Listed for AutocallCampaign {
    const TITLE: &'static str = "AutoCall campaigns, the newest id first";
    const EXAMPLE: &'static str = include_str!("autocall.json");
    const PAGE: &'static str = include_str!("autocall.sql");
    const COUNT: &'static str = include_str!("autocall_count.sql");
}

impl Listed for TelesalesCampaign {
    const TITLE: &'static str = "Telesales campaigns, the newest id first";
    const EXAMPLE: &'static str = include_str!("telesales.json");
    const PAGE: &'static str = include_str!("telesales.sql");
    const COUNT: &'static str = include_str!("telesales_count.sql");
}

/// Which campaigns, and which page of them.
#[derive(Debug)]
pub struct Wanted {
    page: page::Wanted,
    q: Option<String>,
    status: Option<&'static str>,
}

impl Wanted {
    /// Invalid with every faulty parameter.
    pub fn read(query: &str) -> Result<Self> {
        let mut query = Query::parse(query, PARAMETERS);
        let wanted = Self {
            page: page::Wanted::read(&mut query),
            q: query.storable_text(&Q),
            status: query.choice::<Status>(&STATUS).map(Choice::name),
        };
        query.finish(Some(wanted))
    }
}

/// The page wanted. Past the last page it has no rows.
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
        .bind(page.passed_over());
    Ok(page.page(rows.fetch_all(scope.connection()).await?, total))
}
