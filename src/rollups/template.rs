//! Templates of generated statements.
//!
//! Besides values by name (`crate::template`) they have two kinds of holes: terms (`{{scope campaign}}`, see [`terms`]), and
//! arguments of a reader (`{{:campaign}}`), which stay open until a statement includes the reader. `callboard schema` and
//! its test fill every template.

use super::terms;
use crate::template::filled;

pub use crate::template::{Values, all, body, fill, joined, lines};

/// The text of a template in `sql/`.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("sql/", $name, ".sql"))
    };
}
pub(super) use sql;

/// A complete statement, with the comment at the top of its template.
pub fn statement(text: &str, values: Values<'_>) -> String {
    filled(text, values, |hole| {
        if hole.starts_with(':') {
            return Some(format!("{{{{{hole}}}}}"));
        }
        terms::term(hole)
    })
}

/// A part of a statement: like [`statement`], without the comment at the top.
pub fn part(text: &str, values: Values<'_>) -> String {
    statement(body(text), values)
}
