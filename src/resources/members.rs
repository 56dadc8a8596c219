//! Members of resources: declared once, as the ingest fields of their rows, and read from request bodies.
//!
//! Owns the rules of PATCH: named members change, null puts back the default, a member sent with its value is no change.
//! Must not know any resource, or HTTP.

use std::collections::BTreeMap;

use serde_json::value::{RawValue, Value};

use crate::auth::audit::Changes;
use crate::error::Faults;
use crate::ingest::field::{self, Field, Locale, Presence};
use crate::input::fault;
use crate::json;
use crate::time::instant::GivenInstant;

/// Members of a request's object, each as sent.
pub type Object = BTreeMap<String, Box<RawValue>>;

/// Maximum number of unknown members reported by name, and of characters of each name.
const MAX_UNKNOWN: usize = 20;
const MAX_NAME: usize = 100;

/// Members of a resource.
#[derive(Debug, Default)]
pub struct Members {
    /// Members that clients set.
    pub settable: &'static [Field],
    /// Members that are only shown.
    pub shown: &'static [&'static str],
}

/// Values of columns, for `jsonb_populate_record`.
#[derive(Debug, Default, Clone, serde::Serialize)]
#[serde(transparent)]
pub struct Columns(BTreeMap<&'static str, field::Value>);

impl Columns {
    pub fn set(&mut self, name: &'static str, value: field::Value) {
        self.0.insert(name, value);
    }

    pub fn set_text(&mut self, name: &'static str, value: impl ToString) {
        self.set(name, field::Value::Text(value.to_string()));
    }

    /// The text of a column that is given and not null.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(field::Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The JSON of a column that is given and not null.
    pub fn json(&self, name: &str) -> Option<&RawValue> {
        match self.0.get(name) {
            Some(field::Value::Json(json)) => Some(json),
            _ => None,
        }
    }

    /// True if the column is given, even as null.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// The columns as one JSON object.
    pub fn object(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() // infallible: names are texts
    }
}

impl Members {
    /// Columns of a new row, with defaults. Adds a fault for each invalid, missing or unknown member.
    pub fn create(&self, object: &Object, locale: Locale, faults: &mut Faults) -> Columns {
        let mut columns = Columns::default();
        for field in self.settable {
            let given = object
                .get(field.name)
                .map(|value| value.get())
                .filter(|json| !json::is_blank(json));
            set(&mut columns, field, given, locale, faults);
        }
        let others = object.keys().filter(|name| self.settable(name).is_none());
        self.refuse(others, faults);
        columns
    }

    /// Columns that a PATCH names. `shown` is the resource as clients see it: members that equal theirs there are left out.
    /// Adds a fault for each invalid or unknown member, and for a member that cannot be set.
    pub fn change(
        &self,
        object: &Object,
        shown: &Value,
        locale: Locale,
        faults: &mut Faults,
    ) -> Columns {
        let mut columns = Columns::default();
        let mut others = Vec::new();
        for (name, value) in object {
            let settable = self.settable(name);
            let is_instant = settable.is_none_or(|field| field.kind.is_instant());
            let is_shown = |shown| {
                is_same(value.get(), shown) || is_instant && is_same_instant(value.get(), shown)
            };
            if shown.get(name.as_str()).is_some_and(is_shown) {
                continue;
            }
            let given = Some(value.get()).filter(|json| !json::is_blank(json));
            match settable {
                Some(field) => set(&mut columns, field, given, locale, faults),
                None => others.push(name),
            }
        }
        self.refuse(others.into_iter(), faults);
        columns
    }

    /// Members of a new resource as changes, without those that are null. `shown` is the resource as clients see it.
    pub fn created(&self, shown: &Value) -> Changes {
        let values = self.settable.iter().filter_map(|field| {
            let value = shown.get(field.name).filter(|value| !value.is_null())?;
            Some((field.name.to_owned(), (Value::Null, value.clone())))
        });
        values.collect()
    }

    fn settable(&self, name: &str) -> Option<&'static Field> {
        self.settable.iter().find(|field| field.name == name)
    }

    /// Adds a fault for each of these names: no settable members.
    fn refuse<'a>(&self, names: impl Iterator<Item = &'a String>, faults: &mut Faults) {
        let (mut unknown, mut more) = (0, 0);
        for name in names {
            if self.shown.contains(&name.as_str()) {
                faults.add(name.as_str(), "cannot be set.");
                continue;
            }
            unknown += 1;
            if unknown <= MAX_UNKNOWN {
                let name: String = name.chars().take(MAX_NAME).collect();
                faults.add(name, "is no member of this resource.");
            } else {
                more += 1;
            }
        }
        if more > 0 {
            faults.add("body", format!("has {more} more unknown members."));
        }
    }
}

/// Sets the column of a field, by default if no value is given.
fn set(
    columns: &mut Columns,
    field: &Field,
    given: Option<&str>,
    locale: Locale,
    faults: &mut Faults,
) {
    let value = match (given, field.presence) {
        (Some(json), _) => field.kind.column(json, locale),
        (None, Presence::Required) => Err(fault::of_field(field.name, fault::REQUIRED)),
        (None, Presence::Or(default)) => Ok(field.kind.uncopied(default)),
        (None, Presence::Optional | Presence::Kept) => Ok(field::Value::Null),
    };
    match value {
        Ok(value) => columns.set(field.name, value),
        Err(fault) => faults.add(field.name, fault),
    }
}

/// True if a JSON text is a value as it is shown: numbers may differ in notation.
pub fn is_same(sent: &str, shown: &Value) -> bool {
    if json::is_blank(sent) {
        return shown.is_null();
    }
    match (serde_json::from_str::<Value>(sent), shown) {
        (Ok(sent), shown) if sent == *shown => true,
        (Ok(Value::Number(_)), Value::Number(number)) => {
            json::decimal(sent).is_some_and(|sent| json::decimal(&number.to_string()) == Some(sent))
        }
        _ => false,
    }
}

/// True if a JSON text is an instant as it is shown, in any offset and with any fraction of the second.
pub fn is_same_instant(sent: &str, shown: &Value) -> bool {
    let sent = serde_json::from_str::<String>(sent).ok();
    let sent = sent.as_deref().and_then(instant);
    sent.is_some() && sent == shown.as_str().and_then(instant)
}

/// Seconds since 1970 of an instant with an offset.
fn instant(text: &str) -> Option<i64> {
    match GivenInstant::parse(text)? {
        GivenInstant::Instant { at, .. } => Some(at.timestamp()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ingest::kind::field;
    use crate::time::Zone;

    const MEMBERS: Members = Members {
        settable: &[
            field("caller_id", "cid"),
            field("caller_id", "display_name"),
            field("caller_id", "daily_cap"),
            field("autocall_lead", "payload"),
        ],
        shown: &["id"],
    };
    const LOCALE: Locale = Locale {
        zone: Zone::UTC,
        country_code: 84,
    };

    fn object(json: Value) -> Object {
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn faulty(faults: &Faults) -> Vec<&str> {
        faults.iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn a_new_row_has_its_defaults() {
        let mut faults = Faults::default();
        let columns = MEMBERS.create(&object(json!({"cid": "0900"})), LOCALE, &mut faults);
        assert_eq!(
            columns.object(),
            r#"{"cid":"0900","daily_cap":"200","display_name":null,"payload":{}}"#
        );
        assert!(faults.is_empty());
    }

    #[test]
    fn every_faulty_member_is_reported() {
        let mut faults = Faults::default();
        let bad = json!({"cid": " ", "daily_cap": 0, "id": 1, "colour": 1});
        MEMBERS.create(&object(bad), LOCALE, &mut faults);
        assert_eq!(faulty(&faults), ["cid", "colour", "daily_cap", "id"]);
    }

    #[test]
    fn a_change_leaves_out_equal_members_and_null_is_the_default() {
        let shown = json!({"id": 7, "cid": "0900", "display_name": "N", "daily_cap": 9, "payload": {"a": 1}});
        let change = |sent| {
            let mut faults = Faults::default();
            let columns = MEMBERS.change(&object(sent), &shown, LOCALE, &mut faults);
            (columns.object(), faulty(&faults).join(","))
        };
        assert_eq!(change(shown.clone()), ("{}".into(), String::new()));
        assert_eq!(
            change(json!({"daily_cap": null, "display_name": "", "id": 7.0})),
            (
                r#"{"daily_cap":"200","display_name":null}"#.into(),
                String::new()
            )
        );
        assert_eq!(
            change(json!({"cid": null, "id": 8, "x": 1})),
            ("{}".into(), "cid,id,x".into())
        );
    }

    #[test]
    fn unknown_members_are_reported_within_a_bound() {
        let many: Object = (0..1_000)
            .map(|number| (format!("x{number}"), RawValue::NULL.to_owned()))
            .collect();
        let mut faults = Faults::default();
        MEMBERS.change(&many, &json!({}), LOCALE, &mut faults);
        assert_eq!(faults.len(), MAX_UNKNOWN + 1);
    }

    #[test]
    fn an_instant_is_the_same_in_any_offset() {
        let shown = json!("2026-06-30T08:00:00+00:00");
        for (sent, same) in [
            (r#""2026-06-30T08:00:00+00:00""#, true),
            (r#""2026-06-30T15:00:00.25+07:00""#, true),
            (r#""2026-06-30T08:00:01Z""#, false),
            (r#""2026-06-30""#, false),
            ("null", false),
        ] {
            assert_eq!(
                is_same(sent, &shown) || is_same_instant(sent, &shown),
                same,
                "{sent}"
            );
        }
    }

    #[test]
    fn a_text_that_reads_as_an_instant_is_compared_as_a_text() {
        let shown = json!({"id": 1, "display_name": "2026-06-30T08:00:00.1Z"});
        let sent = object(json!({"display_name": "2026-06-30T08:00:00.2Z"}));
        let mut faults = Faults::default();
        let columns = MEMBERS.change(&sent, &shown, LOCALE, &mut faults);
        assert!(faults.is_empty() && !columns.is_empty());
    }
}
