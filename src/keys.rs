//! Lists by free-text keys, and their maximum length in an answer (contract, section 1, "Many
//! keys").
//!
//! Owns the limit and the last row. The database applies the limit, so that no answer exceeds it
//! whatever is stored. Must not know what is counted.

/// Maximum number of keys in a list. Further ones are summed in one last row.
pub const MOST: usize = 10_000;
/// Key of the last row.
pub const OTHER: &str = "(other)";

/// Key of a row as shown; `None` is the last row.
pub fn named(key: Option<String>) -> String {
    key.unwrap_or_else(|| OTHER.to_owned())
}

/// Starts a statement with the relation `listed`, built from a statement that counts by `key`.
/// Arguments: the order of the list, columns that belong to a key, counters, and the counting
/// statement. Rows have a `place` from 1; in the last row, which sums up the rest, key and columns
/// are null and counters are totals.
macro_rules! listed {
    ($order:literal, [$($kept:literal),*], [$($sum:literal),+], $($keyed:tt)+) => {
        concat!(
            "with keyed as (\n", $($keyed)+, "\n), placed as (\n",
            "select least(row_number() over (order by ", $order, "), 10001) as place, keyed.* from keyed where key is not null\n",
            "), listed as (\nselect place, case when place <= 10000 then min(key) end as key",
            $( ", case when place <= 10000 then min(", $kept, ") end as ", $kept, )*
            $( ", sum(", $sum, ")::bigint as ", $sum, )+
            " from placed group by place)\n"
        )
    };
}
pub(crate) use listed;

/// A complete statement: the rows of [`listed!`] in order.
macro_rules! bounded {
    ($order:literal, [$($kept:literal),*], [$($sum:literal),+], $($keyed:tt)+) => {
        concat!(
            $crate::keys::listed!($order, [$($kept),*], [$($sum),+], $($keyed)+),
            "select key", $( ", ", $kept, )* $( ", ", $sum, )+ " from listed order by place"
        )
    };
}
pub(crate) use bounded;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_use_the_limit() {
        let sql = bounded!(
            "n desc",
            ["label"],
            ["n"],
            "select key, label, n from counted"
        );
        assert!(
            sql.contains(&format!("place <= {MOST} then min(key)")),
            "{sql}"
        );
        assert!(
            sql.contains(&format!(
                "least(row_number() over (order by n desc), {})",
                MOST + 1
            )),
            "{sql}"
        );
        assert_eq!(named(None), OTHER);
    }
}
