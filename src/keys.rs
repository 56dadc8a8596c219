//! Lists by free-text keys, and their maximum length in an answer (contract, section 1, "Many
//! keys").
//!
//! Owns the limit and the last row. The database applies the limit, so that no answer exceeds it
//! whatever is stored. Must not know what is counted.

use crate::template::{composed, lines};

/// Maximum number of keys in a list. Further ones are summed in one last row.
pub const MOST: usize = 10_000;
/// Key of the last row.
pub const OTHER: &str = "(other)";

/// Key of a row as shown; `None` is the last row.
pub fn named(key: Option<String>) -> String {
    key.unwrap_or_else(|| OTHER.to_owned())
}

/// A list, built from a statement that counts by `key`.
#[derive(Debug, Clone, Copy)]
pub struct KeyList {
    /// Order of the rows, in SQL.
    pub order: &'static str,
    /// Columns that belong to a key.
    pub columns: &'static [&'static str],
    pub counters: &'static [&'static str],
}

impl KeyList {
    /// Starts a statement with the relation `listed`: rows with a `place` from 1. In the last row,
    /// which sums up the rest, key and columns are null and counters are totals.
    pub fn listed(&self, keyed: &str) -> String {
        let columns = ["key"].iter().chain(self.columns);
        let columns =
            columns.map(|name| format!("case when place <= {MOST} then min({name}) end as {name}"));
        let sums = self.counters.iter();
        let sums = sums.map(|name| format!("sum({name})::bigint as {name}"));
        composed(
            include_str!("keys/listed.sql"),
            &[
                ("keyed", &keyed.trim_end()),
                ("order", &self.order),
                ("last", &(MOST + 1)),
                ("columns", &lines(columns)),
                ("sums", &lines(sums)),
            ],
        )
    }

    /// A complete statement: the rows of [`KeyList::listed`] in order.
    pub fn bounded(&self, keyed: &str) -> String {
        let columns = self.columns.iter().chain(self.counters);
        composed(
            include_str!("keys/bounded.sql"),
            &[
                ("listed", &self.listed(keyed)),
                ("columns", &lines(columns.map(|name| (*name).to_owned()))),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_use_the_limit() {
        let list = KeyList {
            order: "n desc",
            columns: &["label"],
            counters: &["n"],
        };
        let sql = list.bounded("-- Counts.\nselect key, label, n\nfrom counted\n");
        assert_eq!(
            sql,
            "\
with keyed as (
    -- Counts.
    select key, label, n
    from counted
), placed as (
    select
        least(row_number() over (order by n desc), 10001) as place,
        keyed.*
    from keyed
    where key is not null
), listed as (
    select
        place,
        case when place <= 10000 then min(key) end as key,
        case when place <= 10000 then min(label) end as label,
        sum(n)::bigint as n
    from placed
    group by place
)
select
    key,
    label,
    n
from listed
order by place"
        );
        assert_eq!(named(None), OTHER);
    }
}
