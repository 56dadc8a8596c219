//! What became of a sheet; and a dry run, which tells what would and what could.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::mapping::{Mapping, PHONE};
use super::people::phone_fault;
use super::plan::{Plan, Read};
use super::rows::Sheet;
use super::suggest::suggest;
use crate::dialers::tally::Tally;
use crate::error::{Error, Faults, Result};
use crate::ingest::{self, LineFaults, Locale, MAX_REPORTED};

/// Lines that are shown.
const SHOWN: usize = 20;

/// What became of a sheet; in a dry run what would, with all members.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct SheetOutcome {
    #[serde(flatten)]
    pub tally: Tally,
    /// In a dry run: number of the row that is taken for the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub header: Option<u64>,
    /// In a dry run: names of the columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub columns: Option<Vec<String>>,
    /// In a dry run: the first 20 lines as they would be stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>, nullable = false)]
    pub lines: Option<Vec<Map<String, Value>>>,
    /// In a dry run: columns that no field is taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unused: Option<Vec<String>>,
    /// In a dry run: a mapping for such sheets, the one in use and what else the columns are likely to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub mapping: Option<Mapping>,
    /// In a dry run: faults of the request or the mapping, for which nothing would be stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, Vec<String>>>, nullable = false)]
    pub faults: Option<Faults>,
}

impl SheetOutcome {
    /// Reads all rows of a sheet by a plan, and stores nothing. References are not looked up. `given`: the mapping in use, if
    /// one is.
    pub fn of_dry_run(
        sheet: &Sheet,
        (plan, faults): (&Plan, Faults),
        given: Option<&Mapping>,
        locale: Locale,
    ) -> Result<Self> {
        let used: BTreeSet<usize> = plan.used().collect();
        let names = || sheet.names().map(str::to_owned);
        let unused = names()
            .enumerate()
            .filter(|(at, name)| !used.contains(at) && !name.is_empty());
        let mut mapping = suggest(plan.kind, &sheet.columns, given);
        mapping
            .timezone
            .get_or_insert_with(|| locale.zone.name().to_owned());
        if mapping.date_format.is_none() {
            let (suggested, _) = Plan::new((plan.kind, &mapping), sheet, None, locale);
            mapping.date_format = suggested.order().map(|order| order.format().to_owned());
        }
        let (tally, lines) = read(sheet, plan, locale)?;
        Ok(Self {
            tally,
            header: Some(sheet.header),
            columns: Some(names().collect()),
            lines: Some(lines),
            unused: Some(unused.map(|(_, name)| name).collect()),
            mapping: Some(mapping),
            faults: Some(faults),
        })
    }
}

/// Counts of all rows, and the first lines.
fn read(sheet: &Sheet, plan: &Plan, locale: Locale) -> Result<(Tally, Vec<Map<String, Value>>)> {
    let (mut tally, mut lines) = (Tally::default(), Vec::new());
    let mut rows = sheet.rows()?;
    while let Some((number, cells)) = rows.next()? {
        tally.lines.received += 1;
        let Read::Line(line) = plan.read(cells) else {
            tally.ignored += 1;
            continue;
        };
        let faults = faults(plan, &line, locale)?;
        if !faults.is_empty() {
            tally.lines.rejected += 1;
            if tally.lines.errors.len() < MAX_REPORTED {
                tally.lines.errors.push(LineFaults {
                    line: Some(number),
                    index: None,
                    errors: named(faults, plan, sheet),
                });
            }
        }
        if lines.len() < SHOWN {
            lines.push(line);
        }
    }
    tally.ignored_for = ignored_for(tally.ignored);
    Ok((tally, lines))
}

/// The reason why rows are ignored: their mapping says so, or the number is inside.
pub fn ignored_for(ignored: u64) -> BTreeMap<&'static str, u64> {
    let told = (ignored > 0).then_some(("no call to report", ignored));
    told.into_iter().collect()
}

/// Faults of a line, whose names are looked up later.
fn faults(plan: &Plan, line: &Map<String, Value>, locale: Locale) -> Result<Faults> {
    let is_own = |name: &str| name == "kind" || plan.kind.field(name).is_some();
    let is_by_phone = plan.names(PHONE);
    let mut own: Map<String, Value> = Map::new();
    for (id, is_looked_up) in [
        ("campaign_id", plan.names_people()),
        ("lead_id", is_by_phone),
    ] {
        if is_looked_up {
            own.insert(id.to_owned(), 1.into());
        }
    }
    let told = line.iter().filter(|(name, _)| is_own(name));
    own.extend(told.map(|(name, value)| (name.clone(), value.clone())));
    let text = serde_json::to_string(&own).map_err(Error::internal)?;
    let mut faults = ingest::faults_of(&text, locale);
    let fault = is_by_phone.then(|| phone_fault(line, locale.country_code));
    if let Some(fault) = fault.flatten() {
        faults.add(PHONE, fault);
    }
    Ok(faults)
}

/// Faults that name the columns of their fields.
pub fn named(faults: Faults, plan: &Plan, sheet: &Sheet) -> Faults {
    let mut named = Faults::default();
    for (field, messages) in faults.iter() {
        let columns = plan.columns_of(field, &sheet.columns);
        for message in messages {
            let message = match &columns {
                Some(columns) => format!("{} (column {columns}).", message.trim_end_matches('.')),
                None => message.clone(),
            };
            named.add(field, message);
        }
    }
    named
}
