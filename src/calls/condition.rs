//! Conditions on calls, put together into one statement.
//!
//! Owns the numbering and binding of arguments. Texts are static; what a client sends is only ever an argument.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::types::Json;

use crate::analytics::Members;
use crate::db::Select;
use crate::template::joined;
use crate::time::Window;

/// A condition in SQL. `{{call}}` is a call, `l` its lead, `$1` the tenant, `:1` to `:9` its arguments; other holes are
/// terms (`rollups/terms.rs`).
#[derive(Debug, Clone)]
pub struct Condition {
    pub sql: &'static str,
    pub arguments: Vec<Argument>,
}

/// An argument of a condition.
#[derive(Debug, Clone)]
pub enum Argument {
    Integer(i64),
    Integers(Vec<i64>),
    Fraction(Decimal),
    Text(String),
    Texts(Vec<String>),
    Instant(DateTime<Utc>),
    Instants(Vec<DateTime<Utc>>),
    /// Seconds ahead of UTC.
    Offsets(Vec<i32>),
    Payload(Members),
}

/// Conditions that must all hold.
#[derive(Debug, Clone, Default)]
pub struct Conditions(Vec<Condition>);

impl Conditions {
    /// Calls of a window.
    pub fn within(window: &Window) -> Self {
        let mut conditions = Self::default();
        conditions.add(
            "{{call}}.started_at >= :1 and {{call}}.started_at < :2",
            [Argument::Instant(window.from), Argument::Instant(window.to)],
        );
        conditions
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn add(&mut self, sql: &'static str, arguments: impl IntoIterator<Item = Argument>) {
        let arguments = arguments.into_iter().collect();
        self.0.push(Condition { sql, arguments });
    }

    /// Adds those of another one.
    pub fn join(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    pub fn extend(&mut self, conditions: impl IntoIterator<Item = Condition>) {
        self.0.extend(conditions);
    }

    /// The conditions on the calls of that name, with arguments from `$2` on.
    pub fn sql(&self, call: &str) -> String {
        self.numbered(call, &mut 2)
    }

    /// Like [`Conditions::sql`], with arguments from `$next` on, which is moved behind them.
    pub fn numbered(&self, call: &str, next: &mut usize) -> String {
        let conditions = self.0.iter().map(|condition| {
            let mut sql = condition.sql.replace("{{call}}", call);
            for place in 1..=condition.arguments.len() {
                sql = sql.replace(&format!(":{place}"), &format!("${next}"));
                *next += 1;
            }
            format!("({sql})")
        });
        joined(conditions, "\n  and ")
    }

    /// Binds the arguments.
    pub fn bind<R>(&self, select: Select<R>) -> Select<R> {
        let arguments = self.0.iter().flat_map(|condition| &condition.arguments);
        arguments.fold(select, |select, argument| argument.bind(select))
    }
}

impl Argument {
    fn bind<R>(&self, select: Select<R>) -> Select<R> {
        match self.clone() {
            Self::Integer(number) => select.bind(number),
            Self::Integers(numbers) => select.bind(numbers),
            Self::Fraction(number) => select.bind(number),
            Self::Text(text) => select.bind(text),
            Self::Texts(texts) => select.bind(texts),
            Self::Instant(at) => select.bind(at),
            Self::Instants(instants) => select.bind(instants),
            Self::Offsets(offsets) => select.bind(offsets),
            Self::Payload(members) => select.bind(Json(members)),
        }
    }
}
