//! Dimensions, each declared once: the keys that attempts are counted by, from rows and from roll-ups.
//!
//! Every statement returns keys with a [`Tally`], or a [`Page`] of a list, so that callers can add up tenants and sources
//! without knowing the dimension. Must not know a question.

use std::sync::LazyLock;

use crate::keys::listed;
use crate::rollups::{Detail, statement};

/// A dimension with few values, such as fifths or time buckets. Its keys are numbers.
#[derive(Debug)]
pub struct Dimension {
    /// Over the rows: `$1` to `$10` as filters have it (`filter`).
    pub rows: Sql,
    /// The same, of the leads with the payload only.
    pub rows_of_leads: Sql,
    /// Over the roll-ups: `$2` scope, `$3` template; the plan of the window.
    pub rolled: Sql,
    pub detail: Detail,
}

/// A dimension whose values are stored text, of any number: paged, and bounded (`keys`).
#[derive(Debug)]
pub struct List {
    pub rows: OfList,
    pub rows_of_leads: OfList,
    pub rolled: OfList,
    /// Over several tenants: `$2` to `$10` and `$13` to `$17` the arguments of `callboard_in_accounts`, then the plan.
    pub merged: Sql,
    pub detail: Detail,
}

/// Statements with the same arguments as [`Dimension`]'s.
#[derive(Debug)]
pub struct OfList {
    /// Key, calls and answered ones of every value.
    pub all: Sql,
    /// The page of the list behind place `$11` up to `$12` ([`Page`]).
    pub page: Sql,
}

/// A statement, filled once.
pub type Sql = LazyLock<String>;

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

/// A statement with its readers and terms in it.
macro_rules! sql {
    ($text:expr) => {
        LazyLock::new(|| statement($text))
    };
}

/// A statement over rows: of all leads or of some, the key, and what is joined to the attempts for it.
macro_rules! rows {
    ($leads:tt, $key:literal) => {
        rows!($leads, $key, "")
    };
    ($leads:tt, $key:literal, $joined:literal) => {
        concat!(
            "select ",
            $key,
            " as key, ",
            include_str!("sql/measures.sql"),
            attempts!($leads, $joined),
            " group by 1"
        )
    };
}

/// A statement over a roll-up: the key, the reader, and its counters of calls, answered calls and seconds.
macro_rules! rolled {
    ($key:literal, $reader:literal, $calls:literal, $answered:literal, $seconds:literal) => {
        concat!(
            "select ",
            $key,
            " as key, sum(",
            $calls,
            ")::bigint as calls, sum(",
            $answered,
            ")::bigint as answered, ",
            "sum(",
            $seconds,
            ")::bigint as seconds, null::integer as shortest, null::integer as longest ",
            "from unnest(coalesce(case when $3::text is not null then callboard_playing($1, $3) end, '{0}')) c (id) ",
            "cross join lateral {{rolled ",
            $reader,
            " scope=$2 campaign=c.id}} r group by 1 having sum(",
            $calls,
            ") <> 0"
        )
    };
}

macro_rules! dimensions {
    ($(
        $(#[$meta:meta])*
        $name:ident: $detail:ident, rows($by:literal), rolled($($rolled:literal),*);
    )*) => { $(
        $(#[$meta])*
        pub static $name: Dimension = Dimension {
            rows: sql!(rows!(all, $by)),
            rows_of_leads: sql!(rows!(of_leads, $by)),
            rolled: sql!(rolled!($($rolled),*)),
            detail: Detail::$detail,
        };
    )* };
}

macro_rules! lists {
    ($(
        $(#[$meta:meta])*
        $name:ident: order($order:literal), rows($by:literal), rolled($($rolled:literal),*);
    )*) => { $(
        $(#[$meta])*
        pub static $name: List = List {
            rows: of_list!($order, rows!(all, $by)),
            rows_of_leads: of_list!($order, rows!(of_leads, $by)),
            rolled: of_list!($order, rolled!($($rolled),*)),
            merged: sql!(page!(
                $order,
                "select key, sum(calls) as calls, sum(answered) as answered from callboard_in_accounts($1, $2, $3, $4, $5, ",
                "$6, $7, $8, $9, $10, $13, $14, $15, $16, $17, {{plan}}) group by key"
            )),
            detail: Detail::Coarse,
        };
    )* };
}

macro_rules! of_list {
    ($order:literal, $($statement:tt)+) => {
        OfList {
            all: sql!(concat!("select key, calls, answered from (", $($statement)+, ") counted")),
            page: sql!(page!($order, $($statement)+)),
        }
    };
}

macro_rules! page {
    ($order:literal, $($statement:tt)+) => {
        concat!(listed!($order, [], ["calls", "answered"], $($statement)+), include_str!("sql/page.sql"))
    };
}

/// Regroups counts by hour, day or week `key` into the requested unit, from bucket `$first` to `$last` only. `$by_month`:
/// the unit is months, which have no fixed length.
macro_rules! timed {
    ($by_month:literal, $first:literal, $last:literal, $($counted:tt)+) => {
        concat!(
            "select key, sum(calls)::bigint as calls, sum(answered)::bigint as answered, sum(seconds)::bigint as seconds, ",
            "min(shortest) as shortest, max(longest) as longest ",
            "from (select case when ", $by_month, "::boolean then callboard_month(c.key) else c.key end as key, ",
            "c.calls, c.answered, c.seconds, c.shortest, c.longest from (", $($counted)+, ") c) d ",
            "where key between ", $first, " and ", $last, " group by key"
        )
    };
}

dimensions! {
    /// No dimension: everything in one row.
    TOTAL: Fine,
        rows("0::bigint"),
        rolled("0::bigint", "autocall_totals", "r.dialed", "r.answered", "r.talk_sec");
    /// The fifth of its sentiment's range, from 0.
    FIFTH: Coarse,
        rows("callboard_fifth(a.sentiment)::bigint"),
        rolled("r.fifth::bigint", "autocall_sentiments", "r.calls", "0", "0");
}

macro_rules! by_time {
    ($(#[$meta:meta])* $name:ident: $detail:ident, rows($by:literal, $joined:literal), rolled($($rolled:literal),*);) => {
        $(#[$meta])*
        pub static $name: Dimension = Dimension {
            rows: sql!(timed!("$17", "$18", "$19", rows!(all, $by, $joined))),
            rows_of_leads: sql!(timed!("$17", "$18", "$19", rows!(of_leads, $by, $joined))),
            rolled: sql!(timed!("$14", "$15", "$16", rolled!($($rolled),*))),
            detail: Detail::$detail,
        };
    };
}

by_time! {
    /// Local time: consecutive buckets, or hours of the day. `$11` to `$13` are the window's segments, `$14` the seconds in
    /// a bucket, `$15` local seconds to add first, `$16` the number of buckets in a cycle, `$17` true for months, `$18` and
    /// `$19` the first and last bucket; from roll-ups the same from `$11` on, without segments.
    TIME: Fine,
        rows("(callboard_local_second(a.started_at, s.utc_offset) + $15) / $14 % $16",
             " join unnest($11::timestamptz[], $12::timestamptz[], $13::integer[]) s (begins, ends, utc_offset)
                on a.started_at >= s.begins and a.started_at < s.ends"),
        rolled("(r.local_second + $12) / $11 % $13", "autocall_totals", "r.dialed", "r.answered", "r.talk_sec");
}

lists! {
    /// The attempt's outcome, or its result.
    OUTCOME: order("calls desc, key collate \"C\""),
        rows("callboard_short({{outcome a}})"),
        rolled("r.outcome", "autocall_outcomes", "r.calls", "0", "0");
    /// The attempt number.
    ATTEMPT_NUMBER: order("key::integer"),
        rows("a.attempt_number::text"),
        rolled("r.attempt_number", "autocall_tries", "r.calls", "r.answered", "0");
    /// The provider, or `(unknown)`.
    PROVIDER: order("calls desc, key collate \"C\""),
        rows("callboard_short({{provider a}})"),
        rolled("r.provider", "autocall_providers", "r.calls", "0", "0");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statements in files are checked by `tests/it/layers.rs`; these are assembled here.
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
