//! Place of SQL: a statement longer than a line is a `.sql` file beside its caller.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Maximum length of a statement in a Rust file, in characters. It may be broken once.
const LINE: usize = 100;
/// Hole of a statement that is put together for each table.
const FOR_EACH_TABLE: &str = "{table}";

#[test]
fn statements_longer_than_a_line_are_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<PathBuf> = Vec::new();
    super::sources(&root, &mut files);
    let (mut short, mut long) = (0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).expect("a file");
        let name = file
            .strip_prefix(&root)
            .expect("a source")
            .to_string_lossy();
        let (of_file_short, of_file_long) = statements(&text);
        short += of_file_short;
        if !of_file_long.is_empty() {
            long.push((name.into_owned(), of_file_long));
        }
    }
    assert!(short > 40, "only {short} statements seen");
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn long_statements_are_seen_wherever_they_are_written() {
    let long = format!("select {} from t", "a, ".repeat(LINE));
    for text in [
        format!("const SQL: &str = \"{long}\";"),
        format!("fn f() {{ query(&format!(r#\"{long}\"#)) }}"),
        "fn f() { query(\"select a\n from t\n where b\") }".to_owned(),
        "#[cfg(test)] mod tests { } const SQL: &str = \"delete from t\n where a\n and b\";"
            .to_owned(),
    ] {
        assert_eq!(statements(&text).1.len(), 1, "{text}");
    }
    for text in [
        format!("/// {long}\nfn f() {{}}"),
        format!("#[cfg(test)] mod tests {{ const SQL: &str = \"{long}\"; }}"),
        "const SQL: &str = \"select a\n from t\";".to_owned(),
        "const TEXT: &str = \"select a tenant,\nor\nnone\";".to_owned(),
    ] {
        assert_eq!(statements(&text).1, [""; 0], "{text}");
    }
}

/// The number of statements of a line in a Rust file, and those that are longer. Unit tests and comments are left out.
fn statements(text: &str) -> (usize, Vec<String>) {
    let (mut short, mut long) = (0, Vec::new());
    let mut found = Vec::new();
    strings(text.parse().expect("Rust"), &mut found);
    for text in found.into_iter().filter(|text| is_statement(text)) {
        let is_long = text.lines().count() > 2 || text.chars().count() > LINE;
        if is_long && !text.contains(FOR_EACH_TABLE) {
            long.push(text);
        } else {
            short += 1;
        }
    }
    (short, long)
}

/// Every string, also those in macros.
pub fn strings(tokens: TokenStream, found: &mut Vec<String>) {
    let mut is_test = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                let text = group.stream().to_string();
                is_test |= text == "cfg (test)";
                if !text.starts_with("doc =") {
                    strings(group.stream(), found);
                }
            }
            TokenTree::Group(group) => {
                if !(group.delimiter() == Delimiter::Brace && std::mem::take(&mut is_test)) {
                    strings(group.stream(), found);
                }
            }
            TokenTree::Literal(literal) => {
                if let Ok(syn::Lit::Str(text)) = syn::parse_str(&literal.to_string()) {
                    found.push(text.value().trim().to_owned());
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

fn is_statement(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    match words.first().copied() {
        Some("select") => has("from") || text.contains('('),
        Some("insert") => has("into"),
        Some("update") => has("set"),
        Some("delete") => has("from"),
        Some("with") => text.contains(" as ("),
        Some("do") => has("$$"),
        Some("create" | "alter" | "drop" | "grant") => true,
        _ => false,
    }
}
