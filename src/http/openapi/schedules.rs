//! Rules of schedules that types cannot say: closed sets, and objects without other members.

use serde_json::{Value, json};

use crate::input::Choice;
use crate::reports::report::Format;
use crate::schedules::report::Report;
use crate::time::NamedWindow;

/// Adds them to the schemas.
pub fn add(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas") else {
        return;
    };
    let reports: Vec<String> = Report::all().map(Report::name).collect();
    let formats = [Format::Xlsx, Format::Csv].map(Choice::name);
    for name in ["ScheduleCreate", "ScheduleChange"] {
        for (member, values) in [
            ("report", json!(reports)),
            ("window", json!(NamedWindow::NAMES)),
            ("format", json!(formats)),
        ] {
            if let Some(place) = schemas.pointer_mut(&format!("/{name}/properties/{member}")) {
                close(place, values);
            }
        }
    }
    if let Some(at) = schemas.get_mut("ScheduleAt") {
        at["additionalProperties"] = json!(false);
        at["properties"]["timezone"]["format"] = json!("time-zone");
    }
    if let Some(deliver) = schemas.get_mut("ScheduleDeliver") {
        deliver["additionalProperties"] = json!(false);
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
