//! Funnel: a campaign's leads by the stage they reached.

use super::{Campaign, script};
use crate::asked::About;
use crate::closed::AutocallStage;
use crate::db::Scope;
use crate::error::Result;
use crate::percent::PercentText;
use crate::reports::report::{Across, Ask, Export, Module, Place, Report, Route, Summary};
use crate::rollups::{Bind, Links, Plan, Quiet, RollupScope, Source, Statements, statements};
use crate::table::{Chart, Table, row};

pub struct Funnel;

row! {
    /// One stage of the funnel.
    pub struct AutocallFunnelStage {
        /// Imported lead, Dialed, Answered, Pressed valid DTMF, Transferred to agent or Agent disposed.
        #[schema(value_type = AutocallStage)]
        stage: &'static str => "Stage" as key("stage"),
        /// Distinct leads. Imported: created before the window's end; otherwise with such an attempt in the window.
        count: i64 => "Leads" as leads(&[]).up(),
        /// (previous stage − this stage) ÷ previous stage × 100, two decimals; null on the first stage,
        /// negative if this stage is larger.
        drop_rate_pct: Option<PercentText> => "Drop, %" as ratio("dropped", "previous").down(),
    }
    besides {
        /// Distinct leads in the stage before.
        previous => "Leads before" as plain(Kind::Count(Counted::Leads)),
        /// Distinct leads in the stage before, less those in this one.
        dropped => "Dropped" as plain(Kind::Count(Counted::Leads)).down(),
    }
}

static STATEMENTS: Statements = statements!("funnel");

#[derive(sqlx::FromRow)]
struct Counters {
    imported: i64,
    dialed: i64,
    answered: i64,
    pressed: i64,
    handed_over: i64,
    disposed: i64,
}

impl Report for Funnel {
    const ABOUT: About = About {
        name: "funnel",
        title: "Campaign funnel",
        summary: "A campaign's leads by stage; each lead counts once per stage.",
        example: include_str!("funnel.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Autocall,
        place: Place::OfCampaign,
        parameters: &[],
        files: false,
    };
    const EXPORT: Option<Export> = Some(Export {
        sheet: "Funnel",
        alone: true,
        summary: Summary::Picture {
            title: "Leads by stage",
            row: 2,
            across: Across::Whole,
        },
    });
    const NEEDS_ROWS: bool = true;
    type Subject = Campaign;
    type Options = ();
    type Body = Vec<AutocallFunnelStage>;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Campaign, ()>) -> Result<Self::Body> {
        let campaign = &ask.subject;
        if ask.source == Source::Rolled {
            let quiet = scope.select(include_str!("overhang.sql")).bind(campaign.id);
            let quiet: Quiet = quiet
                .bind_rest_of_hours(&campaign.window)
                .fetch_one(scope.connection())
                .await?;
            let counters = campaign.select(scope, &STATEMENTS, ask.source);
            let leads = Plan::before(campaign.window.to, RollupScope::Campaign, campaign.kept)?;
            let counters = counters.bind_plan(&leads).bind_links(&Links::within(
                &campaign.window,
                quiet,
                campaign.kept,
            ));
            return Ok(stages(&counters.fetch_one(scope.connection()).await?));
        }
        let keys: Vec<String> = script::actions(scope, campaign.id)
            .await?
            .into_iter()
            .map(|action| action.digit)
            .collect();
        let keys = (!keys.is_empty()).then_some(keys);
        let counters = campaign.select(scope, &STATEMENTS, ask.source);
        let counters = campaign.bind_window(counters, ask.source)?.bind(keys);
        Ok(stages(&counters.fetch_one(scope.connection()).await?))
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        let chart = Chart::Bars {
            over: "stage",
            values: &["count"],
        };
        vec![Table::of("funnel", body).with_chart(chart)]
    }
}

fn stages(counters: &Counters) -> Vec<AutocallFunnelStage> {
    let Counters {
        imported,
        dialed,
        answered,
        pressed,
        handed_over,
        disposed,
    } = *counters;
    let counts = [imported, dialed, answered, pressed, handed_over, disposed];
    let before = std::iter::once(None).chain(counts.map(Some));
    let stage =
        |((stage, count), before): ((&'static str, i64), Option<i64>)| AutocallFunnelStage {
            stage,
            count,
            drop_rate_pct: before.map(|before| PercentText::percent(before - count, before)),
        };
    AutocallStage::VALUES
        .iter()
        .copied()
        .zip(counts)
        .zip(before)
        .map(stage)
        .collect()
}
