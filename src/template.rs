//! Templates of SQL statements: text with holes, `{{name}}`, filled with names, lists and other texts.
//!
//! Every value must be used and, by the time a statement is executed, every hole filled, so that text and code cannot
//! diverge. Both are fixed at compile time: a mistake panics. Further lines of a value are indented like the line of its
//! hole; a line that consists of a hole is dropped if the value is empty. Must not know what holes mean: `rollups` defines
//! terms and readers.

use std::fmt::Display;

/// Values of holes by name.
pub type Values<'a> = &'a [(&'a str, &'a dyn Display)];

/// Fills the holes that `values` names. Other holes are filled by `other`; one that it does not know panics, as does a
/// value without a hole.
pub fn filled(text: &str, values: Values<'_>, other: impl Fn(&str) -> Option<String>) -> String {
    let mut unused: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let filled = fill(text.trim_end(), |hole| {
        let Some((_, value)) = values.iter().find(|(name, _)| *name == hole) else {
            return other(hole);
        };
        unused.retain(|name| *name != hole);
        Some(value.to_string())
    });
    assert!(
        unused.is_empty(),
        "values without a hole: {unused:?} in {text}"
    );
    filled
}

/// A part of a larger statement, without the comment at its top. Holes that `values` does not name stay open for the
/// statement, which refuses unknown ones.
pub fn composed(text: &str, values: Values<'_>) -> String {
    filled(body(text), values, |hole| Some(format!("{{{{{hole}}}}}")))
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

    fn nothing(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn values_go_into_holes_line_by_line() {
        let text = "-- Counts.\nselect\n    {{columns}}\nfrom t\n{{where}}\ngroup by {{:key}}\n";
        let columns = lines(["a".to_owned(), "b".to_owned()]);
        assert_eq!(
            composed(text, &[("columns", &columns), ("where", &"")]),
            "select\n    a,\n    b\nfrom t\ngroup by {{:key}}"
        );
        assert_eq!(
            filled("-- Counts.\nselect {{a}}\n", &[("a", &1)], nothing),
            "-- Counts.\nselect 1"
        );
    }

    #[test]
    #[should_panic(expected = "an unknown hole: b")]
    fn a_hole_that_nothing_fills_is_refused() {
        filled("{{a}} {{b}}", &[("a", &1)], nothing);
    }

    #[test]
    #[should_panic(expected = "values without a hole: [\"b\"]")]
    fn a_value_that_fills_no_hole_is_refused() {
        composed("{{a}}", &[("a", &1), ("b", &2)]);
    }

    #[test]
    #[should_panic(expected = "a hole without an end: a")]
    fn a_hole_that_is_not_closed_is_refused() {
        filled("{{a", &[("a", &1)], nothing);
    }
}
