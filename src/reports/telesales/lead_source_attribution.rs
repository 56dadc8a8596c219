//! Lead sources: dials, answers and conversions of new leads, by source.

use super::Filter;
use crate::asked::About;
use crate::db::Scope;
use crate::error::Result;
use crate::keys::{KeyList, named};
use crate::percent::PercentText;
use crate::reports::report::{Ask, Module, Place, Report, Route};
use crate::rollups::{Detail, Source, Statements, statements};
use crate::table::{Chart, Table, row};

pub struct LeadSourceAttribution;

row! {
    /// One source of leads.
    pub struct TelesalesLeadSource {
        /// The source; (unknown) for leads without one. The last row is (other) if there are more than 10,000.
        source: String => "Source" as key("source"),
        /// Leads created in the window.
        total_leads: i64 => "Leads" as leads(&[("created", "in_window")]),
        /// Those with a dial in the window.
        dialed_count: i64 => "Dialed" as leads(&[("created", "in_window"), ("stage", "Dialed")]).up(),
        /// Those with an answered dial in the window.
        contacted_count: i64 => "Contacted" as leads(&[("created", "in_window"), ("stage", "Connected")]).up(),
        /// Those with a conversion in the window.
        conv_count: i64 => "Converted" as leads(&[("created", "in_window"), ("stage", "Converted")]).up(),
        /// conv_count ÷ total_leads × 100, two decimals.
        conv_rate_pct: PercentText => "Conversion rate, %" as ratio("conv_count", "total_leads").up(),
    }
}

const KEYS: KeyList = KeyList {
    order: r#"leads desc, key collate "C""#,
    columns: &[],
    counters: &["leads", "dialed", "contacted", "converted"],
};

static STATEMENTS: Statements = statements!(KEYS, "lead_source_attribution");

#[derive(sqlx::FromRow)]
struct Counters {
    key: Option<String>,
    leads: i64,
    dialed: i64,
    contacted: i64,
    converted: i64,
}

impl Report for LeadSourceAttribution {
    const ABOUT: About = About {
        name: "lead-source-attribution",
        title: "Lead sources",
        summary: "Leads created in the window by source, with their dials, answers and conversions in the window; most leads first, \
                  then by source.",
        example: include_str!("lead_source_attribution.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Telesales,
        place: Place::OfAccount,
        parameters: &[],
        files: true,
    };
    const NEEDS_ROWS: bool = true;
    type Subject = Filter;
    type Options = ();
    type Body = Vec<TelesalesLeadSource>;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Filter, ()>) -> Result<Self::Body> {
        let filter = &ask.subject;
        let rows = match filter.source_of_leads(scope, ask.source).await? {
            Source::Rolled => {
                let leads = filter.plan_of(Detail::Coarse, false)?;
                let rows = filter.rolled_leads(scope, &STATEMENTS, &leads).await?;
                rows.bind(filter.sources.clone())
            }
            Source::Raw => filter.select(scope, &STATEMENTS, Source::Raw),
        };
        let rows: Vec<Counters> = rows.fetch_all(scope.connection()).await?;
        Ok(rows.into_iter().map(source).collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        let chart = Chart::Bars {
            over: "source",
            values: &["total_leads", "contacted_count", "conv_count"],
        };
        vec![Table::of("lead-source-attribution", body).with_chart(chart)]
    }
}

fn source(counters: Counters) -> TelesalesLeadSource {
    TelesalesLeadSource {
        source: named(counters.key),
        total_leads: counters.leads,
        dialed_count: counters.dialed,
        contacted_count: counters.contacted,
        conv_count: counters.converted,
        conv_rate_pct: PercentText::percent(counters.converted, counters.leads),
    }
}
