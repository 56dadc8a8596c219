//! Hangup causes, as named by the switch.

use super::Campaign;
use crate::asked::About;
use crate::db::Scope;
use crate::error::Result;
use crate::keys::{KeyList, named};
use crate::percent::{PercentText, largest_remainder};
use crate::reports::report::{Across, Ask, Export, Module, Object, Place, Report, Route, Summary};
use crate::rollups::{Statements, statements};
use crate::table::{Chart, Column, Row, Table, row};

pub struct Hangup;

row! {
    /// One hangup cause.
    pub struct AutocallHangupCause {
        /// The cause as named by the switch; the last row is (other) if there are more than 10,000.
        hangup_cause: String => "Hangup cause" as key("hangup_cause"),
        /// Attempts with this cause.
        count: i64 => "Count" as calls(&[]),
        /// Share of all attempts with a cause, two decimals; all shares add up to exactly 100.00.
        pct: PercentText => "Share, %" as share("count", "total_calls"),
    }
}

const KEYS: KeyList = KeyList {
    order: r#"count desc, key collate "C""#,
    columns: &[],
    counters: &["count"],
};

static STATEMENTS: Statements = statements!(KEYS, "hangup");

row! {
    /// Hangup causes.
    pub struct AutocallHangup {
        /// Attempts that have a hangup cause.
        total_calls: i64 => "Calls with a cause" as calls(&[("has", "hangup_cause")]),
        /// Most frequent first, then by name.
        by_hangup_cause: Vec<AutocallHangupCause>,
    }
}

impl Object for AutocallHangup {}

impl Report for Hangup {
    const ABOUT: About = About {
        name: "hangup",
        title: "Hangup causes",
        summary: "Hangup causes of attempts that have one, most frequent first.",
        example: include_str!("hangup.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Autocall,
        place: Place::OfCampaign,
        parameters: &[],
        files: false,
    };
    const EXPORT: Option<Export> = Some(Export {
        sheet: "Hangup",
        alone: true,
        summary: Summary::Picture {
            title: "Hangup causes",
            row: 1,
            across: Across::Left,
        },
    });
    type Subject = Campaign;
    type Options = ();
    type Body = AutocallHangup;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Campaign, ()>) -> Result<AutocallHangup> {
        let campaign = &ask.subject;
        let rows = campaign.select(scope, &STATEMENTS, ask.source);
        let rows = campaign.bind_window(rows, ask.source)?;
        let rows: Vec<(Option<String>, i64)> = rows.fetch_all(scope.connection()).await?;
        let counts: Vec<i64> = rows.iter().map(|(_, count)| *count).collect();
        let causes = rows.into_iter().zip(largest_remainder(&counts));
        Ok(AutocallHangup {
            total_calls: counts.iter().sum(),
            by_hangup_cause: causes
                .map(|((cause, count), pct)| AutocallHangupCause {
                    hangup_cause: named(cause),
                    count,
                    pct,
                })
                .collect(),
        })
    }

    const TABLES: &'static [(&'static str, &'static [Column])] =
        &[("hangup", AutocallHangupCause::COLUMNS)];

    fn tables(body: &AutocallHangup) -> Vec<Table> {
        let chart = Chart::Bars {
            over: "hangup_cause",
            values: &["count"],
        };
        vec![Table::of("hangup", &body.by_hangup_cause).with_chart(chart)]
    }
}
