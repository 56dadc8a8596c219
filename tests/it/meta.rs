//! The catalogue of figures: complete, in both languages, and true of the answers it is about.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use callboard::{analytics, catalogue, overview, reports, words};
use serde_json::{Value, json};

use crate::support::TestApp;

/// Parameters of the lists of calls and leads (contract, section 11), beside those of reports.
const OF_LISTS: &[&str] = &[
    "result",
    "hangup_cause",
    "lead_id",
    "phone",
    "day_of_week",
    "hour",
    "bucket",
    "stage",
    "has",
    "window",
    "digit",
    "path",
    "transfer",
    "agent_disposition",
    "attempt_number",
    "provider",
    "outcome",
    "sentiment",
    "disposition",
    "cid",
    "source",
    "conversion",
    "talk_over",
    "talk_under",
    "created",
    "progress",
    "min_attempts",
    "lost_after",
    "calls",
    "status",
];

/// Entries by id.
fn entries() -> BTreeMap<String, Value> {
    let entries = catalogue::entries().iter();
    let entries = entries.map(|entry| serde_json::to_value(entry).expect("JSON"));
    entries
        .map(|entry| (entry["id"].as_str().expect("an id").to_owned(), entry))
        .collect()
}

/// Example bodies by the route of their report, and the names of the parameters that their requests have.
fn answers() -> BTreeMap<String, (Value, BTreeSet<&'static str>)> {
    let example = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    let of_reports = reports::ALL.iter().map(|report| {
        let names = report.parameters().map(|parameter| parameter.plain());
        let names = names.chain(["campaign_id"]).collect();
        (report.path(), (example(report.about.example), names))
    });
    let of_questions = analytics::ALL.iter().map(|question| {
        let route = format!("/analytics#{}", question.about.name);
        (route, (example(question.about.example), BTreeSet::new()))
    });
    let of_overviews = ["autocall", "telesales"].map(|product| {
        let names = overview::PARAMETERS.map(|parameter| parameter.plain());
        let route = format!("/api/overview#{product}");
        (route, (example(overview::EXAMPLE), names.into()))
    });
    of_reports.chain(of_questions).chain(of_overviews).collect()
}

/// The values at a pointer, each with the objects around it, innermost first.
fn at<'a>(
    value: &'a Value,
    pointer: &[&str],
    around: &[&'a Value],
) -> Vec<(&'a Value, Vec<&'a Value>)> {
    let Some((step, rest)) = pointer.split_first() else {
        return vec![(value, around.to_vec())];
    };
    let mut around = around.to_vec();
    if value.is_object() {
        around.insert(0, value);
    }
    let next: Vec<&Value> = match value {
        // An empty list of an example says nothing.
        Value::Array(rows) if *step == "*" && rows.is_empty() => {
            return vec![(&Value::Null, around)];
        }
        Value::Array(rows) if *step == "*" => rows.iter().collect(),
        Value::Object(members) if *step == "*" => members.values().collect(),
        other => other.get(step).into_iter().collect(),
    };
    next.into_iter()
        .flat_map(|value| at(value, rest, &around))
        .collect()
}

fn pointer(text: &str) -> Vec<&str> {
    text.split('/').skip(1).collect()
}

#[test]
fn vietnamese_words_are_there_for_exactly_what_has_a_label() {
    let labelled: BTreeSet<String> = catalogue::labelled().into_iter().collect();
    let words: BTreeSet<String> = words::ids().map(str::to_owned).collect();
    let missing: Vec<_> = labelled.difference(&words).collect();
    let needless: Vec<_> = words.difference(&labelled).collect();
    assert!(
        missing.is_empty() && needless.is_empty(),
        "src/words/vi.json lacks {missing:#?} and needs no {needless:#?}"
    );
}

#[test]
fn every_entry_is_complete_and_names_entries() {
    let entries = entries();
    assert_eq!(entries.len(), catalogue::entries().len(), "ids are unique");
    for (id, entry) in &entries {
        for text in ["label", "description"] {
            for language in ["en", "vi"] {
                let text = entry[text][language].as_str();
                assert!(text.is_some_and(|text| !text.is_empty()), "{id}: {entry}");
            }
        }
        assert_eq!(
            entry["counts"].is_string(),
            entry["kind"] == "count",
            "{id}"
        );
        for part in ["numerator", "denominator"] {
            let part = entry[part].as_str();
            assert!(
                part.is_none_or(|part| entries.contains_key(part)),
                "{id}: {part:?}"
            );
        }
        assert_eq!(
            entry["numerator"].is_null(),
            entry["denominator"].is_null(),
            "{id}"
        );
    }
    let rate = &entries["telesales.dashboard.answer_rate_pct"];
    assert_eq!(rate["numerator"], "telesales.dashboard.total_answers");
    assert_eq!(rate["rounding"], "two_decimals");
    let share = &entries["autocall.dtmf.by_digit.pct"];
    assert_eq!(share["denominator"], "autocall.dtmf.with_dtmf_input");
    assert_eq!(share["rounding"], "largest_remainder");
}

#[test]
fn every_closed_set_of_answers_is_told_in_words() {
    let snake = |name: &str| {
        let words = name.split_inclusive(|_: char| true).map(|letter| {
            let small = letter.to_lowercase();
            if small == letter {
                small
            } else {
                format!("_{small}")
            }
        });
        words.collect::<String>().trim_start_matches('_').to_owned()
    };
    let sets = callboard::closed::ALL.iter();
    let sets: BTreeMap<String, &[&str]> = sets.map(|set| (snake(set.name), set.values)).collect();
    let mut closed = 0;
    for (name, known) in catalogue::values(None) {
        let values: Vec<&str> = known.iter().map(|known| known.value.as_str()).collect();
        match name {
            "hangup_cause" => {
                assert!(values.contains(&"NORMAL_CLEARING") && values.contains(&"16"))
            }
            "day_of_week" => assert_eq!(values, ["0", "1", "2", "3", "4", "5", "6"]),
            name => {
                assert_eq!(values, sets[name], "{name}");
                closed += 1;
            }
        }
        for known in known {
            let texts = [known.label, known.description];
            let texts = texts.into_iter().flat_map(|text| [text.en, text.vi]);
            assert!(
                texts.flatten().filter(|text| !text.is_empty()).count() == 4,
                "{name}"
            );
        }
    }
    assert_eq!(closed, 14);
}

/// Every shown entry points at values of its report's example.
#[test]
fn every_entry_points_at_a_member_of_its_answer() {
    let answers = answers();
    for (id, entry) in entries() {
        let Some(place) = entry["at"].as_str() else {
            continue;
        };
        let (body, _) = &answers[entry["report"].as_str().expect("a route")];
        let found = at(&body["data"], &pointer(place), &[]);
        assert!(!found.is_empty(), "{id}: nothing at {place}");
        for (value, _) in found {
            assert!(!value.is_object() && !value.is_array(), "{id}: {value}");
        }
    }
}

/// Lists are opened by parameters that they have, with names that stand around the number.
#[test]
fn every_list_is_opened_by_names_that_exist() {
    let answers = answers();
    let mut opened = 0;
    for (id, entry) in entries() {
        let Some(set) = entry["calls"]["set"].as_object() else {
            continue;
        };
        let (body, parameters) = &answers[entry["report"].as_str().expect("a route")];
        let place = entry["at"].as_str().unwrap_or("/*");
        let standing = at(&body["data"], &pointer(place), &[]);
        let around = standing
            .first()
            .map(|(_, around)| around.clone())
            .unwrap_or_default();
        let all = reports::ALL.iter().flat_map(|report| report.parameters());
        let known: BTreeSet<&str> = all
            .map(|parameter| parameter.plain())
            .chain(OF_LISTS.iter().copied())
            .collect();
        let list = entry["calls"]["list"].as_str().expect("a list");
        let values = set.values().filter_map(Value::as_str);
        for value in values.chain(list.split('/')) {
            let name = value
                .strip_prefix('{')
                .and_then(|value| value.strip_suffix('}'));
            let is_known = name.is_none_or(|name| {
                name == "*"
                    || name == "settings.short_call_sec"
                    || parameters.contains(name)
                    || around.iter().any(|object| object.get(name).is_some())
            });
            assert!(is_known || entry["at"].is_null(), "{id}: {value}");
        }
        for name in set.keys() {
            assert!(known.contains(name.as_str()), "{id}: {name}");
        }
        opened += 1;
    }
    assert!(opened > 80, "only {opened} lists");
}

/// Counts without a list: those of agents, recorded breaches, and figures that no list selects: calls of eight days of the
/// overview, and leads without a dial.
#[test]
fn every_count_that_is_shown_has_its_list() {
    let without: Vec<String> = entries()
        .into_iter()
        .filter(|(_, entry)| entry["kind"] == "count" && entry["at"].is_string())
        .filter(|(_, entry)| entry["calls"].is_null())
        .map(|(id, _)| id)
        .collect();
    let expected = [
        "autocall.overview.in_progress",
        "telesales.abandon-rate.breaches.attempts_abandoned",
        "telesales.abandon-rate.breaches.attempts_total",
        "telesales.dashboard.unique_agents",
        "telesales.overview.in_progress",
        "telesales.overview.leads_left",
    ];
    assert_eq!(without, expected);
}

#[test]
fn every_member_of_every_figure_is_marked() {
    fn unmarked(document: &Value, place: &str, schema: &Value, found: &mut Vec<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let schema = document.pointer(&reference[1..]).expect("a schema");
            return unmarked(document, place, schema, found);
        }
        for part in ["oneOf", "allOf"] {
            for part in schema[part].as_array().into_iter().flatten() {
                unmarked(document, place, part, found);
            }
        }
        let items = [&schema["items"]]
            .into_iter()
            .filter(|items| items.is_object());
        items.for_each(|items| unmarked(document, place, items, found));
        let map = &schema["additionalProperties"];
        if map.is_object() && map["x-callboard"].is_null() {
            found.push(format!("{place}.*"));
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if property["x-callboard"].is_null() {
                let before = found.len();
                let place = format!("{place}.{name}");
                unmarked(document, &place, property, found);
                if found.len() == before && !has_members(document, property) {
                    found.push(place);
                }
            }
        }
    }
    fn has_members(document: &Value, schema: &Value) -> bool {
        if let Some(reference) = schema["$ref"].as_str() {
            return has_members(
                document,
                document.pointer(&reference[1..]).expect("a schema"),
            );
        }
        let parts = ["oneOf", "allOf"]
            .iter()
            .flat_map(|part| schema[*part].as_array().into_iter().flatten());
        let parts = parts
            .chain([&schema["items"]])
            .any(|part| part.is_object() && has_members(document, part));
        parts || schema["properties"].is_object() || schema["additionalProperties"].is_object()
    }
    let document = callboard::http::openapi::generate();
    let mut found = Vec::new();
    let operations = reports::ALL.iter().map(|report| (report.path(), "get"));
    for (path, method) in operations.chain([("/analytics".to_owned(), "post")]) {
        let answer = &document["paths"][&path][method]["responses"]["200"];
        let schema = &answer["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{path}");
        unmarked(&document, &path, schema, &mut found);
    }
    let row = &document["components"]["schemas"]["OverviewRow"];
    assert!(row.is_object());
    unmarked(&document, "overview", row, &mut found);
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn the_catalogue_is_served_in_one_language_or_both() {
    let test = TestApp::new().await;
    let all = test.data("/api/meta/metrics").await;
    let all = all.as_array().expect("entries");
    assert_eq!(all.len(), catalogue::entries().len());
    let short = |entries: &[Value]| {
        let id = "telesales.caller-id-health.short_calls";
        let entry = entries.iter().find(|entry| entry["id"] == id);
        entry.expect("an entry")["calls"]["set"]["talk_under"].clone()
    };
    assert_eq!(short(all), "10");
    let one = test.data("/api/meta/metrics?lang=vi").await;
    let dials = one.as_array().expect("entries").iter();
    let mut dials = dials.filter(|entry| entry["id"] == "telesales.dashboard.total_dials");
    assert_eq!(
        dials.next().expect("an entry")["label"],
        json!({"vi": "Số cuộc gọi ra"})
    );
    let refused = test.get("/api/meta/metrics?lang=de").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.json()["errors"]["lang"].is_array());

    assert_eq!(test.data("/api/meta").await["language"], "auto");
    let set = [
        "tenant",
        "set",
        "--id",
        "1",
        "language=vi",
        "short_call_sec=7",
    ];
    let program = crate::support::program::Program::beside(&test);
    program.ok(&set, "").await;
    let token = test.issue(1, "admin-1", &[]).await;
    let get = async |path: &str| {
        let answer = test
            .request(axum::http::Method::GET, path, Some(&token))
            .await;
        answer.json()["data"].clone()
    };
    let meta = get("/api/meta").await;
    assert_eq!(meta["language"], "vi");
    assert_eq!(meta["limits"]["telesales"], 120);
    assert_eq!(
        meta["modules"],
        json!(["autocall", "telesales", "analytics"])
    );
    assert_eq!(meta["complete_from"], Value::Null);
    let metrics = get("/api/meta/metrics").await;
    assert_eq!(short(metrics.as_array().expect("entries")), "7");
}
