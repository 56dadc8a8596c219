//! Progress of leads: statements that count them, from sums or from rows.

use std::sync::LazyLock;

use super::bind::{bind_filters, rollup_scope};
use super::filter::{LeadSet, attempts, leads_with_payload};
use super::plan;
use super::query::Query;
use super::reach::Reached;
use crate::db::{Scope, Select};
use crate::error::Result;
use crate::rollups::{Bind, Detail, Plan, statement, statement_of};
use crate::template::composed;
use crate::time::Window;

/// Leads by progress.
#[derive(Debug, Default, Clone, Copy, sqlx::FromRow)]
pub struct Leads {
    pub leads: i64,
    /// With at least one attempt, and with at least two.
    pub tried: i64,
    pub retried: i64,
    /// With an attempt in progress; of the others with attempts, those to retry and those finished.
    pub processing: i64,
    pub retry: i64,
    pub finished: i64,
}

impl Leads {
    pub fn add(&mut self, other: Self) {
        self.leads += other.leads;
        self.tried += other.tried;
        self.retried += other.retried;
        self.processing += other.processing;
        self.retry += other.retry;
        self.finished += other.finished;
    }
}

/// Statements of the progress of leads, over rows.
struct OfLeads {
    some: String,
    with_payload: String,
    with_attempt: String,
    with_payload_and_attempt: String,
}

/// All attempts count.
static EVER: LazyLock<OfLeads> = LazyLock::new(|| OfLeads::new(""));
/// Attempts count from the tenant's complete-from on.
static SINCE: LazyLock<OfLeads> =
    LazyLock::new(|| OfLeads::new("and a.started_at >= callboard_complete_from($1)"));

impl OfLeads {
    fn new(since: &str) -> Self {
        let progress = |leads: &str, asked: &str| {
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("asked", &asked), ("leads", &leads), ("since", &since)];
            statement(composed(include_str!("sql/leads.sql"), &values))
        };
        // Leads whose `id` a statement returns, possibly repeated.
        let these = |ids: &str| {
            let asked = composed(include_str!("sql/asked_leads.sql"), &[("ids", &ids)]);
            progress("asked m join autocall_leads l on l.id = m.id", &asked)
        };
        Self {
            some: progress("autocall_leads l", ""),
            with_payload: these(&leads_with_payload()),
            with_attempt: these(&leads_with_attempt(LeadSet::All)),
            with_payload_and_attempt: these(&leads_with_attempt(LeadSet::WithPayload)),
        }
    }
}

/// Leads of the attempts that match the filters, by `id`.
fn leads_with_attempt(leads: LeadSet) -> String {
    composed(
        include_str!("sql/lead_ids.sql"),
        &[("attempts", &attempts(leads, ""))],
    )
}

/// Progress of a tenant's leads, from rows. Filters by duration and sentiment keep leads with a matching attempt, at any
/// time and for any campaign.
pub fn leads(scope: &Scope, query: &Query, account: &Reached) -> Select<Leads> {
    let filters = &query.filters;
    let Window { from, to, .. } = account.kept.with_rows(&plan::created(query));
    let cut = account.kept.complete_from();
    let statements = if cut.is_some() { &SINCE } else { &EVER };
    let sql = match (filters.payload.is_some(), filters.by_figures()) {
        (true, true) => &statements.with_payload_and_attempt,
        (true, false) => &statements.with_payload,
        (false, true) => &statements.with_attempt,
        (false, false)
            if filters.from.is_none()
                && filters.to.is_none()
                && filters.template.is_none()
                && cut.is_none() =>
        {
            return scope.select(statement_of!(include_str!("sql/all_leads.sql")));
        }
        (false, false) => &statements.some,
    };
    let rows = bind_filters(
        scope.select(sql),
        &account.kept.with_rows(&plan::ever(query)),
        filters,
        None,
        account.term,
    );
    let is_asked = filters.from.is_some() || filters.to.is_some() || cut.is_some();
    let asked = is_asked.then_some((from, to));
    rows.bind(asked.map(|(from, _)| from))
        .bind(asked.map(|(_, to)| to))
        .bind(filters.template.clone())
}

pub fn rolled_leads(scope: &Scope, query: &Query, account: &Reached) -> Result<Select<Leads>> {
    let of = rollup_scope(query);
    let rows = scope
        .select(statement_of!(include_str!("sql/rolled_leads.sql")))
        .bind(of.number())
        .bind(query.filters.template.clone());
    let created = account.kept.with_rows(&plan::created(query));
    Ok(rows.bind_plan(&Plan::whole(&created, Detail::Fine, of, account.kept)?))
}
