//! Lists by a key that is somebody's free text: how many of them an answer holds (contract, section 1, "Many keys").
//!
//! Owns the limit and the last row. The limit is applied in the database, so that no answer is larger than it whatever
//! was stored. Must not know what is counted.

/// Keys of a list. What is counted by further ones is added up in one last row.
pub const MOST: usize = 10_000;
/// Key of that last row.
pub const OTHER: &str = "(other)";

/// The key of a row as answers show it; none is that of the last row.
pub fn named(key: Option<String>) -> String {
    key.unwrap_or_else(|| OTHER.to_owned())
}

/// Begins a statement with the relation `listed`, made of one that counts by `key`: the order of the list, columns that
/// belong to a key, counters, then the counting statement. Its rows have a `place` from 1; in the last row, which stands
/// for the rest, key and columns are null and the counters are sums.
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

/// A whole statement: the rows of [`listed!`] in order.
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
    fn statements_and_limit_agree() {
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
