//! Lead sources: what became of the leads that came in, by where they came from.

use std::collections::BTreeMap;

use super::Filter;
use crate::db::Scope;
use crate::error::Result;
use crate::percent::PercentText;
use crate::query::Query;
use crate::reports::report::{About, Ask, Module, Place, Report};
use crate::rollups::{Detail, Plan, Source};
use crate::table::{Chart, Table, row};

pub struct LeadSourceAttribution;

const UNKNOWN: &str = "(unknown)";

row! {
    /// One source of leads.
    pub struct TelesalesLeadSource {
        /// The source; (unknown) where leads name none.
        source: String => "Source",
        /// Leads created in the window.
        total_leads: i64 => "Leads",
        /// Of these, leads with a dial in the window.
        dialed_count: i64 => "Dialed",
        /// Of these, leads with an answered dial in the window.
        contacted_count: i64 => "Contacted",
        /// Of these, leads with a conversion in the window.
        conv_count: i64 => "Converted",
        /// conv_count ÷ total_leads × 100, two decimals.
        conv_rate_pct: PercentText => "Conversion rate, %",
    }
}

#[derive(Default, sqlx::FromRow)]
struct Counters {
    source: String,
    leads: i64,
    dialed: i64,
    contacted: i64,
    converted: i64,
}

impl Report for LeadSourceAttribution {
    const ABOUT: About = About {
        module: Module::Telesales,
        name: "lead-source-attribution",
        title: "Lead sources",
        summary: "Leads created in the window by source, and what their dials in the window came to; most leads first, \
                  then by source.",
        place: Place::OfAccount,
        parameters: &[],
        example: include_str!("lead_source_attribution.json"),
        files: true,
    };
    type Subject = Filter;
    type Options = ();
    type Body = Vec<TelesalesLeadSource>;

    fn options(_: &mut Query) {}

    async fn run(scope: &mut Scope, ask: &Ask<'_, Filter, ()>) -> Result<Self::Body> {
        let filter = &ask.subject;
        let rows = match filter.source_of_leads(scope, ask.source).await? {
            Source::Rolled => {
                let leads = Plan::whole(&filter.window, Detail::Coarse, filter.rollup_scope(false));
                filter.rolled_leads(scope, include_str!("lead_source_attribution.sql"), &leads).await?
            }
            Source::Raw => filter.bind(scope.select(include_str!("lead_source_attribution.raw.sql"))),
        };
        let mut rows = named(rows.fetch_all(scope.connection()).await?);
        rows.sort_by(|a, b| b.leads.cmp(&a.leads).then_with(|| a.source.cmp(&b.source)));
        Ok(rows.into_iter().map(source).collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        let chart = Chart::Bars { over: "source", values: &["total_leads", "contacted_count", "conv_count"] };
        vec![Table::of("lead-source-attribution", body).with_chart(chart)]
    }
}

/// The rows with every blank source under one name, which a source may also bear by itself.
fn named(rows: Vec<Counters>) -> Vec<Counters> {
    let mut by_name: BTreeMap<String, Counters> = BTreeMap::new();
    for row in rows {
        let name = if row.source.trim().is_empty() { UNKNOWN } else { &row.source };
        let sum = by_name.entry(name.to_owned()).or_default();
        sum.leads += row.leads;
        sum.dialed += row.dialed;
        sum.contacted += row.contacted;
        sum.converted += row.converted;
    }
    by_name.into_iter().map(|(source, sum)| Counters { source, ..sum }).collect()
}

fn source(counters: Counters) -> TelesalesLeadSource {
    TelesalesLeadSource {
        source: counters.source,
        total_leads: counters.leads,
        dialed_count: counters.dialed,
        contacted_count: counters.contacted,
        conv_count: counters.converted,
        conv_rate_pct: PercentText::percent(counters.converted, counters.leads),
    }
}
