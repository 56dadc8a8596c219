//! Leads of campaigns: all, and those that are left to call.

use std::collections::BTreeMap;

use crate::db::Scope;
use crate::error::Result;
use crate::rollups::{
    Bind, Kept, Links, Module, Plan, Quiet, RollupScope, Source, Statements, statements,
};
use crate::time::{Window, Zone};

/// Leads of a campaign.
#[derive(Debug, Default, Clone, Copy)]
pub struct Leads {
    pub total: i64,
    /// AutoCall: not in a final status. Telesales: without a dial for the campaign.
    pub left: i64,
}

static AUTOCALL: Statements = statements!(
    include_str!("sql/autocall_leads.sql"),
    include_str!("sql/autocall_leads.raw.sql")
);
static TELESALES: Statements = statements!(
    include_str!("sql/telesales_leads.sql"),
    include_str!("sql/telesales_leads.raw.sql")
);

/// Leads by campaign.
pub async fn leads(
    scope: &mut Scope,
    module: Module,
    campaigns: Vec<i64>,
    (kept, source): (Kept, Source),
) -> Result<BTreeMap<i64, Leads>> {
    let of = RollupScope::Campaign;
    let statements = match module {
        Module::Autocall => &AUTOCALL,
        Module::Telesales => &TELESALES,
    };
    let rows = scope.select::<(i64, i64, i64)>(statements.of(source, of));
    let mut rows = rows.bind(campaigns);
    if source == Source::Rolled {
        rows = rows.bind_plan(&Plan::ever(of, kept)?);
    }
    if source == Source::Rolled && module == Module::Telesales {
        let all = kept.with_rows(&Window::of_all_time(Zone::UTC));
        rows = rows.bind_links(&Links::within(&all, Quiet::default(), kept));
    }
    let rows = rows.fetch_all(scope.connection()).await?;
    let leads = |(id, total, left)| (id, Leads { total, left });
    Ok(rows.into_iter().map(leads).collect())
}
