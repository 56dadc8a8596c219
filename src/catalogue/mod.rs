//! The catalogue of figures: what every number of every report and question means, and how to open the calls behind it.
//!
//! Made of the definitions that compute, and of nothing else: marks beside the types ([`crate::figure`]), doc comments,
//! titles, and the Vietnamese words for them ([`crate::words`]). Must not know HTTP.

mod entry;
mod known;
mod object;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

pub use entry::{Calls, Entry, Text};
pub use known::{Known, values};
use object::{Found, Object, Origin};

use crate::asked;
use crate::figure::{Mark, Within};
use crate::overview::OverviewPage;
use crate::reports::report::{Module, Place};
use crate::table::Schemas;
use crate::{analytics, overview, reports, table};

/// An entry for every measure of every report and question and of the overview, in the order of the contract.
pub fn entries() -> &'static [Entry] {
    static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
        let members = roots().iter().flat_map(Object::members).collect::<Vec<_>>();
        let entry = |member: &Found| match member.member.mark {
            Mark::Measure(measure) => Some(Entry::new(member, &measure)),
            _ => None,
        };
        members.iter().filter_map(entry).collect()
    });
    &ENTRIES
}

/// Ids of everything that has a label: measures, keys and settings.
pub fn labelled() -> Vec<String> {
    let roots = roots();
    let members = roots.iter().flat_map(Object::members);
    let members = members.filter(|found| !found.member.title.is_empty());
    members.map(|found| found.id()).collect()
}

/// The figures of every report and question, and of the overview of each product, as objects with members.
fn roots() -> Vec<Object> {
    let of_reports = reports::ALL.iter().map(|report| {
        let route = report.route();
        let (calls, leads) = match (route.module, route.place) {
            (Module::Telesales, _) => ("/api/telesales/calls", "/api/telesales/leads"),
            (Module::Autocall, Place::OfAccount) => ("/api/autocall/attempts", AUTOCALL_LEADS),
            (Module::Autocall, _) => (
                "/api/autocall/campaigns/{campaign_id}/attempts",
                AUTOCALL_LEADS,
            ),
        };
        let origin = Origin {
            id: report.id(),
            report: report.path(),
            calls,
            leads,
        };
        root(report, origin)
    });
    let of_questions = analytics::ALL.iter().map(|question| {
        let name = question.about.name;
        let origin = Origin {
            id: format!("analytics.{name}"),
            report: format!("/analytics#{name}"),
            calls: "/api/autocall/attempts",
            leads: AUTOCALL_LEADS,
        };
        root(question, origin)
    });
    let all = of_reports.chain(of_questions);
    all.chain(Module::ALL.map(overview_of)).collect()
}

/// The overview of a product. Its lists are those of the account, because a row is of any campaign.
fn overview_of(module: Module) -> Object {
    let (calls, leads) = match module {
        Module::Telesales => ("/api/telesales/calls", "/api/telesales/leads"),
        Module::Autocall => ("/api/autocall/attempts", AUTOCALL_LEADS),
    };
    let name = module.name();
    let origin = Origin {
        id: format!("{name}.overview"),
        report: format!("/api/overview#{name}"),
        calls,
        leads,
    };
    let mut schemas = Vec::new();
    table::reference::<OverviewPage>(&mut schemas);
    Object::root(origin, overview::meaning(module), &described(schemas))
}

const AUTOCALL_LEADS: &str = "/api/autocall/leads";

fn root<E>(definition: &asked::Definition<E>, origin: Origin) -> Object {
    let mut schemas = Vec::new();
    definition.schema(&mut schemas);
    Object::root(origin, definition.members, &described(schemas))
}

/// Schemas by name, with the descriptions of their members.
fn described(schemas: Schemas) -> BTreeMap<String, Value> {
    let schemas = schemas.into_iter().filter_map(|(name, schema)| {
        let schema = serde_json::to_value(schema).ok()?;
        Some((name, schema))
    });
    schemas.collect()
}

/// Marks of members by the names of their schemas, as the OpenAPI document shows them. A map's only member is `*`.
pub fn marks() -> BTreeMap<String, Vec<(&'static str, Value)>> {
    fn add(within: &Within, marks: &mut BTreeMap<String, Vec<(&'static str, Value)>>) {
        let own = within.members.iter().filter_map(|member| {
            if let Mark::Within(inside) = &member.mark {
                add(inside, marks);
            }
            Some((member.name, entry::mark(member)?))
        });
        let own: Vec<_> = own.collect();
        marks.insert((within.schema)().into_owned(), own);
    }
    let mut marks = BTreeMap::new();
    let reports = reports::ALL.iter().map(|report| &report.members);
    let questions = analytics::ALL.iter().map(|question| &question.members);
    let overviews = Module::ALL.map(overview::meaning);
    for within in reports.chain(questions).chain(&overviews) {
        add(within, &mut marks);
    }
    marks
}
