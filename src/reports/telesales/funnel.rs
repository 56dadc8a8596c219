//! Funnel: leads by stage. A stage may be larger than the previous one; it is not clamped.

use super::Filter;
use crate::asked::About;
use crate::closed::TelesalesStage;
use crate::db::Scope;
use crate::error::Result;
use crate::reports::report::{Ask, Module, Place, Report, Route};
use crate::rollups::{Plan, Source, Statements, statements};
use crate::table::{Chart, Table, row};

pub struct Funnel;

row! {
    /// One stage of the funnel.
    pub struct TelesalesFunnelStage {
        /// Total leads, Dialed, Connected, Talked > 30s, Disposed or Converted.
        #[schema(value_type = TelesalesStage)]
        stage: &'static str => "Stage" as key("stage"),
        /// Distinct leads. Total: created before the window's end; otherwise with such a dial in the window.
        count: i64 => "Leads" as leads(&[]).up(),
    }
}

static STATEMENTS: Statements = statements!("funnel");

#[derive(sqlx::FromRow)]
struct Counters {
    leads: i64,
    dialed: i64,
    connected: i64,
    talked: i64,
    disposed: i64,
    converted: i64,
}

impl Report for Funnel {
    const ABOUT: About = About {
        name: "funnel",
        title: "Funnel",
        summary: "Leads by stage; each lead counts once per stage. Not necessarily monotonic.",
        example: include_str!("funnel.json"),
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
    type Body = Vec<TelesalesFunnelStage>;

    fn trusted(filter: &Filter) -> bool {
        filter.trusted_without_sources()
    }

    async fn run(scope: &mut Scope, ask: &Ask<'_, Filter, ()>) -> Result<Self::Body> {
        let filter = &ask.subject;
        let counters = match filter.source_of_leads(scope, ask.source).await? {
            Source::Rolled => {
                let leads =
                    Plan::before(filter.window.to, filter.rollup_scope(false), filter.kept)?;
                filter.rolled_leads(scope, &STATEMENTS, &leads).await?
            }
            Source::Raw => filter.select(scope, &STATEMENTS, Source::Raw),
        };
        let counters: Counters = counters.fetch_one(scope.connection()).await?;
        let Counters {
            leads,
            dialed,
            connected,
            talked,
            disposed,
            converted,
        } = counters;
        let counts = [leads, dialed, connected, talked, disposed, converted];
        let stages = TelesalesStage::VALUES.iter().copied().zip(counts);
        Ok(stages
            .map(|(stage, count)| TelesalesFunnelStage { stage, count })
            .collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        let chart = Chart::Bars {
            over: "stage",
            values: &["count"],
        };
        vec![Table::of("funnel", body).with_chart(chart)]
    }
}
