//! Rows of a dump of a MySQL table: `(34007, '2013-07-23 16:13:29', 'ENTERQUEUE', NULL),`.

use super::split::MAX_CELLS;

/// Rows of a line that begins with one or with `INSERT INTO … VALUES`. None for other lines.
pub fn rows(line: &str) -> Option<Vec<Vec<String>>> {
    let line = line.trim_start();
    let mut rest = match line.get(..11) {
        Some(start) if start.eq_ignore_ascii_case("insert into") => values(line)?,
        _ => line.strip_prefix('(').map(|_| line)?,
    };
    let mut rows = Vec::new();
    while let Some(start) = rest.trim_start_matches([',', ' ']).strip_prefix('(') {
        let (row, after) = row(start);
        rows.push(row);
        rest = after;
    }
    Some(rows)
}

fn values(statement: &str) -> Option<&str> {
    let at = statement.to_ascii_uppercase().find("VALUES")?;
    statement.get(at + "VALUES".len()..)
}

/// True for a line of a dump that holds no row.
pub fn is_statement(line: &str) -> bool {
    let word = line
        .split([' ', '(', ';'])
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    matches!(
        word.as_str(),
        "--" | "/*!40101"
            | "CREATE"
            | "DROP"
            | "INSERT"
            | "LOCK"
            | "UNLOCK"
            | "SET"
            | "ALTER"
            | ")"
    ) || line.starts_with("/*")
        || line.starts_with("  `")
}

/// Values of a row, and the text after its closing parenthesis.
fn row(text: &str) -> (Vec<String>, &str) {
    let (mut values, mut value) = (Vec::new(), String::new());
    let (mut is_quoted, mut letters) = (false, text.char_indices().peekable());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if is_quoted => value.extend(letters.next().map(|(_, letter)| letter)),
            '\'' if is_quoted && letters.peek().is_some_and(|(_, next)| *next == '\'') => {
                letters.next();
                value.push('\'');
            }
            '\'' => is_quoted = !is_quoted,
            _ if is_quoted => value.push(letter),
            ',' if values.len() < MAX_CELLS => values.push(std::mem::take(&mut value)),
            ')' => {
                values.push(value);
                return (values, &text[at + 1..]);
            }
            ' ' => {}
            _ => value.push(letter),
        }
    }
    values.push(value);
    (values, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_line_are_split_into_values() {
        for (line, expected) in [
            ("(1, 'a', NULL),", "1|a|NULL"),
            (r"(1,'it\'s, (so)','''','')", "1|it's, (so)|'|"),
            ("INSERT INTO `queue_log` VALUES (1,'a'),(2,'b');", "1|a/2|b"),
            ("insert into queue_log (id,time) values (1,'a')", "1|a"),
            ("(1,'cut", "1|cut"),
        ] {
            let rows: Vec<String> = rows(line)
                .unwrap()
                .iter()
                .map(|row| row.join("|"))
                .collect();
            assert_eq!(rows.join("/"), expected, "{line}");
        }
        assert_eq!(rows("DROP TABLE x"), None);
        assert!(
            is_statement("-- MySQL dump")
                && is_statement("CREATE TABLE `x` (")
                && !is_statement("1|2")
        );
    }
}
