//! Bodies of requests on webhooks, and their faults.

use serde_json::Value;
use serde_json::value::RawValue;

use super::event::subscription;
use super::guard::{Guard, MAX_URL};
use crate::error::{Error, Faults, Result};
use crate::input::fault::{self, of_field};
use crate::input::unknown;
use crate::input::value::within;
use crate::json;
use crate::resources::members::{Object, is_same, is_same_instant};

/// Maximum number of subscriptions of a webhook.
const MAX_EVENTS: usize = 50;
/// Maximum length of a description, in code points.
const MAX_DESCRIPTION: usize = 255;

/// States that a client may set, the default first.
const STATUSES: [&str; 2] = ["active", "paused"];
/// Members that are only shown.
const SHOWN: &[&str] = &[
    "id",
    "suspended_at",
    "last_success_at",
    "last_failure_at",
    "last_error",
    "failures_in_a_row",
    "created_at",
    "updated_at",
];

/// Members that a client sets; `None` for those that do not change.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub url: Option<String>,
    pub events: Option<Vec<String>>,
    pub description: Option<Option<String>>,
    pub status: Option<String>,
}

/// Reads a new webhook, or with `shown`, the webhook as clients see it, a change to it: members that equal theirs there are
/// left out. `Invalid` with every fault.
pub async fn read(object: &Object, shown: Option<&Value>, guard: &Guard) -> Result<Change> {
    let mut faults = Faults::default();
    let is_new = shown.is_none();
    let is_change = |name: &str| {
        let value = object.get(name).map(|value| value.get());
        match (value, shown.and_then(|shown| shown.get(name))) {
            (None, _) => is_new,
            (Some(value), Some(shown)) => {
                let is_instant = SHOWN.contains(&name);
                !(is_same(value, shown) || is_instant && is_same_instant(value, shown))
            }
            (Some(_), None) => true,
        }
    };
    let given = |name: &str| {
        let value = object.get(name).map(|value| value.get());
        value.filter(|value| !json::is_blank(value))
    };
    let mut change = Change::default();
    if is_change("url") {
        change.url = url(given("url"), guard, &mut faults).await;
    }
    if is_change("events") {
        change.events = events(given("events"), &mut faults);
    }
    if is_change("description") {
        change.description = description(given("description"), &mut faults);
    }
    if !is_new && is_change("status") {
        change.status = status(given("status"), &mut faults);
    }
    let is_known = |name: &str| {
        matches!(name, "url" | "events" | "description") || (!is_new && name == "status")
    };
    let others = object
        .keys()
        .filter(|name| !is_known(name) && is_change(name));
    let is_shown = |name: &str| SHOWN.contains(&name) || (is_new && name == "status");
    unknown::refuse("", others, is_shown, &mut faults);
    faults.into_result(Some(change))
}

async fn url(given: Option<&str>, guard: &Guard, faults: &mut Faults) -> Option<String> {
    let text = text("url", given, MAX_URL, faults)?;
    match guard.url(&text).await {
        Ok(_) => Some(text),
        Err(refusal) => {
            faults.add("url", of_field("url", &refusal.to_string()));
            None
        }
    }
}

fn events(given: Option<&str>, faults: &mut Faults) -> Option<Vec<String>> {
    let Some(given) = given else {
        faults.add("events", of_field("events", fault::REQUIRED));
        return None;
    };
    let Ok(items) = serde_json::from_str::<Vec<Box<RawValue>>>(given) else {
        faults.add(
            "events",
            of_field("events", "must be a list of names of events."),
        );
        return None;
    };
    if items.is_empty() || items.len() > MAX_EVENTS {
        let rest = format!("must have 1 to {MAX_EVENTS} items.");
        faults.add("events", of_field("events", &rest));
        return None;
    }
    let before = faults.len();
    let mut names = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        match serde_json::from_str::<String>(item.get()) {
            Ok(name) if subscription::is_known(&name) => {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            Ok(_) => faults.add(
                format!("events.{at}"),
                "must be the name of an event, a prefix such as autocall.lead.*, or *.",
            ),
            Err(_) => faults.add(format!("events.{at}"), fault::STRING),
        }
    }
    (faults.len() == before).then_some(names)
}

#[expect(clippy::option_option, reason = "a faulty description, none, and one")]
fn description(given: Option<&str>, faults: &mut Faults) -> Option<Option<String>> {
    if given.is_none() {
        return Some(None);
    }
    text("description", given, MAX_DESCRIPTION, faults).map(Some)
}

fn status(given: Option<&str>, faults: &mut Faults) -> Option<String> {
    let Some(given) = given else {
        return Some(STATUSES[0].to_owned());
    };
    let status = serde_json::from_str::<String>(given).ok();
    let status = status.filter(|status| STATUSES.contains(&status.as_str()));
    if status.is_none() {
        faults.add("status", of_field("status", &fault::one_of(STATUSES)));
    }
    status
}

/// A required text.
fn text(name: &str, given: Option<&str>, max: usize, faults: &mut Faults) -> Option<String> {
    let Some(given) = given else {
        faults.add(name, of_field(name, fault::REQUIRED));
        return None;
    };
    let text = crate::input::value::text(given);
    let text = text.and_then(|text| Ok(within(&text, max)?.into_owned()));
    text.map_err(|rest| faults.add(name, of_field(name, &rest)))
        .ok()
}

/// A fault for each member of an object that is none of these.
pub fn others(object: &Object, known: &[&str]) -> Faults {
    let mut faults = Faults::default();
    let others = object.keys().filter(|name| !known.contains(&name.as_str()));
    let is_shown = |name: &str| SHOWN.contains(&name);
    unknown::refuse("", others, is_shown, &mut faults);
    faults
}

/// The object of members given as JSON, for [`read`].
pub fn shown(webhook: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(webhook).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    async fn read(body: Value, shown: Option<Value>) -> Result<Change, Vec<String>> {
        let object: Object = serde_json::from_str(&body.to_string()).unwrap();
        let guard = Guard::new([]);
        match super::read(&object, shown.as_ref(), &guard).await {
            Ok(change) => Ok(change),
            Err(Error::Invalid(faults)) => {
                Err(faults.iter().map(|(name, _)| name.to_owned()).collect())
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[tokio::test]
    async fn every_fault_of_a_new_webhook_is_reported() {
        let faults = async |body| read(body, None).await.unwrap_err();
        assert_eq!(faults(json!({})).await, ["events", "url"]);
        let wrong = json!({"url": "http://1.1.1.1", "events": ["*", "no.such", 7], "description": 7,
            "status": "paused", "id": 1, "colour": "red"});
        let expected = [
            "colour",
            "description",
            "events.1",
            "events.2",
            "id",
            "status",
            "url",
        ];
        assert_eq!(faults(wrong).await, expected);
        for events in [json!([]), json!("*"), json!(vec!["*"; 51])] {
            let body = json!({"url": "https://1.1.1.1", "events": events});
            assert_eq!(faults(body).await, ["events"]);
        }
        let long = json!({"url": format!("https://1.1.1.1/{}", "x".repeat(2_048)), "events": ["*"],
            "description": "x".repeat(256)});
        assert_eq!(faults(long).await, ["description", "url"]);
    }

    #[tokio::test]
    async fn a_webhook_as_shown_can_be_sent_back_and_null_is_the_default() {
        let shown = json!({"id": 7, "url": "https://1.1.1.1/", "events": ["*"], "description": "x",
            "status": "suspended", "suspended_at": "2026-06-30T08:00:00+00:00", "failures_in_a_row": 50});
        let change = async |body| read(body, Some(shown.clone())).await;
        assert_eq!(change(shown.clone()).await, Ok(Change::default()));
        let reset = Change {
            description: Some(None),
            status: Some("active".into()),
            ..Change::default()
        };
        assert_eq!(
            change(json!({"description": null, "status": null})).await,
            Ok(reset)
        );
        for (body, faulty) in [
            (json!({"url": null}), "url"),
            (json!({"events": null}), "events"),
            (json!({"status": "stopped"}), "status"),
            (json!({"failures_in_a_row": 0}), "failures_in_a_row"),
            (json!({"secret": "x"}), "secret"),
        ] {
            assert_eq!(change(body).await, Err(vec![faulty.to_owned()]));
        }
    }

    #[test]
    fn other_members_are_refused() {
        let object = Object::from([("a".to_owned(), RawValue::NULL.to_owned())]);
        assert!(others(&object, &["a", "b"]).is_empty());
        assert!(!others(&object, &["b"]).is_empty());
    }
}
