//! One direction: no module uses one that stands to its left in the architecture.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules by rank; a module may use those of a lower rank, and those it is allowed to of its own.
const RANKS: &[&[&str]] = &[
    &[
        "closed",
        "envelope",
        "error",
        "json",
        "keys",
        "percent",
        "supervise",
        "text",
    ],
    &["encoded", "time"],
    &["table", "query"],
    &["files", "page"],
    &["config", "db", "store"],
    &["cache"],
    &["answers"],
    &["auth"],
    &["rollups"],
    &["exports/settings"],
    &["app"],
    &["boot"],
    &["reports", "analytics", "ingest", "exports", "campaigns"],
    &["http"],
    &["cli"],
];
/// Arrows within a rank: files are made of reports.
const WITHIN: &[(&str, &str)] = &[
    ("supervise", "error"),
    ("config", "db"),
    ("text", "json"),
    ("exports", "reports"),
];

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

/// Every module named behind `crate::`.
fn used(text: &str) -> Vec<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let names = code.split("crate::").skip(1).map(|rest| {
        rest.chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
            .collect::<String>()
    });
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn no_module_uses_one_to_its_left() {
    let rank_of: BTreeMap<&str, usize> = RANKS
        .iter()
        .enumerate()
        .flat_map(|(rank, names)| names.iter().map(move |name| (*name, rank)))
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let (mut arrows, mut wrong) = (0, Vec::new());
    for file in files {
        let place = file.strip_prefix(&root).expect("below src");
        let module = place
            .components()
            .next()
            .expect("a name")
            .as_os_str()
            .to_string_lossy()
            .replace(".rs", "");
        let Some(rank) = rank_of.get(module.as_str()) else {
            assert!(
                ["lib", "main"].contains(&module.as_str()),
                "{module} has no rank"
            );
            continue;
        };
        for target in used(&fs::read_to_string(&file).expect("a file")) {
            let Some(target_rank) = rank_of.get(target.as_str()) else {
                continue;
            };
            arrows += 1;
            let allowed = target == module
                || target_rank < rank
                || WITHIN.contains(&(module.as_str(), target.as_str()));
            if !allowed {
                wrong.push(format!("{} uses {target}", place.display()));
            }
        }
    }
    assert!(arrows > 50, "only {arrows} arrows seen");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn reports_know_no_http() {
    let mut files = Vec::new();
    for part in [
        "src/reports",
        "src/analytics",
        "src/error.rs",
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
        vec![root.join("src/reports"), root.join("src/analytics")],
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

/// Statements of exports that name no account, each with its reason.
const ACROSS_ACCOUNTS: &[(&str, &str)] = &[
    (
        "claim.sql",
        "takes up a job of any account, under a policy that shows the queue and no more",
    ),
    (
        "behind_link.sql",
        "a link names a job and no account; a policy shows that one row",
    ),
];

#[test]
fn every_statement_of_exports_names_its_account_or_is_on_the_list_of_those_that_cannot() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/exports/sql");
    let files: Vec<PathBuf> = fs::read_dir(root)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert!(files.len() > 10, "only {} files seen", files.len());
    for file in files {
        let (text, name) = (
            fs::read_to_string(&file).expect("a file"),
            file.file_name().expect("a name").to_string_lossy(),
        );
        let names_it = text.contains("tenant_id = $1") || text.contains("values ($1,");
        let is_listed = ACROSS_ACCOUNTS.iter().any(|(listed, _)| *listed == name);
        assert!(names_it != is_listed, "{name}");
    }
}

/// Of an account, and not a relation of the statement's own or a function.
fn is_table(word: &str) -> bool {
    let tables = [
        "autocall_",
        "telesales_",
        "agents",
        "teams",
        "dispositions",
        "caller_ids",
        "abandon_breaches",
        "rollup_stale",
    ];
    !word.contains('(') && tables.iter().any(|table| word.starts_with(table))
}
