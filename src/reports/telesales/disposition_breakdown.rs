//! Disposition breakdown: calls by disposition.

use super::Filter;
use crate::asked::About;
use crate::closed::DispositionCategory;
use crate::db::Scope;
use crate::error::Result;
use crate::keys::{KeyList, named};
use crate::percent::{PercentText, largest_remainder};
use crate::reports::report::{Ask, Module, Place, Report, Route};
use crate::rollups::{Detail, Statements, statements};
use crate::table::{Chart, Table, row};

pub struct DispositionBreakdown;

row! {
    /// One disposition.
    pub struct TelesalesDisposition {
        /// Its code; the last row is (other) if there are more than 10,000.
        code: String => "Code" as key("disposition"),
        /// Its label.
        label: String => "Label" as KEY,
        /// contact, no_contact, callback or remove; null in the row (other).
        #[schema(value_type = Option<DispositionCategory>)]
        category: Option<String> => "Category" as KEY,
        /// `#RRGGBB`; null in the row (other).
        color: Option<String> => "Color" as SETTING,
        /// Calls with this disposition, blocked ones included.
        count: i64 => "Count" as calls(&[]),
        /// Share of all calls with a disposition, two decimals; all shares add up to exactly 100.00.
        pct: PercentText => "Share, %" as share("count", "total"),
    }
    besides {
        /// Calls with a disposition, blocked ones included.
        total => "Calls with a disposition" as calls(&[("disposition", WITHOUT), ("has", "disposition")]),
    }
}

const KEYS: KeyList = KeyList {
    order: r#"count desc, key collate "C""#,
    columns: &["label", "category", "color"],
    counters: &["count"],
};

static STATEMENTS: Statements = statements!(KEYS, "disposition_breakdown");

#[derive(sqlx::FromRow)]
struct Counters {
    key: Option<String>,
    label: Option<String>,
    category: Option<String>,
    color: Option<String>,
    count: i64,
}

impl Report for DispositionBreakdown {
    const ABOUT: About = About {
        name: "disposition-breakdown",
        title: "Disposition breakdown",
        summary: "Every call with a disposition, blocked ones included; most frequent first, then by code.",
        example: include_str!("disposition_breakdown.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Telesales,
        place: Place::OfAccount,
        parameters: &[],
        files: true,
    };
    type Subject = Filter;
    type Options = ();
    type Body = Vec<TelesalesDisposition>;

    /// Its sums by source do not know agents.
    fn trusted(filter: &Filter) -> bool {
        filter.trusted_without_sources() || filter.trusted && !filter.by_agent()
    }

    async fn run(scope: &mut Scope, ask: &Ask<'_, Filter, ()>) -> Result<Self::Body> {
        let filter = &ask.subject;
        let rows = filter.select(scope, &STATEMENTS, ask.source);
        let rows = filter.bind_window(rows, ask.source, Detail::Coarse)?;
        let rows: Vec<Counters> = rows.fetch_all(scope.connection()).await?;
        let counts: Vec<i64> = rows.iter().map(|row| row.count).collect();
        let disposition = |(row, pct): (Counters, PercentText)| TelesalesDisposition {
            code: named(row.key),
            label: named(row.label),
            category: row.category,
            color: row.color,
            count: row.count,
            pct,
        };
        Ok(rows
            .into_iter()
            .zip(largest_remainder(&counts))
            .map(disposition)
            .collect())
    }

    fn tables(body: &Self::Body) -> Vec<Table> {
        let chart = Chart::Bars {
            over: "label",
            values: &["count"],
        };
        vec![Table::of("disposition-breakdown", body).with_chart(chart)]
    }
}
