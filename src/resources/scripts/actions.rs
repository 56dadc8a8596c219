//! Actions of a script's keys: checked as clients send them, and as clients see them.
//!
//! Ingest stores actions as the source system has them; these rules are those of section 8.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use url::Url;
use utoipa::ToSchema;

use crate::closed::DtmfActionType;
use crate::error::Faults;
use crate::input::fault;
use crate::input::value::{Fault, is_key, within};
use crate::text::NAME_LEN;

/// Maximum number of actions: one for each key.
pub const MAX_ACTIONS: usize = 12;
/// Maximum length of an address, in code points.
pub const MAX_URL: usize = 2_048;

/// Meaning of a key. Of the targets it has the one that its action takes, if it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AutocallDtmfAction)]
pub struct Action {
    /// The key: 0-9, * or #.
    #[schema(pattern = "^[0-9*#]$")]
    pub digit: String,
    /// Name of the choice.
    #[schema(min_length = 1, max_length = 255)]
    pub label: String,
    /// Action of the key.
    #[schema(value_type = DtmfActionType)]
    pub action_type: String,
    /// Address of the audio to play: of playback and playback_then_hangup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target_audio_url: Option<String>,
    /// Script to switch to: of switch_script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target_script_id: Option<i64>,
    /// Queue to hand over to: of queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target_queue_name: Option<String>,
}

const AUDIO: &str = "target_audio_url";
const SCRIPT: &str = "target_script_id";
const QUEUE: &str = "target_queue_name";
const MEMBERS: [&str; 6] = ["digit", "label", "action_type", AUDIO, SCRIPT, QUEUE];

/// The target that an action takes.
fn target_of(action_type: &str) -> Option<&'static str> {
    match action_type {
        "playback" | "playback_then_hangup" => Some(AUDIO),
        "switch_script" => Some(SCRIPT),
        "queue" => Some(QUEUE),
        _ => None,
    }
}

/// Actions of a request. Adds a fault for each invalid member, by its place: `dtmf_actions.0.digit`.
pub fn read(json: &RawValue, faults: &mut Faults) -> Vec<Action> {
    let Ok(items) = serde_json::from_str::<Vec<Value>>(json.get()) else {
        faults.add("dtmf_actions", fault::LIST);
        return Vec::new();
    };
    if items.len() > MAX_ACTIONS {
        faults.add("dtmf_actions", fault::more_than(MAX_ACTIONS));
        return Vec::new();
    }
    let (mut digits, mut actions) = (HashSet::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        let place = format!("dtmf_actions.{at}");
        let Some(item) = item.as_object() else {
            faults.add(place, fault::OBJECT);
            continue;
        };
        let action = action(item, &place, faults);
        if !action.digit.is_empty() && !digits.insert(action.digit.clone()) {
            faults.add(format!("{place}.digit"), "has an action already.");
        }
        actions.push(action);
    }
    actions
}

fn action(item: &Map<String, Value>, place: &str, faults: &mut Faults) -> Action {
    let mut fail = |name: &str, fault: Fault| {
        let name: String = name.chars().take(NAME_LEN).collect();
        faults.add(format!("{place}.{name}"), fault);
    };
    for name in item.keys().filter(|name| !MEMBERS.contains(&name.as_str())) {
        fail(name, "is no member of an action.".into());
    }
    let mut required = |name: &str, check: fn(&str) -> Result<String, Fault>| {
        let text = text(item, name).and_then(|text| text.map(|text| check(&text)).transpose());
        match text {
            Ok(Some(text)) => text,
            Ok(None) => {
                fail(name, fault::REQUIRED.into());
                String::new()
            }
            Err(fault) => {
                fail(name, fault);
                String::new()
            }
        }
    };
    let digit = required("digit", digit);
    let label = required("label", name);
    let action_type = required("action_type", action_type);
    let takes = target_of(&action_type);
    let given = |name: &&str| item.get(*name).is_some_and(|value| !is_absent(value));
    for name in [AUDIO, SCRIPT, QUEUE].into_iter().filter(given) {
        if takes != Some(name) && !action_type.is_empty() {
            fail(name, format!("is not taken by {action_type}."));
        }
    }
    let mut target = |name: &str, check: fn(&str) -> Result<String, Fault>| {
        let text = text(item, name).and_then(|text| text.map(|text| check(&text)).transpose());
        text.unwrap_or_else(|fault| {
            fail(name, fault);
            None
        })
    };
    let (target_audio_url, target_queue_name) = (target(AUDIO, address), target(QUEUE, name));
    let target_script_id = item.get(SCRIPT).filter(|value| !is_absent(value));
    let target_script_id = target_script_id.and_then(|value| {
        let id = crate::json::integer(&value.to_string());
        if id.is_none() {
            fail(SCRIPT, fault::INTEGER.into());
        }
        id
    });
    Action {
        digit,
        label,
        action_type,
        target_audio_url,
        target_script_id,
        target_queue_name,
    }
}

/// Null and a blank text are as if absent.
fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn text(item: &Map<String, Value>, name: &str) -> Result<Option<String>, Fault> {
    match item.get(name) {
        None => Ok(None),
        Some(value) if is_absent(value) => Ok(None),
        Some(Value::String(text)) if text.contains('\0') => Err(fault::NUL.into()),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(fault::STRING.into()),
    }
}

fn digit(text: &str) -> Result<String, Fault> {
    match text.as_bytes() {
        [byte] if is_key(*byte) => Ok(text.to_owned()),
        _ => Err("must be one of 0-9, * and #.".into()),
    }
}

fn name(text: &str) -> Result<String, Fault> {
    within(text, NAME_LEN).map(|text| text.into_owned())
}

fn action_type(text: &str) -> Result<String, Fault> {
    let known = DtmfActionType::VALUES.contains(&text);
    known
        .then(|| text.to_owned())
        .ok_or_else(|| fault::one_of(DtmfActionType::VALUES.iter().copied()))
}

/// An address that a dialer fetches audio from.
fn address(text: &str) -> Result<String, Fault> {
    let text = within(text, MAX_URL)?;
    let url = Url::parse(&text).ok();
    let known =
        url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
    known
        .then(|| text.into_owned())
        .ok_or_else(|| "must be an http or https address.".into())
}

/// Stored actions as clients see them: of each only what section 8 knows.
pub fn shown(stored: &Value) -> Vec<Action> {
    let items = stored.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |item: &Value, name: &str| item[name].as_str().map(str::to_owned);
    let shown = |item: &Value| {
        let action_type = text(item, "action_type").unwrap_or_default();
        let takes = target_of(&action_type);
        let target = |name: &'static str| Some(name).filter(|name| takes == Some(*name));
        Action {
            digit: text(item, "digit").unwrap_or_default(),
            label: text(item, "label").unwrap_or_default(),
            target_audio_url: target(AUDIO).and_then(|name| text(item, name)),
            target_script_id: target(SCRIPT).and_then(|name| item[name].as_i64()),
            target_queue_name: target(QUEUE).and_then(|name| text(item, name)),
            action_type,
        }
    };
    items.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(actions: Value) -> Vec<String> {
        let mut faults = Faults::default();
        let json = RawValue::from_string(actions.to_string()).unwrap();
        read(&json, &mut faults);
        faults.iter().map(|(field, _)| field.to_owned()).collect()
    }

    #[test]
    fn an_action_takes_its_own_target_only() {
        for (action_type, target, value) in [
            ("playback", AUDIO, json!("https://a.example/x.wav")),
            ("playback_then_hangup", AUDIO, json!("http://a.example/x")),
            ("switch_script", SCRIPT, json!(7)),
            ("queue", QUEUE, json!("sales")),
            ("repeat_script", "", json!(null)),
            ("hangup", "", json!(null)),
        ] {
            let action = |name: &str, value: &Value| {
                let mut action = json!({"digit": "1", "label": "L", "action_type": action_type});
                if !name.is_empty() {
                    action[name] = value.clone();
                }
                json!([action])
            };
            assert_eq!(faults(action(target, &value)), [""; 0], "{action_type}");
            assert_eq!(faults(action("", &value)), [""; 0], "a target is optional");
            for (name, value) in [
                (AUDIO, json!("https://a.example/x")),
                (SCRIPT, json!(7)),
                (QUEUE, json!("sales")),
            ] {
                if name != target {
                    let expected = [format!("dtmf_actions.0.{name}")];
                    assert_eq!(faults(action(name, &value)), expected, "{action_type}");
                    assert_eq!(faults(action(name, &json!(null))), [""; 0]);
                }
            }
        }
    }

    #[test]
    fn every_faulty_member_of_every_action_is_reported() {
        let actions = json!([
            {"digit": "10", "label": " ", "action_type": "dance", "colour": 1},
            {"digit": "1", "label": "L", "action_type": "playback", AUDIO: "ftp://a.example"},
            {"digit": "1", "label": 7, "action_type": "switch_script", SCRIPT: "7"},
            7,
        ]);
        assert_eq!(
            faults(actions),
            [
                "dtmf_actions.0.action_type",
                "dtmf_actions.0.colour",
                "dtmf_actions.0.digit",
                "dtmf_actions.0.label",
                "dtmf_actions.1.target_audio_url",
                "dtmf_actions.2.digit",
                "dtmf_actions.2.label",
                "dtmf_actions.2.target_script_id",
                "dtmf_actions.3",
            ]
        );
        let many = vec![json!({"digit": "1", "label": "L", "action_type": "hangup"}); 13];
        assert_eq!(faults(many.into()), ["dtmf_actions"]);
    }

    #[test]
    fn stored_actions_are_shown_with_their_own_target() {
        let stored = json!([
            {"digit": "1", "label": "L", "action_type": "queue", QUEUE: "q", AUDIO: "x", "note": 1},
            {"digit": "2", "label": "M", "action_type": "transfer", QUEUE: "q"}]);
        assert_eq!(
            serde_json::to_value(shown(&stored)).unwrap(),
            json!([
                {"digit": "1", "label": "L", "action_type": "queue", QUEUE: "q"},
                {"digit": "2", "label": "M", "action_type": "transfer"}])
        );
    }
}
