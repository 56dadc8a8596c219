//! Rules of schedules that types cannot say: closed sets, and objects without other members.

use serde_json::{Value, json};

use crate::files::layout::{LANG, TEMPLATE};
use crate::input::Choice;
use crate::reports::report::Format;
use crate::schedules::report::Report;
use crate::templates::store::NAME_PATTERN;
use crate::time::NamedWindow;
use crate::words::Language;

/// Adds them to the schemas.
pub fn add(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas") else {
        return;
    };
    let reports: Vec<String> = Report::all().map(Report::name).collect();
    let formats = [Format::Xlsx, Format::Csv].map(Choice::name);
    for name in ["ScheduleCreate", "ScheduleChange"] {
        let Some(members) = schemas.pointer_mut(&format!("/{name}/properties")) else {
            continue;
        };
        for (member, values) in [
            ("report", json!(reports)),
            ("window", json!(NamedWindow::NAMES)),
            ("format", json!(formats)),
            (LANG.name, json!(Language::NAMES)),
        ] {
            if let Some(place) = members.get_mut(member) {
                close(place, values);
            }
        }
        members[TEMPLATE.name]["pattern"] = json!(NAME_PATTERN);
    }
    if let Some(at) = schemas.get_mut("ScheduleAt") {
        at["additionalProperties"] = json!(false);
        at["properties"]["timezone"]["format"] = json!("time-zone");
    }
    if let Some(deliver) = schemas.get_mut("ScheduleDeliver") {
        deliver["additionalProperties"] = json!(false);
        deliver["minProperties"] = json!(1);
        deliver["properties"]["email"]["uniqueItems"] = json!(true);
    }
}

/// Closes the set of values, null among them where it stands for the default.
fn close(place: &mut Value, mut values: Value) {
    let is_nullable = place["type"]
        .as_array()
        .is_some_and(|types| types.contains(&json!("null")));
    if let (true, Some(values)) = (is_nullable, values.as_array_mut()) {
        values.push(Value::Null);
    }
    place["enum"] = values;
}
