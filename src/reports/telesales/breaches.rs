//! Recorded breaches of abandon limits, all of them, page by page.

use super::CAMPAIGN_ID;
use super::abandon_rate::{RecordedBreach, TelesalesAbandonBreach};
use crate::db::Scope;
use crate::envelope::Page;
use crate::error::{Error, Result};
use crate::input::{Parameter, Query};
use crate::page::{PAGE, PER_PAGE, PageRequest};

pub const PARAMETERS: [&Parameter; 3] = [&PAGE, &PER_PAGE, &CAMPAIGN_ID];

/// A page of the breaches of a campaign, or of all.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    page: PageRequest,
    campaign: Option<i64>,
}

impl Wanted {
    /// `Invalid` with every faulty parameter.
    pub fn read(query: &str) -> Result<Self> {
        let mut query = Query::parse(query, PARAMETERS);
        let wanted = Self {
            page: PageRequest::read(&mut query),
            campaign: query.id(&CAMPAIGN_ID),
        };
        query.finish(Some(wanted))
    }
}

/// The page, newest breach first. `Missing` if the tenant does not have the campaign.
pub async fn page(scope: &mut Scope, wanted: Wanted) -> Result<Page<TelesalesAbandonBreach>> {
    let Wanted { page, campaign } = wanted;
    let counted = scope.select::<(bool, i64)>(include_str!("breaches_counted.sql"));
    let counted = counted.bind(campaign);
    let (is_known, total) = counted.fetch_one(scope.connection()).await?;
    if !is_known {
        Error::missing(CAMPAIGN_ID.plain(), campaign).map_or(Ok(()), Err)?;
    }
    let rows = scope.select::<RecordedBreach>(include_str!("breaches.sql"));
    let rows = rows.bind(campaign).bind(page.per_page).bind(page.offset());
    let rows = rows.fetch_all(scope.connection()).await?;
    Ok(page.page(rows.into_iter().map(Into::into).collect(), total))
}
