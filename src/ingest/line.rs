//! Parsing of one line: JSON in, a row of some kind or faults by field out.

use super::field::{Key, Locale, Presence};
use super::fields::Fields;
use super::kind::{KINDS, Kind};
use crate::error::Faults;
use crate::input::fault;
use crate::json;

/// A line whose references are not checked yet. Faults found so far are in it, so that they are
/// reported with those of its references.
#[derive(Debug)]
pub struct Row {
    pub kind: &'static Kind,
    pub key: Key,
    /// The row in COPY text format without `created_at`; each value follows a tab.
    pub columns: String,
    /// In COPY text format; `None` keeps the first value.
    pub created_at: Option<String>,
    /// Bits of the fields that the line lacks and that keep their stored values, by position in the
    /// kind.
    pub absent: i64,
    pub faults: Faults,
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

    /// Required fields that the line lacks: only an existing row can supply them.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> {
        let bits = self.absent & self.kind.required();
        let fields = self.kind.fields.iter().enumerate();
        fields.filter_map(move |(at, field)| (bits >> at & 1 == 1).then_some(field.name))
    }

    /// Puts this row over an earlier one with its key: what this line lacks is taken from there.
    pub fn over(mut self, earlier: Self) -> Self {
        if self.absent != 0 {
            self.columns = self.merged_columns(&earlier);
            self.absent &= earlier.absent;
        }
        self.created_at = self.created_at.or(earlier.created_at);
        self
    }

    fn merged_columns(&self, earlier: &Self) -> String {
        let mut merged = String::new();
        let mut values = self.columns.split('\t').zip(earlier.columns.split('\t'));
        values.next(); // Nothing stands before the first tab.
        for (at, field) in self.kind.fields.iter().enumerate() {
            if field.presence == Presence::Kept {
                continue;
            }
            let is_absent = self.absent >> at & 1 == 1;
            for (own, earlier) in values.by_ref().take(field.columns().count()) {
                merged.push('\t');
                merged.push_str(if is_absent { earlier } else { own });
            }
        }
        merged
    }
}

/// Parses one line. Faults of no particular field are reported under `unit`. A line without a valid
/// kind and key has only faults.
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
    match row(kind, &fields, locale, &mut faults) {
        Some(row) => Ok(Row { faults, ..row }),
        None => Err(faults),
    }
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
        absent: 0,
        faults: Faults::default(),
        references: Vec::new(),
        is_finished: kind.finished_by.is_none_or(|name| given(name).is_some()),
    };
    let mut has_key = false;
    for (at, field) in kind.fields.iter().enumerate() {
        let keeps = kind.keeps_absent && fields.get(field.name).is_none() && at > 0;
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
                    has_key = true;
                }
            }
            (None, Presence::Required) if keeps => {
                let nulls = vec!["\\N"; field.columns().count()];
                value.push_str(&nulls.join("\t"));
            }
            (None, Presence::Required) => faults.add(field.name, fault::REQUIRED),
            (None, Presence::Or(default)) => value.push_str(default),
            (None, Presence::Optional) => value.push_str("\\N"),
            (None, Presence::Kept) => {}
        }
        if field.presence == Presence::Kept {
            row.created_at = given.map(|_| value);
        } else {
            row.absent |= i64::from(keeps) << at;
            row.columns.push('\t');
            row.columns.push_str(&value);
        }
    }
    has_key.then_some(row)
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
        let faults = parse(line, "line", LOCALE).map_or_else(|faults| faults, |row| row.faults);
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
    fn a_later_line_takes_absent_fields_from_an_earlier_one() {
        let parse = |line: &str| parse(line, "line", LOCALE).unwrap();
        let first = r#"{"kind":"autocall_lead","id":1,"campaign_id":2,"phone":"0987654321","external_ref":"a"}"#;
        let second = r#"{"kind":"autocall_lead","id":1,"external_ref":null,"status":"dnc"}"#;
        assert_eq!(
            parse(second).missing().collect::<Vec<_>>(),
            ["campaign_id", "phone"]
        );
        let row = parse(second).over(parse(first));
        assert_eq!(row.columns, "\t1\t2\t84987654321\t0987654321\t\\N\t{}\tdnc");
        assert_eq!(row.missing().count(), 0);
        // The payload is in neither line.
        assert_eq!(row.absent, 1 << 4);
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
                Ok(row) if row.faults.is_empty() => {
                    let columns = row.kind.columns().filter(|(name, _)| *name != "created_at").count();
                    prop_assert_eq!(row.columns.matches('\t').count(), columns, "a value that exceeds its column");
                    let text = row.columns + row.created_at.as_deref().unwrap_or_default();
                    prop_assert!(!text.contains(['\n', '\r', '\0']), "{}", text);
                }
                Ok(_) => {}
                Err(faults) => prop_assert!(!faults.is_empty()),
            }
        }
    }
}
