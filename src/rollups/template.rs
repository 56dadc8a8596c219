//! Templates of SQL statements: text with holes, `{{name}}`, filled with names and lists.
//!
//! Every hole must be filled and every value must be used, so that text and code cannot diverge. Both are fixed at compile
//! time: a mistake panics, and `callboard schema` and its test fill every template.
//!
//! There are three kinds of holes: values by name; terms (`{{scope campaign}}`, see [`terms`]); and arguments of a reader
//! (`{{:campaign}}`), which stay open until a statement includes the reader. Further lines of a value are indented like the
//! line of its hole; a line that consists of a hole is dropped if the value is empty.

use std::fmt::Display;

use super::terms;

/// The text of a template in `sql/`.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("sql/", $name, ".sql"))
    };
}
pub(super) use sql;

/// Values of holes by name.
pub type Values<'a> = &'a [(&'a str, &'a dyn Display)];

/// A complete statement, with the comment at the top of its template.
pub fn statement(text: &str, values: Values<'_>) -> String {
    let mut open: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let filled = fill(text.trim_end(), |hole| {
        if hole.starts_with(':') {
            return Some(format!("{{{{{hole}}}}}"));
        }
        let Some((_, value)) = values.iter().find(|(name, _)| *name == hole) else {
            return terms::term(hole);
        };
        open.retain(|name| *name != hole);
        Some(value.to_string())
    });
    assert!(open.is_empty(), "values without a hole: {open:?} in {text}");
    filled
}

/// A part of a statement: like [`statement`], without the comment at the top.
pub fn part(text: &str, values: Values<'_>) -> String {
    statement(body(text), values)
}

/// The text after the comment at its top.
pub fn body(text: &str) -> &str {
    let mut rest = text;
    while rest.starts_with("--") {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    rest.trim_end()
}

/// Fills every hole. Panics on one that is not closed or that `value` does not know.
pub fn fill(text: &str, mut value: impl FnMut(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(2 * text.len());
    let mut rest = text;
    while let Some((before, hole)) = rest.split_once("{{") {
        filled += before;
        let (hole, after) = hole
            .split_once("}}")
            .unwrap_or_else(|| panic!("a hole without an end: {hole}"));
        rest = after;
        let value = value(hole).unwrap_or_else(|| panic!("an unknown hole: {hole}"));
        let line = filled.rfind('\n').map_or(0, |end| end + 1);
        let indent = filled[line..].len() - filled[line..].trim_start().len();
        if value.is_empty() && filled.len() == line + indent && after.starts_with('\n') {
            filled.truncate(line);
            rest = &after[1..];
            continue;
        }
        filled += &value.replace('\n', &format!("\n{:indent$}", ""));
    }
    filled + rest
}

/// A list, one item a line.
pub fn lines(items: impl IntoIterator<Item = String>) -> String {
    joined(items, ",\n")
}

/// Conditions that must all hold, one a line.
pub fn all(conditions: impl IntoIterator<Item = String>) -> String {
    joined(conditions, "\nand ")
}

pub fn joined(items: impl IntoIterator<Item = String>, between: &str) -> String {
    items.into_iter().collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_into_holes_line_by_line() {
        let text = "-- Counts.\nselect\n    {{columns}}\nfrom t\n{{where}}\ngroup by {{:key}}\n";
        let columns = lines(["a".to_owned(), "b".to_owned()]);
        assert_eq!(
            part(text, &[("columns", &columns), ("where", &"")]),
            "select\n    a,\n    b\nfrom t\ngroup by {{:key}}"
        );
        assert!(
            statement(text, &[("columns", &columns), ("where", &"where x")])
                .starts_with("-- Counts.\nselect\n    a,\n    b\nfrom t\nwhere x\n")
        );
    }

    #[test]
    #[should_panic(expected = "an unknown hole: b")]
    fn a_hole_that_nothing_fills_is_refused() {
        statement("{{a}} {{b}}", &[("a", &1)]);
    }

    #[test]
    #[should_panic(expected = "values without a hole: [\"b\"]")]
    fn a_value_that_fills_no_hole_is_refused() {
        statement("{{a}}", &[("a", &1), ("b", &2)]);
    }

    #[test]
    #[should_panic(expected = "a hole without an end: a")]
    fn a_hole_that_is_not_closed_is_refused() {
        statement("{{a", &[("a", &1)]);
    }
}
