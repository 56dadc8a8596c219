//! Parsing of one line: JSON in, a row of some kind or faults by field out.

use super::field::{Key, Locale, Presence};
use super::fields::Fields;
use super::kind::{KINDS, Kind};
use crate::error::Faults;
use crate::input::fault;
use crate::json;

/// A valid line whose references are not checked yet.
#[derive(Debug)]
pub struct Row {
    pub kind: &'static Kind,
    pub key: Key,
    /// The row in COPY text format without `created_at`; each value follows a tab.
    pub columns: String,
    /// In COPY text format; `None` keeps the first value.
    pub created_at: Option<String>,
    /// References of the row: field, kind, key.
    pub references: Vec<(&'static str, &'static str, Key)>,
    /// True if its kind has no finishing field.
    pub is_finished: bool,
}

impl Row {
    /// Returns true if this row replaces an earlier one with its key: later rows do, unless they
    /// are less complete.
    pub fn replaces(&self, earlier: &Self) -> bool {
        self.is_finished || !earlier.is_finished
    }
}

/// Parses one line. Faults of no particular field are reported under `unit`.
pub fn parse(line: &str, unit: &str, locale: Locale) -> Result<Row, Faults> {
    let mut faults = Faults::default();
    let fields: Fields<'_> = match serde_json::from_str(line) {
        Ok(fields) => fields,
        Err(error) => {
            faults.add(unit, format!("is not a JSON object: {error}."));
            return Err(faults);
        }
    };
    let Some(kind) = kind(&fields) else {
        faults.add("kind", fault::one_of(KINDS.iter().map(|kind| kind.name)));
        return Err(faults);
    };
    report_unknown(kind, &fields, unit, &mut faults);
    row(kind, &fields, locale, &mut faults)
        .filter(|_| faults.is_empty())
        .ok_or(faults)
}

fn report_unknown(kind: &Kind, fields: &Fields<'_>, unit: &str, faults: &mut Faults) {
    let (names, more) = fields.unknown(|name| kind.field(name).is_some());
    for name in names {
        faults.add(name, "is no field of this kind.");
    }
    if more > 0 {
        faults.add(unit, format!("has {more} more unknown fields."));
    }
}

fn kind(fields: &Fields<'_>) -> Option<&'static Kind> {
    let name: String = serde_json::from_str(fields.get("kind")?).ok()?;
    Kind::named(&name)
}

fn row(
    kind: &'static Kind,
    fields: &Fields<'_>,
    locale: Locale,
    faults: &mut Faults,
) -> Option<Row> {
    let given = |name| fields.get(name).filter(|json| !json::is_blank(json));
    let mut row = Row {
        kind,
        key: Key::Number(0),
        columns: String::new(),
        created_at: None,
        references: Vec::new(),
        is_finished: kind.finished_by.is_none_or(|name| given(name).is_some()),
    };
    for (at, field) in kind.fields.iter().enumerate() {
        let given = given(field.name);
        let mut value = String::new();
        match (given, &field.presence) {
            (Some(json), _) => {
                if let Err(fault) = field.kind.encode(json, locale, &mut value) {
                    faults.add(field.name, fault);
                    continue;
                }
                if let Some(target) = field.kind.target() {
                    row.references
                        .push((field.name, target, field.kind.key(json).ok()?));
                }
                if at == 0 {
                    row.key = field.kind.key(json).ok()?;
                }
            }
            (None, Presence::Required) => faults.add(field.name, fault::REQUIRED),
            (None, Presence::Or(default)) => value.push_str(default),
            (None, Presence::Optional) => value.push_str("\\N"),
            (None, Presence::Kept) => {}
        }
        if field.presence == Presence::Kept {
            row.created_at = given.map(|_| value);
        } else {
            row.columns.push('\t');
            row.columns.push_str(&value);
        }
    }
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::super::fields::{MAX_NAME, MAX_UNKNOWN};
    use super::*;
    use crate::time::Zone;

    const LOCALE: Locale = Locale {
        zone: Zone::UTC,
        country_code: 84,
    };

    fn faults(line: &str) -> Vec<String> {
        let faults = parse(line, "line", LOCALE).expect_err(line);
        faults.iter().map(|(field, _)| field.to_owned()).collect()
    }

    #[test]
    fn every_faulty_field_of_a_line_is_reported() {
        assert_eq!(
            faults(r#"{"kind":"agent","id":"x","colour":1,"team_id":1.5}"#),
            ["colour", "id", "name", "team_id", "username"]
        );
        assert_eq!(faults("{"), ["line"]);
        assert_eq!(faults("[]"), ["line"]);
        assert_eq!(faults("{}"), ["kind"]);
        assert_eq!(faults(r#"{"kind":"lead"}"#), ["kind"]);
    }

    #[test]
    fn a_line_with_a_million_faults_has_a_bounded_report() {
        let fields: String = (0..100_000)
            .map(|number| format!(r#","x{number}":1"#))
            .collect();
        let found = faults(&format!(
            r#"{{"kind":"team","id":1,"name":"T","{}":1{fields}}}"#,
            "y".repeat(100_000)
        ));
        assert_eq!(found.len(), MAX_UNKNOWN + 1);
        assert!(found.iter().all(|field| field.len() <= MAX_NAME));
    }

    #[test]
    fn omitted_fields_take_their_defaults() {
        let row = parse(
            r#"{"kind":"caller_id","cid":"0900","carrier":"other","cli_type":"mobile","display_name":""}"#,
            "line",
            LOCALE,
        );
        assert_eq!(
            row.unwrap().columns,
            "\t0900\t\\N\tother\tmobile\tactive\t\\N\t200"
        );
    }
}

/// Arbitrary text as a line; `script/fuzz` tries a million.
#[cfg(test)]
mod fuzz {
    use crate::time::Zone;
    use proptest::prelude::*;

    use super::*;

    const LOCALE: Locale = Locale {
        zone: Zone::UTC,
        country_code: 84,
    };

    /// Values used among random ones.
    const KNOWN: &[&str] = &[
        "null",
        "true",
        "0",
        "-0",
        "1",
        "-1",
        "1.5",
        "1e400",
        "9223372036854775808",
        "\"\"",
        "\"1\"",
        "\"active\"",
        "\"answered\"",
        "\"2026-06-01\"",
        "\"2026-06-01T10:00:00.123456+07:00\"",
        "\"0001-01-01T00:00:00+23:59\"",
        "\"9999-12-31T23:59:59Z\"",
        "\"+84987654321\"",
        "\" (098) 765-4321 \"",
        "25.0",
        "\" \\t\"",
        "\"e\\u0301\"",
        "\"#10B981\"",
        "\"12*#\"",
        "\"a\\tb\\nc\\\\\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"💩\"",
        "[]",
        "[1,[2]]",
        "[\"a\",\"b\\t\"]",
        "{}",
        "{\"a\":{\"b\":[null]}}",
        "[{\"digit\":\"1\",\"label\":\"L\",\"action_type\":\"queue\"}]",
        "{",
        "nonsense",
    ];

    /// A JSON value of any type, or text that resembles one.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            5 => prop::sample::select(KNOWN).prop_map(str::to_owned),
            1 => any::<i64>().prop_map(|number| number.to_string()),
            1 => any::<f64>().prop_map(|number| number.to_string()),
            1 => ".{0,20}".prop_map(|text: String| serde_json::Value::from(text).to_string()),
        ]
    }

    /// A line of some kind with valid and invalid fields, possibly damaged as a whole.
    fn line() -> impl Strategy<Value = String> {
        let damage = prop::option::weighted(0.3, (any::<prop::sample::Index>(), ".{0,3}"));
        let values = prop::collection::vec(prop::option::weighted(0.8, value()), 24);
        (0..KINDS.len(), values, damage).prop_map(|(kind, values, damage)| {
            let kind = &KINDS[kind];
            let fields = kind
                .fields
                .iter()
                .zip(values)
                .filter_map(|(field, value)| Some((field.name, value?)));
            let fields: String = fields
                .map(|(name, value)| format!(",\"{name}\":{value}"))
                .collect();
            let line = format!("{{\"kind\":\"{}\"{fields}}}", kind.name);
            let Some((at, instead)) = damage else {
                return line;
            };
            let mut letters: Vec<char> = line.chars().collect();
            let at = at.index(letters.len());
            letters.splice(at..=at, instead.chars());
            letters.into_iter().collect()
        })
    }

    proptest! {
        #[test]
        fn any_line_is_one_row_of_copy_or_reported(line in prop_oneof![8 => line(), 1 => ".{0,80}"]) {
            match parse(&line, "line", LOCALE) {
                Ok(row) => {
                    let columns = row.kind.columns().filter(|(name, _)| *name != "created_at").count();
                    prop_assert_eq!(row.columns.matches('\t').count(), columns, "a value that exceeds its column");
                    let text = row.columns + row.created_at.as_deref().unwrap_or_default();
                    prop_assert!(!text.contains(['\n', '\r', '\0']), "{}", text);
                }
                Err(faults) => prop_assert!(!faults.is_empty()),
            }
        }
    }
}
