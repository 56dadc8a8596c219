//! Sums by an attribute of the lead of a row, such as its source.
//!
//! A row counts at the attribute that its lead has now. When leads change, their rows move between sums: the leads' journal
//! tells which leads changed and from where to where, and the rows of each that were in the sums already are taken from one
//! and added to the other. Compactions add them together with both journals, readers within the buckets that they read, so
//! that sums, journals and moved rows are the rows at every commit. Must not know what is counted.

use super::catalog::{Attribute, Family};
use super::template::{lines, part, sql};

/// Joins the lead of each row `r` as `lead`, for few rows.
pub fn lead_of_each(family: &Family, attribute: &Attribute) -> String {
    joined(sql!("lead_of_each"), family, attribute)
}

/// The same for many rows, with all leads at once.
pub fn lead_of_all(family: &Family, attribute: &Attribute) -> String {
    joined(sql!("lead_of_all"), family, attribute)
}

/// The same for many rows while the leads' journal is not folded: each lead as it was before its entries, which move the rows
/// when they are.
pub fn lead_before_entries(family: &Family, attribute: &Attribute) -> String {
    joined(sql!("lead_before_entries"), family, attribute)
}

fn joined(text: &str, family: &Family, attribute: &Attribute) -> String {
    part(
        text,
        &[
            ("of_lead", &attribute.of_lead),
            ("name", &attribute.value.name),
            ("leads", &attribute.leads.table),
            ("id", &attribute.leads.lead),
            ("lead", &family.lead),
        ],
    )
}

/// The same for the rows of [`relation`], which have the attribute.
pub fn lead_of_moved(attribute: &Attribute) -> String {
    format!(
        "cross join lateral (select r.{}) lead",
        attribute.value.name
    )
}

/// The moved rows as a relation, each with a weight, a quarter hour and the attribute. Rows before `rows_from`, a quarter hour,
/// count nowhere.
pub fn relation(family: &Family, attribute: &Attribute, rows_from: &str) -> String {
    let columns = family.columns().into_iter();
    part(
        sql!("moved"),
        &[
            ("of_lead", &attribute.of_lead),
            ("unknown", &attribute.unknown),
            ("name", &attribute.value.name),
            ("leads", &attribute.leads.table),
            ("id", &attribute.leads.lead),
            ("table", &family.table),
            ("at", &family.at),
            ("lead", &family.lead),
            ("rows_from", &rows_from),
            (
                "columns",
                &lines(columns.map(|(name, _)| format!("r.{name}"))),
            ),
        ],
    )
}
