//! Composite JSON values as stored: objects, actions of a script's keys, steps of a call.

use std::borrow::Cow;

use serde_json::Value;

use super::fault;
use super::value::{Fault, is_key, within};
use crate::json;
use crate::text::{NAME_LEN, nfc_json};

/// Maximum length of a JSON value as sent, in bytes.
pub const MAX_JSON: usize = 64 << 10;

/// Fault of JSON that cannot be stored: nested too deeply, half a surrogate pair, a number too large.
fn unreadable(error: serde_json::Error) -> Fault {
    format!("cannot be stored: {error}.")
}

/// A JSON object as sent, digit for digit, with texts in normal form C.
pub fn object(json: &str) -> Result<Cow<'_, str>, Fault> {
    let value = small(json)?;
    if !value.is_object() {
        return Err(fault::OBJECT.into());
    }
    storable(json, &value)
}

/// A JSON list as sent, whatever its items are.
pub fn list(json: &str) -> Result<Cow<'_, str>, Fault> {
    let value = small(json)?;
    if !value.is_array() {
        return Err(fault::LIST.into());
    }
    storable(json, &value)
}

/// A list of actions as sent: each with a key, and names within the usual length.
pub fn actions(json: &str) -> Result<Cow<'_, str>, Fault> {
    let value = small(json)?;
    let actions = value.as_array().ok_or(fault::LIST)?;
    for action in actions {
        let digit = action["digit"].as_str().unwrap_or_default();
        if digit.len() != 1 || !digit.bytes().all(is_key) {
            return Err("each must have a digit of 0-9, * or #.".into());
        }
        for name in ["label", "action_type"] {
            if action[name]
                .as_str()
                .is_none_or(|text| text.trim().is_empty())
            {
                return Err(format!("each must have a {name}."));
            }
        }
        for name in ["label", "action_type", "target_queue_name"] {
            let text = action[name].as_str().unwrap_or_default();
            within(text, NAME_LEN).map_err(|fault| format!("{name}: {fault}"))?;
        }
    }
    storable(json, &value)
}

/// The value of a JSON text within [`MAX_JSON`].
fn small(json: &str) -> Result<Value, Fault> {
    if json.len() > MAX_JSON {
        return Err(format!("may not have more than {MAX_JSON} bytes."));
    }
    serde_json::from_str(json).map_err(unreadable)
}

/// jsonb accepts all JSON except NUL characters and oversized numbers.
fn storable<'a>(json: &'a str, value: &Value) -> Result<Cow<'a, str>, Fault> {
    fn has_nul(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(items) => items.iter().any(has_nul),
            Value::Object(fields) => fields
                .iter()
                .any(|(name, value)| name.contains('\0') || has_nul(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    if has_nul(value) {
        return Err(fault::NUL.into());
    }
    if json::has_oversized_number(json) {
        return Err("holds a number that is too long.".into());
    }
    Ok(nfc_json(json))
}

/// The text of a Postgres array.
pub fn steps(json: &str, most: usize, max: usize) -> Result<String, Fault> {
    let steps: Vec<String> =
        serde_json::from_str(json).map_err(|_| "must be a list of strings.")?;
    if steps.len() > most {
        return Err(fault::more_than(most));
    }
    if steps.iter().any(|step| step.contains('\0')) {
        return Err(fault::NUL.into());
    }
    let steps: Vec<Cow<'_, str>> = steps
        .iter()
        .map(|step| within(step, max))
        .collect::<Result<_, _>>()?;
    let quoted = steps
        .iter()
        .map(|step| format!("\"{}\"", step.replace('\\', "\\\\").replace('"', "\\\"")));
    Ok(format!("{{{}}}", quoted.collect::<Vec<_>>().join(",")))
}
