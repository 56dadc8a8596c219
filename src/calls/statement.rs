//! Statements over the calls of a list, assembled for the filters that are given.

use super::condition::{Argument, Conditions};
use super::position::Position;
use super::rows::{Calls, Row};
use crate::db::Scope;
use crate::error::Result;
use crate::rollups::statement;
use crate::table::{Column, Format};
use crate::template::{self, composed};

/// Order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    NewestFirst,
    OldestFirst,
}

/// The members of a lead that a reader sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sight {
    Clear,
    Masked,
}

impl Sight {
    /// The phone of lead `l`. A masked one is the same for all numbers with these ends.
    pub fn phone(self) -> &'static str {
        match self {
            Self::Clear => "callboard_short(l.phone_as_sent)",
            Self::Masked => {
                "case when length(l.phone) >= 8 then '+' || left(l.phone, 2) || '*****' || right(l.phone, 4) \
                 else left(l.phone, 0) || '*****' end"
            }
        }
    }

    pub fn external_ref(self) -> &'static str {
        match self {
            Self::Clear => "callboard_short(l.external_ref)",
            Self::Masked => "null::text",
        }
    }
}

/// The first calls of a list, from a position on.
pub async fn rows<R: Row>(
    scope: &mut Scope,
    conditions: &Conditions,
    after: Option<&Position>,
    (order, limit): (Order, i64),
    sight: Sight,
) -> Result<Vec<R>> {
    let mut conditions = conditions.clone();
    if let Some(after) = after {
        let uuid = Argument::Text(after.uuid.clone());
        conditions.add(order.after(), [Argument::Instant(after.started_at), uuid]);
    }
    let sql = listed::<R>(&conditions, (order, limit), sight);
    let rows = conditions.bind(scope.select_assembled(sql));
    Ok(rows.fetch_all(scope.connection()).await?)
}

/// The statement of the first calls of a list.
fn listed<R: Row>(conditions: &Conditions, (order, limit): (Order, i64), sight: Sight) -> String {
    assembled(include_str!("rows.sql"), &R::CALLS, conditions, |calls| {
        vec![
            ("columns", template::body(calls.columns).to_owned()),
            ("campaigns", calls.campaigns.to_owned()),
            ("phone", sight.phone().to_owned()),
            ("external_ref", sight.external_ref().to_owned()),
            ("order", order.sql(calls.call)),
            ("limit", limit.to_string()),
        ]
    })
}

/// The statement of at most `limit` calls sorted by columns of a file, and then the oldest first. With each column whether the
/// largest value comes first; calls without a value come last.
pub fn sorted<R: Row>(conditions: &Conditions, columns: &[(&Column, bool)], limit: i64) -> String {
    let order = columns.iter().map(|(column, is_descending)| {
        let name = &column.name;
        let value = match column.format {
            _ if name == "script_path" => {
                format!("nullif(array_to_string(r.{name}, ' -> '), '') collate \"C\"")
            }
            Format::Text => format!("r.{name} collate \"C\""),
            _ => format!("r.{name}"),
        };
        let direction = if *is_descending { "desc" } else { "asc" };
        format!("{value} {direction} nulls last, ")
    });
    let order: String = order.collect();
    let inner = listed::<R>(conditions, (Order::OldestFirst, limit), Sight::Clear);
    format!("select * from ({inner}) r order by {order}r.started_at, r.uuid")
}

/// Number of all calls of a list.
pub async fn count<R: Row>(scope: &mut Scope, conditions: &Conditions) -> Result<i64> {
    let sql = assembled(include_str!("count.sql"), &R::CALLS, conditions, |_| {
        Vec::new()
    });
    let count = conditions.bind(scope.select_assembled::<(i64,)>(sql));
    Ok(count.fetch_one(scope.connection()).await?.0)
}

impl Order {
    /// True for calls after a position. The first part lets an index begin there.
    fn after(self) -> &'static str {
        match self {
            Self::NewestFirst => {
                "{{call}}.started_at <= :1 and ({{call}}.started_at < :1 or {{call}}.uuid > :2)"
            }
            Self::OldestFirst => {
                "{{call}}.started_at >= :1 and ({{call}}.started_at > :1 or {{call}}.uuid > :2)"
            }
        }
    }

    fn sql(self, call: &str) -> String {
        match self {
            Self::NewestFirst => format!("{call}.started_at desc, {call}.uuid"),
            Self::OldestFirst => format!("{call}.started_at, {call}.uuid"),
        }
    }
}

/// A statement with its conditions and further values, and then the terms that these name.
fn assembled(
    text: &str,
    calls: &Calls,
    conditions: &Conditions,
    values: impl Fn(&Calls) -> Vec<(&'static str, String)>,
) -> String {
    let shared = [
        ("table", calls.table.to_owned()),
        ("leads", calls.leads.to_owned()),
        ("call", calls.call.to_owned()),
        ("conditions", conditions.sql(calls.call)),
    ];
    let mut text = template::body(text).to_owned();
    for (name, value) in values(calls).into_iter().chain(shared) {
        // One after the other, because values have holes themselves.
        if text.contains(&format!("{{{{{name}}}}}")) {
            text = composed(&text, &[(name, &value)]);
        }
    }
    statement(text)
}
