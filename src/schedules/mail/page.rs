//! The texts of a mail: plain, and HTML in which everything that people wrote is escaped.

use std::fmt::Write;

use super::content::{Content, Shown};
use crate::words::Language;

/// The file, as the mail speaks of it.
#[derive(Debug, Clone)]
pub enum Enclosed {
    /// By name.
    Attached(String),
    /// By name, link, and the local time until which it can be downloaded.
    Linked(String, String, String),
}

/// Rows that are not shown.
fn rest(table: &Shown, language: Language) -> Option<String> {
    let shown = table.rows.len();
    (table.total > shown).then(|| {
        language
            .tell("{shown} of {all} rows; the file has all.")
            .replace("{shown}", &shown.to_string())
            .replace("{all}", &table.total.to_string())
    })
}

fn enclosed(file: &Enclosed, language: Language) -> String {
    match file {
        Enclosed::Attached(name) => language.tell("{file} is attached.").replace("{file}", name),
        Enclosed::Linked(name, _, until) => language
            .tell("{file} is too large for mail. Until {until} it can be downloaded here:")
            .replace("{until}", until)
            .replace("{file}", name),
    }
}

/// The mail as plain text.
pub fn text(mail: &Content, file: &Enclosed) -> String {
    let mut text = format!("{}\n{}, {}\n\n", mail.schedule, mail.title, mail.account);
    for (name, value) in &mail.lines {
        text.push_str(&format!("{name}: {value}\n"));
    }
    if let Some(table) = &mail.table {
        text.push('\n');
        text.push_str(&plain_table(table));
        if let Some(rest) = rest(table, mail.language) {
            text.push_str(&format!("{rest}\n"));
        }
    }
    text.push_str(&format!("\n{}\n", enclosed(file, mail.language)));
    if let Enclosed::Linked(_, link, _) = file {
        text.push_str(&format!("{link}\n"));
    }
    text
}

/// Columns side by side; a table of one row as lines.
fn plain_table(table: &Shown) -> String {
    let mut text = String::new();
    if let [only] = table.rows.as_slice() {
        for (head, value) in table.columns.iter().zip(only) {
            text.push_str(&format!("{}: {value}\n", head.title));
        }
        return text;
    }
    let heads: Vec<String> = table
        .columns
        .iter()
        .map(|head| head.title.clone())
        .collect();
    let all = || std::iter::once(&heads).chain(&table.rows);
    let length = |row: &Vec<String>, at: usize| row.get(at).map_or(0, |cell| cell.chars().count());
    let widths: Vec<usize> = (0..heads.len())
        .map(|at| all().map(|row| length(row, at)).max().unwrap_or(0))
        .collect();
    for row in all() {
        let cells = row.iter().zip(&widths).zip(&table.columns);
        let cells = cells.map(|((cell, width), head)| {
            if head.is_number {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A text in HTML, in elements and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

const CELL: &str = "padding:2px 8px;border-bottom:1px solid #ddd";

/// The mail as HTML.
pub fn html(mail: &Content, file: &Enclosed) -> String {
    let (name, title) = (escaped(&mail.schedule), escaped(&mail.title));
    let account = escaped(&mail.account);
    let mut html = format!(
        "<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>{name}</title></head>\n\
         <body style=\"font-family:sans-serif;font-size:14px\">\n\
         <h1 style=\"font-size:18px\">{name}</h1>\n<p>{title}, {account}</p>\n<p>"
    );
    for (name, value) in &mail.lines {
        html.push_str(&format!("{}: {}<br>\n", escaped(name), escaped(value)));
    }
    html.push_str("</p>\n");
    if let Some(table) = &mail.table {
        html_table(&mut html, table, mail.language);
    }
    html.push_str(&format!("<p>{}", escaped(&enclosed(file, mail.language))));
    if let Enclosed::Linked(name, link, _) = file {
        html.push_str(&format!(
            "<br>\n<a href=\"{}\">{}</a>",
            escaped(link),
            escaped(name)
        ));
    }
    html.push_str("</p>\n</body></html>\n");
    html
}

fn html_table(html: &mut String, table: &Shown, language: Language) {
    html.push_str("<table style=\"border-collapse:collapse;font-size:13px\">\n");
    let is_number: Vec<bool> = table.columns.iter().map(|head| head.is_number).collect();
    let heads: Vec<String> = table
        .columns
        .iter()
        .map(|head| head.title.clone())
        .collect();
    html_row(html, "th", &heads, &is_number);
    for row in &table.rows {
        html_row(html, "td", row, &is_number);
    }
    html.push_str("</table>\n");
    if let Some(rest) = rest(table, language) {
        html.push_str(&format!("<p>{rest}</p>\n"));
    }
}

fn html_row(html: &mut String, element: &str, cells: &[String], is_number: &[bool]) {
    html.push_str("<tr>");
    for (cell, is_number) in cells.iter().zip(is_number) {
        let side = if *is_number { "right" } else { "left" };
        let cell = escaped(cell);
        // Infallible: into a String.
        let _ = write!(
            html,
            "<{element} style=\"{CELL};text-align:{side}\">{cell}</{element}>"
        );
    }
    html.push_str("</tr>\n");
}

#[cfg(test)]
mod tests {
    use super::super::content::Head;
    use super::super::recipients::Recipients;
    use super::*;

    #[test]
    fn what_people_wrote_is_text_and_no_markup() {
        let evil = "<script>alert(\"1\")</script>&'";
        let mail = Content {
            made_at: chrono::DateTime::default(),
            language: Language::English,
            schedule: evil.into(),
            title: evil.into(),
            account: evil.into(),
            days: None,
            lines: vec![("Campaign".into(), evil.into())],
            table: Some(Shown {
                columns: vec![Head {
                    title: evil.into(),
                    is_number: false,
                }],
                rows: vec![vec![evil.into()], vec![evil.into()]],
                total: 30,
            }),
            to: Recipients::new(&[]),
        };
        let file = Enclosed::Linked(evil.into(), evil.into(), "2026-07-01 00:00:00".into());
        let page = html(&mail, &file);
        assert!(
            !page.contains("<script") && !page.contains("alert(\""),
            "{page}"
        );
        assert_eq!(page.matches("&lt;script&gt;").count(), 11);
        assert!(page.contains("2 of 30 rows"));
        assert!(text(&mail, &file).contains(evil));

        let mail = Content {
            language: Language::Vietnamese,
            ..mail
        };
        for page in [html(&mail, &file), text(&mail, &file)] {
            assert!(page.contains("2 trong 30 dòng"), "{page}");
            assert!(!page.contains("rows") && !page.contains("Until"), "{page}");
        }
    }
}
