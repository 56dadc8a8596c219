//! Leads of a list: every condition on them and on their calls, put together into statements.

use super::place::Place;
use super::progress::{self, CallsOf, Created};
use super::rows::{Position, Row};
use crate::calls::condition::{Argument, Condition, Conditions};
use crate::calls::{Calls, Sight};
use crate::db::{Scope, Select};
use crate::error::Result;
use crate::reports::report::Module;
use crate::rollups::statement;
use crate::template::{self, composed};
use crate::time::Window;

/// Keeps a subquery apart from the query around it.
const APART: &str = "    offset 0\n";

/// Conditions on leads and on their calls.
#[derive(Debug, Clone)]
pub struct Leads {
    own: Conditions,
    /// There is a call that passes each of these.
    with: Vec<Conditions>,
    /// There is no call that passes each of these.
    without: Vec<Conditions>,
}

/// What selects leads besides their place.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub module: Module,
    pub progress: &'a progress::Asked,
    /// Conditions of the filters on leads, and of those on calls.
    pub own: Vec<Condition>,
    pub of_calls: Vec<Condition>,
}

impl Leads {
    pub fn new(place: &Place, calls_in: &Window, wanted: Wanted<'_>) -> Self {
        let progress = wanted.progress;
        let stages = progress::stages(wanted.module);
        let is_first = |stage: usize| stage == 0;
        let by_calls = !wanted.of_calls.is_empty();
        let by_stage = progress.in_stages().any(|stage| !is_first(stage));
        let created = progress.created();

        let mut own = place.own.clone();
        add_created(&mut own, created, place, by_calls || by_stage);
        // The funnel counts the leads of a campaign's calls, whatever campaign they belong to themselves.
        let by_calls_of_campaign = by_stage && created == Created::All;
        let mut calls = Conditions::within(calls_in);
        for campaigns in &place.campaigns {
            if !by_calls_of_campaign {
                own.add("l.campaign_id = any (:1)", integers(campaigns));
            }
            calls.add("{{call}}.campaign_id = any (:1)", integers(campaigns));
        }
        own.extend(wanted.own);
        progress.add_stage_of_analytics(&mut own);
        calls.join(&place.of_calls);
        calls.extend(wanted.of_calls);

        let in_stage = |stage: usize| {
            let mut calls = calls.clone();
            calls.extend(stages.get(stage).copied().map(|sql| Condition {
                sql,
                arguments: Vec::new(),
            }));
            calls
        };
        let later = progress.in_stages().filter(|stage| !is_first(*stage));
        let mut with: Vec<Conditions> = later.map(in_stage).collect();
        if with.is_empty() && by_calls {
            with.push(calls.clone());
        }
        let without = progress.lost_after.map(|stage| in_stage(stage + 1));
        Self {
            own,
            with,
            without: without.into_iter().collect(),
        }
    }

    /// The conditions in SQL on leads `l`, with arguments from `$2` on.
    fn sql(&self, of: &Calls) -> String {
        let mut next = 2;
        let own = self.own.numbered("l", &mut next);
        let own = (!self.own.is_empty()).then_some(own);
        let mut exists = |calls: &Conditions, apart: &str| {
            let conditions = calls.numbered(of.call, &mut next);
            let values: template::Values<'_> = &[
                ("table", &of.table),
                ("call", &of.call),
                ("conditions", &conditions),
                ("apart", &apart),
            ];
            composed(include_str!("sql/with_call.sql"), values)
        };
        let with = self.with.iter().map(|calls| exists(calls, ""));
        let with: Vec<String> = with.collect();
        // Looked up for each lead by its calls: joined, the planner compares all leads with all calls.
        let without = self.without.iter().map(|calls| exists(calls, APART));
        let without: Vec<String> = without.map(|exists| format!("not {exists}")).collect();
        let all = own.into_iter().chain(with).chain(without);
        let all = all.collect::<Vec<_>>();
        if all.is_empty() {
            return "true".to_owned();
        }
        template::all(all)
    }

    fn bind<R>(&self, select: Select<R>) -> Select<R> {
        let of_calls = self.with.iter().chain(&self.without);
        of_calls.fold(self.own.bind(select), |select, calls| calls.bind(select))
    }

    /// Number of all leads.
    pub async fn count<R: Row>(&self, scope: &mut Scope) -> Result<i64> {
        let count = scope.select_assembled::<(i64,)>(self.count_sql(&R::CALLS));
        let count = self.bind(count).fetch_one(scope.connection());
        Ok(count.await?.0)
    }

    /// The first leads behind a position.
    pub async fn rows<R: Row>(
        &self,
        scope: &mut Scope,
        after: Option<&Position>,
        limit: i64,
        sight: Sight,
    ) -> Result<Vec<R>> {
        let mut leads = self.clone();
        if let Some(Position(id)) = after {
            leads.own.add("l.id < :1", [Argument::Integer(*id)]);
        }
        let rows = scope.select_assembled(leads.rows_sql::<R>(limit, sight));
        Ok(leads.bind(rows).fetch_all(scope.connection()).await?)
    }

    fn count_sql(&self, of: &Calls) -> String {
        let conditions = self.sql(of);
        let values: template::Values<'_> = &[("leads", &of.leads), ("conditions", &conditions)];
        statement(composed(include_str!("sql/count.sql"), values))
    }

    fn rows_sql<R: Row>(&self, limit: i64, sight: Sight) -> String {
        let (columns, calls) = (R::columns(sight), R::calls());
        let (leads, conditions) = (R::CALLS.leads, self.sql(&R::CALLS));
        let values: template::Values<'_> = &[
            ("columns", &columns),
            ("leads", &leads),
            ("conditions", &conditions),
            ("calls", &calls),
            ("limit", &limit),
        ];
        statement(composed(include_str!("sql/rows.sql"), values))
    }
}

/// The window that calls count in.
pub fn calls_in(place: &Place, calls: CallsOf) -> Window {
    if calls == CallsOf::Window {
        return place.window;
    }
    let ever = Window::of_all_time(place.window.zone);
    let from = place.complete_from.unwrap_or(ever.from).max(ever.from);
    Window { from, ..ever }
}

fn add_created(own: &mut Conditions, created: Created, place: &Place, has_calls: bool) {
    let (window, ever) = (place.window, Window::of_all_time(place.window.zone));
    let from = match created {
        Created::InWindow if window.from != ever.from => Some(window.from),
        // Leads from before the account's rows are left out where no call shows them.
        Created::All if has_calls => None,
        _ => place.complete_from,
    };
    let to = (created != Created::All && window.to != ever.to).then_some(window.to);
    let ends = [("l.created_at >= :1", from), ("l.created_at < :1", to)];
    for (sql, at) in ends {
        if let Some(at) = at {
            own.add(sql, [Argument::Instant(at)]);
        }
    }
}

fn integers(numbers: &[i64]) -> [Argument; 1] {
    [Argument::Integers(numbers.to_vec())]
}
