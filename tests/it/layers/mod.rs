//! Rules of the sources: no module uses one above it, no two files use each other, statements name their tenant, and phrases
//! have words.

mod imports;
mod phrases;
mod sql;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use imports::Module;

/// Modules by rank; a module may use those of a lower rank. A file of a folder may have a rank of its own.
const RANKS: &[&[&str]] = &[
    &[
        "closed",
        "envelope",
        "error",
        "figure",
        "json",
        "percent",
        "supervise",
        "template",
        "text",
        "words",
    ],
    &["encoded", "keys", "time"],
    &["table", "input", "metrics"],
    &["files", "page"],
    &["config", "db", "store"],
    &["cache", "idempotency"],
    &["auth"],
    &["rollups", "templates/store"],
    &["asked"],
    &["answers", "overview/paces"],
    &["webhooks/guard", "mail"],
    &[
        "exports/settings",
        "webhooks/settings",
        "schedules/settings",
    ],
    &["app"],
    &["boot"],
    &["reports", "analytics", "ingest"],
    &["calls"],
    &["templates"],
    &["exports"],
    &["resources"],
    &[
        "dialers",
        "leads",
        "metrics/begin",
        "metrics/installation",
        "overview",
        "verify",
        "webhooks",
    ],
    &["catalogue", "schedules"],
    &["http"],
    &["cli"],
];
/// Uses within a rank.
const WITHIN: &[(&str, &str)] = &[("supervise", "error"), ("config", "db"), ("text", "json")];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The longest entry of [`RANKS`] that a module is in, and its rank.
fn place_of(module: &[String]) -> (String, usize) {
    let ranked = |length: usize| {
        let name = module[..length].join("/");
        let rank = RANKS
            .iter()
            .position(|names| names.contains(&name.as_str()))?;
        Some((name, rank))
    };
    (1..=module.len())
        .rev()
        .find_map(ranked)
        .unwrap_or_else(|| panic!("{module:?} has no rank"))
}

/// Uses that point upwards, as `<file> uses <file>`.
fn upward(uses: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<String> {
    let pairs = uses
        .iter()
        .flat_map(|(module, targets)| targets.iter().map(move |target| (module, target)));
    let is_upward = |(module, target): &(&Module, &Module)| {
        let ((name, rank), (target_name, target_rank)) = (place_of(module), place_of(target));
        name != target_name
            && target_rank >= rank
            && !WITHIN.contains(&(name.as_str(), target_name.as_str()))
    };
    pairs
        .filter(is_upward)
        .map(|(module, target)| format!("{} uses {}", module.join("/"), target.join("/")))
        .collect()
}

#[test]
fn no_module_uses_one_above_it() {
    let uses = imports::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let arrows: usize = uses.values().map(BTreeSet::len).sum();
    assert!(arrows > 500, "only {arrows} uses seen");
    let upward = upward(&uses);
    assert!(upward.is_empty(), "{upward:#?}");
}

#[test]
fn no_files_use_each_other() {
    let uses = imports::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let circles: Vec<Vec<String>> = imports::circles(&uses)
        .iter()
        .map(|circle| circle.iter().map(|module| module.join("/")).collect())
        .collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

/// Sources by module.
fn planted<const N: usize>(sources: [(&str, &str); N]) -> BTreeMap<Module, BTreeSet<Module>> {
    let module = |path: &str| path.split('/').map(str::to_owned).collect();
    let texts = sources.map(|(path, text)| (module(path), text.to_owned()));
    imports::of(&BTreeMap::from(texts))
}

#[test]
fn every_way_to_write_a_use_upwards_is_seen() {
    for line in [
        "use crate::{http, cli};",
        "use crate::{error::Error, http::{self, openapi as document}};",
        "pub(crate) use crate::http::*;",
        "fn f() { crate::http::serve() }",
        "fn f() -> crate::http::Limits { todo!() }",
        "#[derive(crate::http::Limits)] struct S;",
        "fn f() { routes!(one, crate::http::serve) }",
        "mod inner { use super::super::http; }",
    ] {
        let uses = planted([("table", line), ("http", ""), ("cli", ""), ("error", "")]);
        assert!(!upward(&uses).is_empty(), "{line}");
    }
    for line in [
        "// use crate::http;",
        "const TEXT: &str = \"crate::http\";",
        "#[cfg(test)] mod tests { use crate::http; }",
        "use crate::error::Error;",
    ] {
        let uses = planted([("table", line), ("http", ""), ("error", "")]);
        assert_eq!(upward(&uses), [""; 0], "{line}");
    }
}

#[test]
fn a_circle_of_files_is_seen() {
    let uses = planted([
        (
            "exports",
            "use self::job::Job; mod job; mod queue; mod link;",
        ),
        ("exports/job", "use super::{link::Link, Shared};"),
        ("exports/link", "fn f() { super::queue::find() }"),
        ("exports/queue", "use crate::exports::{job::{self}};"),
        ("http", "use crate::exports;"),
    ]);
    let circles = imports::circles(&uses);
    let names: Vec<String> = circles
        .concat()
        .iter()
        .map(|module| module.join("/"))
        .collect();
    assert_eq!(names, ["exports/job", "exports/link", "exports/queue"]);
}

#[test]
fn reports_know_no_http() {
    let mut files = Vec::new();
    for part in [
        "src/reports",
        "src/analytics",
        "src/error",
        "src/table.rs",
        "src/ingest",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(part);
        if path.is_dir() {
            sources(&path, &mut files)
        } else {
            files.push(path)
        }
    }
    for file in files {
        let text = fs::read_to_string(&file).expect("a file");
        assert!(
            !text.contains("axum::") && !text.contains("tower"),
            "{}",
            file.display()
        );
    }
}

#[test]
fn every_statement_of_a_report_names_its_account_for_every_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut files, mut dirs) = (
        Vec::new(),
        vec![
            root.join("src/reports"),
            root.join("src/analytics"),
            root.join("src/calls"),
            root.join("src/leads"),
        ],
    );
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 30, "only {} files seen", files.len());
    for file in files {
        let text = fs::read_to_string(&file).expect("a file");
        let code: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
            .collect::<Vec<_>>()
            .join(" ");
        let words: Vec<&str> = code
            .split_whitespace()
            .map(|word| word.trim_start_matches('('))
            .collect();
        let named =
            |word: &str| word.starts_with("callboard_calls($1") || word.starts_with("rolled_");
        let tables = words
            .windows(2)
            .filter(|pair| ["from", "join"].contains(&pair[0]) && is_table(pair[1]))
            .count();
        let accounts = code.matches("tenant_id = ").count();
        assert!(
            accounts >= tables,
            "{}: {tables} tables, {accounts} accounts",
            file.display()
        );
        for word in words.iter().filter(|word| named(word)) {
            assert!(word.contains("($1"), "{}: {word}", file.display());
        }
    }
}

/// Statements of dialers, exports and webhooks that name no account, each with its reason.
const ACROSS_ACCOUNTS: &[(&str, &str)] = &[
    (
        "dialers/sql/quarantine_columns.sql",
        "columns of a statement that names the account",
    ),
    (
        "dialers/sql/tenants_to_remap.sql",
        "finds accounts with work to do, under a policy that shows that work and no more",
    ),
    (
        "dialers/sql/tenants_with_raw.sql",
        "finds accounts with old records, under a policy that shows those and no more",
    ),
    (
        "dialers/sql/to_sweep.sql",
        "finds accounts with records in quarantine, under a policy for lists of accounts to visit",
    ),
    (
        "exports/sql/claim.sql",
        "takes up a job of any account, under a policy that shows the queue and no more",
    ),
    (
        "exports/sql/expiring.sql",
        "finds accounts with expired files, under a policy that shows exports with files and no more",
    ),
    (
        "exports/sql/file_for_link.sql",
        "a link names a job and no account; a policy shows that one row",
    ),
    (
        "schedules/sql/due.sql",
        "finds accounts with a schedule or a run that is due, under policies that show those and no more",
    ),
    (
        "schedules/sql/due_mails.sql",
        "finds accounts with a mail that is due, under the policy that shows runs that are due and no more",
    ),
    (
        "schedules/sql/file_for_link.sql",
        "a link names a run and no account; a policy shows that one row",
    ),
    (
        "schedules/sql/to_prune.sql",
        "finds accounts with runs, under a policy for lists of accounts to visit",
    ),
    (
        "webhooks/sql/due.sql",
        "finds accounts with something to do, under a policy that shows pending deliveries and no more",
    ),
    (
        "webhooks/sql/overfull.sql",
        "finds webhooks with too many pending deliveries, under the same policy",
    ),
    (
        "webhooks/sql/tenants_to_prune.sql",
        "finds accounts with webhooks or deliveries, under a policy for lists of accounts to visit",
    ),
];

#[test]
fn every_statement_of_a_queue_names_its_account_or_is_on_the_list_of_those_that_cannot() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folders = [
        "dialers/sheet/sql",
        "dialers/sql",
        "exports/sql",
        "schedules/sql",
        "templates/sql",
        "webhooks/sql",
        "webhooks/store/sql",
        "webhooks/deliveries/sql",
    ];
    let files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(source.join(folder)).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert!(files.len() > 30, "only {} files seen", files.len());
    for file in files {
        let text = fs::read_to_string(&file).expect("a file");
        let name = file
            .strip_prefix(&source)
            .expect("a source")
            .to_string_lossy();
        let names_it = ["tenant_id = $1", "values ($1,", "select $1,"];
        let names_it = names_it.iter().any(|part| text.contains(part));
        let is_listed = ACROSS_ACCOUNTS.iter().any(|(listed, _)| *listed == name);
        assert!(names_it != is_listed, "{name}");
    }
}

/// A table of a tenant, and not a relation of the statement's own or a function.
fn is_table(word: &str) -> bool {
    let tables = [
        "autocall_",
        "telesales_",
        "agents",
        "teams",
        "dispositions",
        "caller_ids",
        "abandon_breaches",
        "dialer_",
        "rollup_stale",
    ];
    !word.contains('(') && tables.iter().any(|table| word.starts_with(table))
}
