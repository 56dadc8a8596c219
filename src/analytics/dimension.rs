//! The dimensions, each stated once: what attempts are counted by, over their rows and over the roll-ups.
//!
//! Every statement gives the same columns, a key and a [`Tally`], so that whoever reads them adds up accounts and
//! sources without knowing what was counted. Must not know a question.

use std::marker::PhantomData;

use sqlx::postgres::PgRow;
use sqlx::{Decode, FromRow, Postgres, Row, Type};

use super::filter::attempts;
use crate::rollups::Detail;

/// What attempts are counted by, and the type of its values.
#[derive(Debug)]
pub struct Dimension<K> {
    /// Over the rows: `$1` to `$9` as filters have it (`filter`).
    pub rows: &'static str,
    /// The same, of the leads `$9` only.
    pub rows_of_leads: &'static str,
    /// Over the roll-ups: `$2` scope, `$3` campaigns, `$4` to `$10` the plan of the window.
    pub rolled: &'static str,
    pub detail: Detail,
    key: PhantomData<fn() -> K>,
}

/// What attempts of one kind come to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Tally {
    pub calls: i64,
    pub answered: i64,
    /// Billed seconds of answered attempts: their sum, the fewest, the most.
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

/// A key with what it comes to. Null is the key of what has none.
pub struct Keyed<K>(pub Option<K>, pub Tally);

impl<'r, K: Decode<'r, Postgres> + Type<Postgres>> FromRow<'r, PgRow> for Keyed<K> {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self(row.try_get("key")?, Tally::from_row(row)?))
    }
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

/// A statement over a roll-up: the key, the reader, and the counters that are calls, answered and seconds there.
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
            "from unnest($3::bigint[]) c (id) cross join lateral ",
            $reader,
            "($1, $2, c.id, '{0}', $4, $5, $6, $7, $8, $9, $10) r group by 1"
        )
    };
}

macro_rules! dimensions {
    ($(
        $(#[$meta:meta])*
        $name:ident: $key:ty, $detail:ident, rows($by:literal $(, $joined:literal)?), rolled($($rolled:literal),*);
    )*) => { $(
        $(#[$meta])*
        pub static $name: Dimension<$key> = Dimension {
            rows: rows!(all, $by $(, $joined)?),
            rows_of_leads: rows!(of_leads, $by $(, $joined)?),
            rolled: rolled!($($rolled),*),
            detail: Detail::$detail,
            key: PhantomData,
        };
    )* };
}

// By time: $10 to $12 the window's segments, $13 seconds in a bucket, $14 local seconds to add first and $15 how many
// buckets there are before they begin again; over the roll-ups $11, $12 and $13.
dimensions! {
    /// Nothing: all in one.
    TOTAL: i64, Fine,
        rows("0::bigint"),
        rolled("0::bigint", "rolled_autocall_totals", "r.dialed", "r.answered", "r.talk_sec");
    /// The attempt's outcome, else its result.
    OUTCOME: String, Coarse,
        rows("coalesce(a.outcome, a.result)"),
        rolled("r.outcome", "rolled_autocall_outcomes", "r.calls", "0", "0");
    /// Which fifth of 0 to 1 its sentiment lies in, from 0.
    FIFTH: i64, Coarse,
        rows("callboard_fifth(a.sentiment)::bigint"),
        rolled("r.fifth::bigint", "rolled_autocall_sentiments", "r.calls", "0", "0");
    /// Which attempt to reach its lead it is.
    ATTEMPT_NUMBER: i64, Coarse,
        rows("a.attempt_number::bigint"),
        rolled("r.attempt_number::bigint", "rolled_autocall_tries", "r.calls", "r.answered", "0");
    /// The provider, or `(unknown)`.
    PROVIDER: String, Coarse,
        rows("coalesce(a.provider, '(unknown)')"),
        rolled("r.provider", "rolled_autocall_providers", "r.calls", "0", "0");
    /// Local time: buckets along it, or hours of the day.
    TIME: i64, Fine,
        rows("(callboard_local_second(a.started_at, s.utc_offset) + $14) / $13 % $15",
             " join unnest($10::timestamptz[], $11::timestamptz[], $12::integer[]) s (begins, ends, utc_offset)
                on a.started_at >= s.begins and a.started_at < s.ends"),
        rolled("(r.local_second + $12) / $11 % $13", "rolled_autocall_totals", "r.dialed", "r.answered", "r.talk_sec");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files of statements are looked at elsewhere (`tests/it/layers.rs`); these are put together here.
    #[test]
    fn every_statement_names_its_account_for_every_table() {
        fn statements<K>(dimension: &Dimension<K>) -> [&'static str; 3] {
            [dimension.rows, dimension.rows_of_leads, dimension.rolled]
        }
        let [total, outcome, fifth, number, provider, time] = [
            statements(&TOTAL),
            statements(&OUTCOME),
            statements(&FIFTH),
            statements(&ATTEMPT_NUMBER),
            statements(&PROVIDER),
            statements(&TIME),
        ];
        for [rows, rows_of_leads, rolled] in [total, outcome, fifth, number, provider, time] {
            for sql in [rows, rows_of_leads] {
                assert_eq!(
                    sql.matches("autocall_attempts a").count(),
                    sql.matches("a.tenant_id = $1").count(),
                    "{sql}"
                );
                assert_eq!(sql.matches(" autocall_").count(), 1, "{sql}");
            }
            assert_eq!(
                (rolled.matches("rolled_autocall_").count(), rolled.matches("($1, $2, c.id").count()),
                (1, 1),
                "{rolled}"
            );
        }
    }
}
