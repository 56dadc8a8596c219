//! All generated SQL as text, printed by `callboard schema` and committed as `schema/rollups.sql`.
//!
//! It is the SQL that is executed: the statements come from the functions that their executors call.

use super::catalog::Module;
use super::fold::Origin;
use super::statement::readers;
use super::{build, compact, install};

const HEAD: &str = "\
-- All SQL that src/rollups generates, as it is executed. Generated: callboard schema > schema/rollups.sql
--
-- $1 is the tenant. Readers are parts of statements, which take them in by name with arguments of their own
-- (src/rollups/statement.rs); each is shown in one that does nothing else. A compaction runs its statements in the order they stand in,
-- in one repeatable-read transaction; building from all rows takes one for each part. The tables are in a schema named by a fingerprint of this SQL; its name is left open in triggers
-- (src/rollups/edition.rs), and connections find it by their search path.
";

/// Every generated statement, under headings, in the order of execution.
pub fn schema() -> String {
    let mut text = HEAD.to_owned();
    section(&mut text, "Tables and triggers", &install::tables());
    let readers: Vec<String> = readers().into_iter().map(|(_, sql)| sql).collect();
    section(&mut text, "Readers", &readers);
    let lists = [compact::Work::Fold, compact::Work::Rebuild].map(compact::list);
    section(&mut text, "Looking for tenants with work", &lists);
    section(&mut text, "Looking for work", &[compact::looks()]);
    for module in Module::ALL {
        let name = module.name();
        section(
            &mut text,
            &format!("Start of a compaction of {name}"),
            &[compact::beginning(module)],
        );
        for (origin, title) in [
            (Origin::Journal, "journal"),
            (Origin::RowsOfCampaigns, "rebuild of the campaigns $2"),
        ] {
            section(
                &mut text,
                &format!("Compaction of {name}: {title}"),
                &compact::statements(module, origin),
            );
        }
        let build = build::Statements::of(module);
        for (part, statements) in [
            ("start", build.start),
            ("slice from the second $2 on, before $3", build.slice),
            ("stage pairs", build.pairs),
            ("leads", build.leads),
            ("looking for slices", vec![build.rows, build.next]),
        ] {
            section(
                &mut text,
                &format!("Compaction of {name}: rebuild from all rows, {part}"),
                &statements,
            );
        }
    }
    text
}

fn section(text: &mut String, title: &str, statements: &[String]) {
    let rule = "-".repeat(118);
    *text += &format!("\n{rule}\n-- {title}\n{rule}\n");
    for statement in statements {
        *text += &format!("\n{statement};\n");
    }
}
