//! Agent performance: dials, answers and conversions by agent.

use super::{ANSWERS, DIALS, Filter};
use crate::asked::About;
use crate::db::Scope;
use crate::error::Result;
use crate::keys::{KeyList, named};
use crate::percent::{DecimalNumber, mean};
use crate::reports::report::{Ask, Module, Place, Report, Route};
use crate::rollups::{Bind, Source, Statements, statements};
use crate::table::{Chart, Id, Table, row};

pub struct AgentPerformance;

row! {
    /// One agent's dials.
    pub struct TelesalesAgent {
        /// The agent; null in the last row, (other), if there are more than 10,000.
        agent_id: Option<Id> => "Agent" as key("agent_ids"),
        /// Full name.
        name: String => "Name" as KEY,
        /// Login name.
        username: String => "User name" as KEY,
        /// Dials in the window, those in progress included.
        dials: i64 => "Dials" as calls(&[("result", DIALS)]).up(),
        /// Dials answered by the customer.
        answers: i64 => "Answers" as calls(&[("result", ANSWERS)]).up(),
        /// AHT: (talk + wrap time of answers) ÷ answers, whole seconds.
        avg_aht_sec: i64 => "AHT, s" as average("handling_time_sec", "answers").down(),
        /// Dials whose disposition is a conversion.
        conversions: i64 => "Conversions" as calls(&[("conversion", "true")]).up(),
        /// conversions ÷ answers × 100, at most two decimals.
        conv_rate: DecimalNumber<2> => "Conversion rate, %" as ratio("conversions", "answers").up(),
    }
    besides {
        /// Talk and wrap time of answers, seconds.
        handling_time_sec => "Handling time, s" as sum(&[("result", ANSWERS)]),
    }
}

const KEYS: KeyList = KeyList {
    order: "dials desc, key",
    columns: &["name", "username"],
    counters: &["dials", "answers", "handling_sec", "conversions"],
};

static STATEMENTS: Statements = statements!(KEYS, "agent_performance");

#[derive(sqlx::FromRow)]
struct Counters {
    key: Option<Id>,
    name: Option<String>,
    username: Option<String>,
    dials: i64,
    answers: i64,
    handling_sec: i64,
    conversions: i64,
}

impl Report for AgentPerformance {
    const ABOUT: About = About {
        name: "agent-performance",
        title: "Agent performance",
        summary: "Dials, answers and conversions by agent; agents with dials only, most dials first, then by id.",
        example: include_str!("agent_performance.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Telesales,
        place: Place::OfAccount,
        parameters: &[],
        files: true,
    };
    type Subject = Filter;
    type Options = ();
    type Body = Vec<TelesalesAgent>;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Filter, ()>) -> Result<Self::Body> {
        let filter = &ask.subject;
        let rows = filter.select_in(filter.rollup_scope(true), scope, &STATEMENTS, ask.source);
        let rows = match ask.source {
            Source::Rolled => rows.bind_plan(&filter.plan_of_agents()?),
            Source::Raw => rows,
        };
        let rows: Vec<Counters> = rows.fetch_all(scope.connection()).await?;
        Ok(rows.into_iter().map(agent).collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        let chart = Chart::Bars {
            over: "name",
            values: &["dials", "answers", "conversions"],
        };
        vec![Table::of("agent-performance", body).with_chart(chart)]
    }
}

fn agent(counters: Counters) -> TelesalesAgent {
    TelesalesAgent {
        agent_id: counters.key,
        name: named(counters.name),
        username: named(counters.username),
        dials: counters.dials,
        answers: counters.answers,
        avg_aht_sec: mean(counters.handling_sec, counters.answers),
        conversions: counters.conversions,
        conv_rate: DecimalNumber::percent(counters.conversions, counters.answers),
    }
}
