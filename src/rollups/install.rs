//! The derived tables, from the catalog: the statements that create them, and what makes two of them alike.
//!
//! Must not know where they are installed (`edition`).

use sha2::{Digest, Sha256};

use super::catalog::{AUTOCALL_LEAD_STATES, Dimension, Family, Module, Rollup, TELESALES_STAGES};
use super::{ddl, links, sources, states};

/// Version of the rules by which sums are computed. Raise it when the rules change but neither the tables nor the catalog's
/// expressions do, so that roll-ups are rebuilt. No edition before it is read then, so accounts read rows until they are built.
const RULES: u32 = 2;

/// The table of stale marks.
pub const MARKS: &str = "rollup_stale";

/// The table of roll-ups under construction.
const BUILDS: &str = "rollup_builds";

fn families() -> impl Iterator<Item = &'static Family> {
    Module::ALL.into_iter().flat_map(Module::families)
}

/// The tables of sums, and the triggers that feed them. The schema's name is left open ([`ddl::SCHEMA`]).
pub fn tables() -> Vec<String> {
    let mut statements = vec![ddl::stale(), ddl::builds()];
    for family in families() {
        statements.extend(ddl::journal(family));
        statements.extend(family.rollups.iter().map(ddl::rollup));
        statements.extend(family.stages.map(|stages| links::tables(family, stages)));
    }
    statements.push(sources::table());
    statements.push(states::trail());
    statements.push(ddl::rollup(&AUTOCALL_LEAD_STATES));
    statements.extend(
        families()
            .map(|family| ddl::truncation(family, &derived_from(family), sums_take_from(family))),
    );
    statements
}

/// Tables that are empty where that family's is.
fn derived_from(family: &Family) -> Vec<String> {
    let rollups = family.rollups.iter().map(|rollup| rollup.name.to_owned());
    let of_leads = family.stages.iter();
    let of_leads = of_leads.flat_map(|stages| [links::trail(stages), links::table(stages)]);
    rollups
        .chain([family.journal()])
        .chain(of_leads)
        .chain(sources::derived_from(family))
        .chain(states::derived_from(family).map(str::to_owned))
        .collect()
}

/// The module whose sums take an attribute from that family's rows.
fn sums_take_from(family: &Family) -> Option<&'static str> {
    let takes = |module: &Module| {
        let rollups = module.families().into_iter().flat_map(|it| it.rollups);
        let attributes = rollups.filter_map(|rollup| rollup.attribute);
        attributes
            .into_iter()
            .any(|it| it.leads.table == family.table)
    };
    Module::ALL.into_iter().find(takes).map(Module::name)
}

/// The fingerprint of this catalog and this version of the rules. `salt` makes another one of the same catalog.
pub fn fingerprint(salt: &str) -> String {
    let parts = parts();
    let digests = parts.iter().map(|part| part.digest.as_str());
    let tables = tables();
    digest(
        [salt]
            .into_iter()
            .chain(digests)
            .chain(tables.iter().map(String::as_str)),
    )
}

/// A relation of an edition, or a column of one. Those of two editions with the same digest hold the same.
#[derive(Debug)]
pub struct Part {
    pub relation: String,
    /// Name of the column; empty for the relation as a whole.
    pub name: &'static str,
    pub digest: String,
}

/// Every relation. Columns stand for themselves in journals only, where one more does not change the others: a new counter
/// leaves the roll-ups that do not have it as they are.
pub fn parts() -> Vec<Part> {
    let mut parts = vec![whole(MARKS, [ddl::stale()]), whole(BUILDS, [ddl::builds()])];
    for family in families() {
        parts.push(whole(&family.journal(), ddl::journal_of(family, &[])));
        parts.extend(family.columns().into_iter().map(|(name, kind)| Part {
            relation: family.journal(),
            name,
            digest: digest([kind]),
        }));
        parts.extend(family.rollups.iter().map(of_rollup));
        if let Some(stages) = family.stages {
            let made_of = [links::tables(family, stages), stages.mask()];
            parts.push(whole(&links::trail(stages), made_of.clone()));
            parts.push(whole(&links::table(stages), made_of));
        }
    }
    let sources = [sources::table(), TELESALES_STAGES.mask()];
    parts.push(whole(sources::TABLE, sources));
    parts.push(whole(states::TRAIL, [states::trail()]));
    parts.push(of_rollup(&AUTOCALL_LEAD_STATES));
    parts
}

/// A roll-up is its table, and what its values are computed by.
fn of_rollup(rollup: &Rollup) -> Part {
    let counters = rollup.counters.iter().map(|it| it.of_row());
    let dimension = rollup.dimensions().map(Dimension::of_row);
    let attribute = rollup.attribute.into_iter();
    let attribute = attribute.flat_map(|it| [it.of_lead.to_owned(), it.unknown.to_owned()]);
    let levels = rollup.scopes.iter().map(|scope| {
        let levels = rollup.detail.levels(*scope).iter();
        let widths = levels.map(|level| format!(" {}", level.width()));
        scope.sql() + &widths.collect::<String>()
    });
    let made_of = [ddl::rollup(rollup)].into_iter().chain(counters);
    let made_of = made_of.chain(dimension).chain(rollup.condition());
    whole(rollup.name, made_of.chain(levels).chain(attribute))
}

fn whole(relation: &str, made_of: impl IntoIterator<Item = String>) -> Part {
    let made_of: Vec<String> = made_of.into_iter().collect();
    Part {
        relation: relation.to_owned(),
        name: "",
        digest: digest(made_of.iter().map(String::as_str)),
    }
}

/// Ignores comments and layout: reformatting a statement does not cause a rebuild.
fn digest<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new_with_prefix(RULES.to_string());
    let lines = texts.into_iter().flat_map(str::lines);
    let code = lines.filter(|line| !line.trim_start().starts_with("--"));
    for word in code.flat_map(str::split_whitespace) {
        digest.update(word);
        digest.update(" ");
    }
    let digest = digest.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_is_no_part_of_a_fingerprint() {
        assert_eq!(
            digest(["create table t (a text)"]),
            digest(["-- a table\ncreate  table t\n(a text)"])
        );
        assert_ne!(
            digest(["create table t (a text)"]),
            digest(["create table t (b text)"])
        );
    }

    /// A relation without a digest would never be read in an older edition.
    #[test]
    fn every_table_has_a_digest() {
        let parts = parts();
        for statement in tables() {
            for table in statement.split("create table ").skip(1) {
                let name = table.split_whitespace().next().unwrap();
                let is_whole = |part: &Part| part.relation == name && part.name.is_empty();
                assert!(parts.iter().any(is_whole), "{name}");
            }
        }
    }

    #[test]
    fn a_salt_changes_the_fingerprint_and_no_digest() {
        assert_ne!(fingerprint(""), fingerprint("salt"));
        assert!(!tables().concat().contains("rollups_"));
    }
}
