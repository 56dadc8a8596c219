//! DTMF: deciding keys, and paths through the script.

use super::Campaign;
use super::digits::Digits;
use super::script::{self, Action};
use crate::asked::About;
use crate::db::Scope;
use crate::error::Result;
use crate::percent::{PercentText, largest_remainder};
use crate::reports::report::{Across, Ask, Export, Module, Object, Place, Report, Route, Summary};
use crate::rollups::{Statements, statements};
use crate::table::{Chart, Column, Row, Table, row};

pub struct Dtmf;

row! {
    /// One deciding key.
    pub struct AutocallDtmfDigit {
        /// The key.
        digit: String => "Key" as key("digit"),
        /// Answered attempts whose last key it was.
        count: i64 => "Count" as calls(&[]),
        /// Share of answered attempts with a key, two decimals; all shares add up to exactly 100.00.
        pct: PercentText => "Share, %" as share("count", "with_dtmf_input"),
        /// Label of the key in the campaign's script; null if the script gives it no action.
        label: Option<String> => "Meaning" as KEY,
    }
}

row! {
    /// One path through the script.
    pub struct AutocallScriptPath {
        /// Its steps, joined with ` -> `.
        path: String => "Path" as key("path"),
        /// Answered attempts with this path.
        count: i64 => "Count" as calls(&[("result", "answered")]),
    }
}

row! {
    /// Deciding keys, and paths through the script.
    pub struct AutocallDtmf {
        /// Answered attempts.
        total_answered: i64 => "Answered" as calls(&[("result", "answered")]).up(),
        /// Answered attempts with at least one key.
        with_dtmf_input: i64 => "With input" as calls(&[("result", "answered"), ("has", "digit")]).up(),
        /// Answered attempts without any key.
        no_input: i64 => "No input" as calls(&[("digit", "no_input")]).down(),
        /// no_input ÷ total_answered × 100, two decimals.
        no_input_rate_pct: PercentText => "No input, %" as ratio("no_input", "total_answered").down(),
        /// By deciding key (the last one pressed): count descending, then key.
        by_digit: Vec<AutocallDtmfDigit>,
        /// The 50 most frequent paths through the script: count descending, then path.
        by_script_path: Vec<AutocallScriptPath>,
    }
}

static STATEMENTS: Statements = statements!("dtmf");

impl Object for AutocallDtmf {}

impl Report for Dtmf {
    const ABOUT: About = About {
        name: "dtmf",
        title: "DTMF analysis",
        summary: "Deciding keys of answered attempts, and their paths through the script.",
        example: include_str!("dtmf.json"),
    };
    const ROUTE: Route = Route {
        module: Module::Autocall,
        place: Place::OfCampaign,
        parameters: &[],
        files: false,
    };
    const EXPORT: Option<Export> = Some(Export {
        sheet: "DTMF",
        alone: true,
        summary: Summary::Picture {
            title: "Answered attempts by deciding key",
            row: 1,
            across: Across::Right,
        },
    });
    type Subject = Campaign;
    type Options = ();
    type Body = AutocallDtmf;

    async fn run(scope: &mut Scope, ask: &Ask<'_, Campaign, ()>) -> Result<AutocallDtmf> {
        let campaign = &ask.subject;
        let digits = Digits::load(scope, campaign, ask.source).await?;
        let actions = script::actions(scope, campaign.id).await?;
        let paths = campaign.select(scope, &STATEMENTS, ask.source);
        let paths = campaign.bind_window(paths, ask.source)?;
        let paths: Vec<(String, i64)> = paths.fetch_all(scope.connection()).await?;
        Ok(body(digits, &actions, paths))
    }

    const TABLES: &'static [(&'static str, &'static [Column])] = &[
        ("dtmf", AutocallDtmf::COLUMNS),
        ("by_digit", AutocallDtmfDigit::COLUMNS),
        ("by_script_path", AutocallScriptPath::COLUMNS),
    ];

    fn tables(body: &AutocallDtmf) -> Vec<Table> {
        let keys = Chart::Bars {
            over: "digit",
            values: &["count"],
        };
        vec![
            Table::of("dtmf", std::slice::from_ref(body)),
            Table::of("by_digit", &body.by_digit).with_chart(keys),
            Table::of("by_script_path", &body.by_script_path),
        ]
    }
}

fn body(digits: Digits, actions: &[Action], paths: Vec<(String, i64)>) -> AutocallDtmf {
    let counts: Vec<i64> = digits.pressed.iter().map(|(_, count)| *count).collect();
    let with_dtmf_input: i64 = counts.iter().sum();
    let total_answered = with_dtmf_input + digits.no_input;
    let by_digit = digits
        .pressed
        .into_iter()
        .zip(largest_remainder(&counts))
        .map(|((digit, count), pct)| {
            let label = actions
                .iter()
                .find(|action| action.digit == digit)
                .map(|action| action.label.clone());
            AutocallDtmfDigit {
                digit,
                count,
                pct,
                label,
            }
        });
    AutocallDtmf {
        total_answered,
        with_dtmf_input,
        no_input: digits.no_input,
        no_input_rate_pct: PercentText::percent(digits.no_input, total_answered),
        by_digit: by_digit.collect(),
        by_script_path: paths
            .into_iter()
            .map(|(path, count)| AutocallScriptPath { path, count })
            .collect(),
    }
}
