//! Dashboard: totals of the calls in a window, in one object.

use super::{ANSWERS, DIALS, Filter};
use crate::asked::About;
use crate::db::Scope;
use crate::error::Result;
use crate::percent::{DecimalText, PercentText};
use crate::reports::report::{Ask, Module, Object, Place, Report, Route};
use crate::rollups::{Bind, Detail, Source, Statements, statements};
use crate::table::{Chart, Table, row};

pub struct Dashboard;

row! {
    /// Totals of the calls in the window.
    pub struct TelesalesDashboard {
        /// Dials: calls that were not blocked, those in progress included.
        total_dials: i64 => "Dials" as calls(&[("result", DIALS)]),
        /// Dials answered by the customer (result answered or abandoned).
        total_answers: i64 => "Answers" as calls(&[("result", ANSWERS)]).up(),
        /// answers ÷ dials × 100, two decimals.
        answer_rate_pct: PercentText => "Answer rate, %" as ratio("total_answers", "total_dials").up(),
        /// Talk time of all dials ÷ answers, seconds, one decimal.
        avg_talk_time_sec: DecimalText<1> => "Average talk time, s" as average("total_talk_time_sec", "total_answers").up(),
        /// Talk time of all dials, seconds.
        total_talk_time_sec: DecimalText<0> => "Total talk time, s" as sum(&[("result", DIALS)]).up(),
        /// Agents with at least one dial.
        unique_agents: i64 => "Agents" as agents(),
        /// Calls blocked because they were outside the permitted hours.
        pdpl_blocked_count: i64 => "Blocked" as calls(&[("result", "blocked")]).down(),
    }
}

#[derive(sqlx::FromRow)]
struct Counters {
    dials: i64,
    answers: i64,
    talk_sec: i64,
    agents: i64,
    blocked: i64,
}

static STATEMENTS: Statements = statements!("dashboard");

impl Object for TelesalesDashboard {}

impl Report for Dashboard {
    const ABOUT: About = About {
        name: "dashboard",
        title: "Dashboard",
        summary: "Dials, answers, talk time, agents and blocked calls of the window.",
        example: include_str!("dashboard.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Telesales,
        place: Place::OfAccount,
        parameters: &[],
        files: true,
    };
    type Subject = Filter;
    type Options = ();
    type Body = TelesalesDashboard;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Filter, ()>) -> Result<TelesalesDashboard> {
        let filter = &ask.subject;
        let counters = filter.select(scope, &STATEMENTS, ask.source);
        let counters = match ask.source {
            Source::Rolled => counters
                .bind_plan(&filter.plan_of_agents()?)
                .bind_plan(&filter.plan(Detail::Fine)?),
            Source::Raw => counters,
        };
        let Counters {
            dials,
            answers,
            talk_sec,
            agents,
            blocked,
        } = counters.fetch_one(scope.connection()).await?;
        Ok(TelesalesDashboard {
            total_dials: dials,
            total_answers: answers,
            answer_rate_pct: PercentText::percent(answers, dials),
            avg_talk_time_sec: DecimalText::ratio(talk_sec, answers),
            total_talk_time_sec: DecimalText::ratio(talk_sec, 1),
            unique_agents: agents,
            pdpl_blocked_count: blocked,
        })
    }

    fn tables(body: &TelesalesDashboard) -> Vec<Table> {
        let chart = Chart::Totals {
            values: &["total_dials", "total_answers"],
        };
        vec![Table::of("dashboard", std::slice::from_ref(body)).with_chart(chart)]
    }
}
