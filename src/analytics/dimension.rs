//! Dimensions, each declared once: the keys that attempts are counted by, from rows and from roll-ups.
//!
//! Every statement returns keys with a [`Tally`], or a [`Page`] of a list, so that callers can add up tenants and sources
//! without knowing the dimension. Must not know a question.

use std::sync::LazyLock;

use super::filter::{LeadSet, attempts};
use crate::keys::KeyList;
use crate::rollups::{Detail, statement};
use crate::template::{body, composed};

/// A dimension with few values, such as fifths or time buckets. Its keys are numbers.
#[derive(Debug)]
pub struct Dimension {
    /// Over the rows: `$1` to `$10` as filters have it (`filter`).
    pub rows: String,
    /// The same, of the leads with the payload only.
    pub rows_of_leads: String,
    /// Over the roll-ups: `$2` scope, `$3` template; the plan of the window.
    pub rolled: String,
    pub detail: Detail,
}

/// A dimension whose values are stored text, of any number: paged, and bounded (`keys`).
#[derive(Debug)]
pub struct List {
    pub rows: OfList,
    pub rows_of_leads: OfList,
    pub rolled: OfList,
    /// Over several tenants: `$2` to `$10` and `$13` to `$18` the arguments of `callboard_in_accounts`, then a plan's parts. The page is
    /// the one behind place `$11` up to `$12`.
    pub merged: String,
    pub detail: Detail,
}

/// Statements with the same arguments as [`Dimension`]'s.
#[derive(Debug)]
pub struct OfList {
    /// Key, calls and answered ones of every value.
    pub all: String,
    /// The page of the list behind a place up to another, its next two arguments ([`Page`]).
    pub page: String,
}

/// A page of a list.
#[derive(Debug, Default, sqlx::FromRow)]
pub struct Page {
    /// Rows of the list.
    pub total: i64,
    /// Calls of each row of the whole list, in order.
    pub counts: Vec<i64>,
    /// The rows of the page; the row without a key is the last one, the rest.
    pub keys: Vec<Option<String>>,
    pub calls: Vec<i64>,
    pub answered: Vec<i64>,
}

/// Counters of attempts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Tally {
    pub calls: i64,
    pub answered: i64,
    /// Billsec of answered attempts: sum, minimum, maximum.
    pub seconds: i64,
    pub shortest: Option<i32>,
    pub longest: Option<i32>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.answered += other.answered;
        self.seconds += other.seconds;
        self.shortest = self.shortest.into_iter().chain(other.shortest).min();
        self.longest = self.longest.into_iter().chain(other.longest).max();
    }
}

/// A key with its counters. The key is null for attempts without one.
#[derive(sqlx::FromRow)]
pub struct Keyed {
    pub key: Option<i64>,
    #[sqlx(flatten)]
    pub tally: Tally,
}

/// A key over rows: its expression, and what is joined to the attempts for it.
#[derive(Clone, Copy)]
struct Rows {
    key: &'static str,
    joined: &'static str,
}

impl Rows {
    fn by(key: &'static str) -> Self {
        Self { key, joined: "" }
    }

    fn sql(self, leads: LeadSet) -> String {
        composed(
            include_str!("sql/by_key.raw.sql"),
            &[
                ("key", &self.key),
                ("attempts", &attempts(leads, self.joined)),
            ],
        )
    }
}

/// A key over a roll-up: its expression, the reader, and the counters of calls, answered calls and seconds.
#[derive(Clone, Copy)]
struct Rolled {
    key: &'static str,
    reader: &'static str,
    counters: [&'static str; 3],
}

impl Rolled {
    fn sql(self) -> String {
        let [calls, answered, seconds] = self.counters;
        let rollup = format!("{{{{rolled {} scope=$2 campaign=c.id}}}}", self.reader);
        composed(
            include_str!("sql/by_key.sql"),
            &[
                ("key", &self.key),
                ("calls", &calls),
                ("answered", &answered),
                ("seconds", &seconds),
                ("rollup", &rollup),
            ],
        )
    }
}

impl Dimension {
    fn new(detail: Detail, rows: Rows, rolled: Rolled) -> Self {
        Self {
            rows: statement(rows.sql(LeadSet::All)),
            rows_of_leads: statement(rows.sql(LeadSet::WithPayload)),
            rolled: statement(rolled.sql()),
            detail,
        }
    }

    /// Keys are local hours, days or weeks, which are regrouped. `rows_unit` and `rolled_unit` are the arguments
    /// of the unit: whether it is months, the first and the last bucket.
    fn by_time(rows: Rows, rows_unit: [&str; 3], rolled: Rolled, rolled_unit: [&str; 3]) -> Self {
        let of = |[by_month, first, last]: [&str; 3], counted: String| {
            statement(composed(
                include_str!("sql/by_time.sql"),
                &[
                    ("by_month", &by_month),
                    ("first", &first),
                    ("last", &last),
                    ("counted", &counted),
                ],
            ))
        };
        Self {
            rows: of(rows_unit, rows.sql(LeadSet::All)),
            rows_of_leads: of(rows_unit, rows.sql(LeadSet::WithPayload)),
            rolled: of(rolled_unit, rolled.sql()),
            detail: Detail::Fine,
        }
    }
}

impl List {
    fn new(order: &'static str, rows: Rows, rolled: Rolled) -> Self {
        let keys = KeyList {
            order,
            columns: &[],
            counters: &["calls", "answered"],
        };
        let page = |counted: &str, [before, through]: [&str; 2]| {
            let listed = keys.listed(counted);
            statement(composed(
                include_str!("sql/page.sql"),
                &[
                    ("listed", &listed),
                    ("before", &before),
                    ("through", &through),
                ],
            ))
        };
        let of = |counted: String, places| OfList {
            all: statement(composed(
                include_str!("sql/list.sql"),
                &[("counted", &counted)],
            )),
            page: page(&counted, places),
        };
        Self {
            rows: of(rows.sql(LeadSet::All), AFTER_FILTERS),
            rows_of_leads: of(rows.sql(LeadSet::WithPayload), AFTER_FILTERS),
            rolled: of(rolled.sql(), AFTER_PLAN),
            merged: page(include_str!("sql/merged.sql"), AFTER_FILTERS),
            detail: Detail::Coarse,
        }
    }
}

/// No dimension: everything in one row.
pub static TOTAL: LazyLock<Dimension> = LazyLock::new(|| {
    let rolled = Rolled {
        key: "0::bigint",
        reader: "autocall_totals",
        counters: TOTALS,
    };
    Dimension::new(Detail::Fine, Rows::by("0::bigint"), rolled)
});

/// The fifth of its sentiment's range, from 0.
pub static FIFTH: LazyLock<Dimension> = LazyLock::new(|| {
    let rolled = Rolled {
        key: "r.fifth::bigint",
        reader: "autocall_sentiments",
        counters: CALLS,
    };
    let rows = Rows::by("callboard_fifth(a.sentiment)::bigint");
    Dimension::new(Detail::Coarse, rows, rolled)
});

/// Local time: consecutive buckets, or hours of the day. `$11` to `$13` are the window's segments, `$14` the seconds in a
/// bucket, `$15` local seconds to add first, `$16` the number of buckets in a cycle, `$17` true for months, `$18` and `$19`
/// the first and last bucket; from roll-ups the same from `$12` on, without segments.
pub static TIME: LazyLock<Dimension> = LazyLock::new(|| {
    let rows = Rows {
        key: "(callboard_local_second(a.started_at, s.utc_offset) + $15) / $14 % $16",
        joined: body(include_str!("sql/segments.sql")),
    };
    let rolled = Rolled {
        key: "(r.local_second + $13) / $12 % $14",
        reader: "autocall_totals",
        counters: TOTALS,
    };
    Dimension::by_time(rows, ["$17", "$18", "$19"], rolled, ["$15", "$16", "$17"])
});

/// The attempt's outcome, or its result.
pub static OUTCOME: LazyLock<List> = LazyLock::new(|| {
    let rolled = Rolled {
        key: "r.outcome",
        reader: "autocall_outcomes",
        counters: CALLS,
    };
    let rows = Rows::by("callboard_short({{outcome a}})");
    List::new(MOST_FREQUENT_FIRST, rows, rolled)
});

/// The attempt number.
pub static ATTEMPT_NUMBER: LazyLock<List> = LazyLock::new(|| {
    let rolled = Rolled {
        key: "r.attempt_number",
        reader: "autocall_tries",
        counters: ["r.calls", "r.answered", "0"],
    };
    List::new("key::integer", Rows::by("a.attempt_number::text"), rolled)
});

/// The provider, or `(unknown)`.
pub static PROVIDER: LazyLock<List> = LazyLock::new(|| {
    let rolled = Rolled {
        key: "r.provider",
        reader: "autocall_providers",
        counters: CALLS,
    };
    let rows = Rows::by("callboard_short({{provider a}})");
    List::new(MOST_FREQUENT_FIRST, rows, rolled)
});

/// Arguments that come after those of filters, `$2` to `$10`, and of a scope, a template and a plan, `$2` to `$11`.
const AFTER_FILTERS: [&str; 2] = ["$11", "$12"];
const AFTER_PLAN: [&str; 2] = ["$12", "$13"];
/// Counters of `autocall_totals`.
const TOTALS: [&str; 3] = ["r.dialed", "r.answered", "r.talk_sec"];
/// Counters of a roll-up that has calls only.
const CALLS: [&str; 3] = ["r.calls", "0", "0"];
const MOST_FREQUENT_FIRST: &str = r#"calls desc, key collate "C""#;

#[cfg(test)]
mod tests {
    use super::*;

    /// Statements in files are checked by `tests/it/layers`; these are composed of several.
    #[test]
    fn every_statement_names_its_account_for_every_table() {
        let dimensions =
            [&TOTAL, &FIFTH, &TIME].map(|it| [&it.rows, &it.rows_of_leads, &it.rolled]);
        let lists = [&OUTCOME, &ATTEMPT_NUMBER, &PROVIDER];
        let of_lists = lists.map(|it| [&it.rows.all, &it.rows_of_leads.all, &it.rolled.all]);
        let pages = lists.map(|it| [&it.rows.page, &it.rows_of_leads.page, &it.rolled.page]);
        for [rows, rows_of_leads, rolled] in dimensions.into_iter().chain(of_lists).chain(pages) {
            let [rows, rows_of_leads, rolled] =
                [rows, rows_of_leads, rolled].map(|sql| sql.as_str());
            for (sql, tables) in [(rows, 1), (rows_of_leads, 3)] {
                assert_eq!(
                    (
                        sql.matches(" autocall_").count(),
                        sql.matches(".tenant_id = $1").count()
                    ),
                    (tables, tables),
                    "{sql}"
                );
            }
            let tables = rolled.matches("from autocall_").count();
            let accounts = rolled.matches(".tenant_id = $1").count();
            assert!(tables > 2 && tables == accounts, "{rolled}");
        }
        for list in lists {
            assert_eq!(
                (
                    list.merged.matches("autocall_").count(),
                    list.merged.matches("in_accounts($1").count()
                ),
                (0, 1)
            );
        }
    }
}
