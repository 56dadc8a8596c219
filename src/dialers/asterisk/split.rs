//! Cells of a line, by a delimiter and double quotes.
//!
//! A quote inside a quoted cell that is neither doubled nor followed by the delimiter is text: exports write
//! `""Person 07" <1141>"` for `"Person 07" <1141>`. Others write that caller ID without quotes around it.

/// Maximum number of cells of a line.
pub const MAX_CELLS: usize = 5_000;

#[derive(Debug, PartialEq)]
pub struct Cells {
    pub cells: Vec<String>,
    /// The last cell has no closing quote: it goes on in the next line, or is damaged.
    pub is_open: bool,
}

/// Splits a line. None if it has more than [`MAX_CELLS`].
pub fn split(line: &str, delimiter: char) -> Option<Cells> {
    let (mut cells, mut rest) = (Vec::new(), line);
    while cells.len() < MAX_CELLS {
        let (cell, after) = match rest.strip_prefix('"') {
            Some(quoted) => match closed(quoted, delimiter) {
                Some(cell) => cell,
                None => {
                    cells.push(quoted.replace("\"\"", "\""));
                    return Some(Cells {
                        cells,
                        is_open: true,
                    });
                }
            },
            None => match rest.split_once(delimiter) {
                Some((cell, after)) => (cell.to_owned(), Some(after)),
                None => (rest.to_owned(), None),
            },
        };
        cells.push(cell);
        match after {
            Some(after) => rest = after,
            None => {
                return Some(Cells {
                    cells,
                    is_open: false,
                });
            }
        }
    }
    None
}

/// A quoted cell without its quotes, and the text after its delimiter. None if no quote closes it.
fn closed(quoted: &str, delimiter: char) -> Option<(String, Option<&str>)> {
    let (mut cell, mut rest) = (String::new(), quoted);
    loop {
        let (text, after) = rest.split_once('"')?;
        cell.push_str(text);
        if after.is_empty() {
            return Some((cell, None));
        }
        if let Some(after) = after.strip_prefix(delimiter) {
            return Some((cell, Some(after)));
        }
        let tail = after.split(delimiter).next().unwrap_or(after);
        if tail.starts_with(" <") && tail.ends_with('>') {
            // A caller ID that was not quoted: its name is.
            let cell = format!("\"{cell}\"{tail}");
            return Some((cell, after.get(tail.len() + 1..)));
        }
        cell.push('"');
        rest = after.strip_prefix('"').unwrap_or(after);
    }
}

/// The delimiter of a first line: the one that makes the most cells of it.
pub fn delimiter_of(line: &str) -> char {
    let cells = |delimiter| split(line, delimiter).map_or(0, |cells| cells.cells.len());
    // The last of equal ones counts.
    [';', '\t', ',']
        .into_iter()
        .max_by_key(|delimiter| cells(*delimiter))
        .unwrap_or(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_split_as_asterisk_and_exports_quote_them() {
        for (line, cells) in [
            ("", &[""][..]),
            ("a,b", &["a", "b"]),
            ("a,,", &["a", "", ""]),
            (r#""","a","","b""#, &["", "a", "", "b"]),
            (
                r#""""Person 07"" <1141>",5"#,
                &["\"Person 07\" <1141>", "5"],
            ),
            (
                r#"1,""Person 07" <1141>",1141"#,
                &["1", "\"Person 07\" <1141>", "1141"],
            ),
            (r#"""""" <client1>",x"#, &["\"\" <client1>", "x"]),
            (r#""Doe, J" <109>,109"#, &["\"Doe, J\" <109>", "109"]),
            (r#"1,"User 5" <109>"#, &["1", "\"User 5\" <109>"]),
            (r#""a,b",c"#, &["a,b", "c"]),
            // The first cell was cut before its start.
            (r#"11:05:20",0,"a""#, &["11:05:20\"", "0", "a"]),
        ] {
            let expected = Cells {
                cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
                is_open: false,
            };
            assert_eq!(split(line, ','), Some(expected), "{line}");
        }
        let open = split(r#"a,"b ""c"""#, ',').unwrap();
        assert_eq!(
            (open.cells.concat().as_str(), open.is_open),
            (r#"ab "c""#, true)
        );
        assert_eq!(split(&",".repeat(MAX_CELLS), ','), None);
        assert_eq!(
            split(&",".repeat(MAX_CELLS - 1), ',').unwrap().cells.len(),
            MAX_CELLS
        );
    }

    #[test]
    fn the_delimiter_is_the_one_that_splits_most() {
        for (line, delimiter) in [
            ("a,b;c,d", ','),
            ("a;b;c", ';'),
            ("a\tb", '\t'),
            ("", ','),
            ("a", ','),
        ] {
            assert_eq!(delimiter_of(line), delimiter, "{line}");
        }
    }
}
