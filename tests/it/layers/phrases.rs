//! Phrases of files: `src/words/phrases.json` has words for what the code tells, and for nothing else.
//!
//! Texts that a variable tells (titles of columns, names of filters) are in `languages.rs`, by the files that show them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use callboard::reports::report::Summary;
use callboard::{calls, reports};
use proc_macro2::{TokenStream, TokenTree};

use super::sql::strings;

/// The source of every file.
fn tokens() -> Vec<TokenStream> {
    let mut files: Vec<PathBuf> = Vec::new();
    super::sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let text = |file: &PathBuf| fs::read_to_string(file).expect("a file");
    let tokens = |file| text(file).parse().expect("Rust");
    files.iter().map(tokens).collect()
}

/// Every text that `tell("…")` is called with.
fn told(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let mut is_call = false;
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            if let Some(TokenTree::Literal(text)) = group.stream().into_iter().next()
                && is_call
                && let Ok(syn::Lit::Str(text)) = syn::parse_str(&text.to_string())
            {
                found.insert(text.value());
            }
            told(group.stream(), found);
        }
        is_call = matches!(&token, TokenTree::Ident(name) if name == "tell");
    }
}

/// Texts of definitions that files show: titles, summaries, sheets, pictures, and columns of lists.
fn defined() -> BTreeSet<String> {
    let mut texts: Vec<&str> = Vec::new();
    for report in reports::ALL {
        if let Some(export) = report.export() {
            texts.push(export.sheet);
            if let Summary::Picture { title, .. } = export.summary {
                texts.push(title);
            }
        }
        if report.route().files || report.export().is_some() {
            texts.extend([report.about.title, report.about.summary]);
        }
    }
    for list in calls::ALL {
        texts.extend([list.about.title, list.about.summary, list.file_name()]);
    }
    let columns = calls::LISTS.iter().flat_map(|(_, columns)| columns());
    texts.extend(columns.map(|column| column.title.as_ref()));
    texts.into_iter().map(str::to_owned).collect()
}

#[test]
fn phrases_are_there_for_exactly_what_files_tell() {
    let (mut used, mut literals) = (defined(), Vec::new());
    for tokens in tokens() {
        told(tokens.clone(), &mut used);
        strings(tokens, &mut literals);
    }
    let phrases: BTreeMap<String, String> =
        serde_json::from_str(include_str!("../../../src/words/phrases.json")).expect("phrases");
    assert!(used.len() > 60, "only {} texts told", used.len());
    let has_words = |text: &&String| phrases.get(*text).is_some_and(|words| !words.is_empty());
    let missing: Vec<&String> = used.iter().filter(|text| !has_words(text)).collect();
    let stale = phrases.keys().filter(|text| !literals.contains(text));
    let stale: Vec<&String> = stale.collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "src/words/phrases.json lacks {missing:#?} and has {stale:#?}, which no code names"
    );
}
