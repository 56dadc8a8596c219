//! Members of small JSON objects, such as an export order or a login.

use serde_json::{Map, Value};

use super::fault;
use super::parameter::{Kind, Parameter};
use super::query::{Given, Query};
use crate::error::Faults;
use crate::json;
use crate::text::nfc;

impl Query {
    /// Reads the members of a JSON object that are named like these parameters, without brackets. Each is a string; numbers,
    /// flags and lists may be given as such too.
    pub fn of_members<'a>(
        members: &Map<String, Value>,
        parameters: impl IntoIterator<Item = &'a Parameter>,
    ) -> Self {
        let mut query = Self::default();
        for parameter in parameters {
            let given = match (members.get(parameter.plain()), &parameter.kind) {
                (None | Some(Value::Null), _) => continue,
                (
                    Some(Value::Array(items)),
                    Kind::IdList { .. } | Kind::TextList { .. } | Kind::ChoiceList(_),
                ) => items.iter().map(|item| scalar(item, parameter)).collect(),
                (Some(value), _) => scalar(value, parameter).map(|value| vec![value]),
            };
            let Some(values) = given else {
                query.fail(parameter.plain(), fault::STRING);
                continue;
            };
            let is_list = values.len() > 1;
            let values = values.into_iter().filter(|value| !value.is_empty());
            query.given.extend(values.map(|value| Given {
                name: parameter.plain(),
                listed: is_list,
                value,
            }));
        }
        query
    }
}

/// The text of a value that a parameter of that kind may have. `None` for any other value.
fn scalar(value: &Value, parameter: &Parameter) -> Option<String> {
    match (value, &parameter.kind) {
        (Value::String(text), _) => Some(text.clone()),
        (
            Value::Number(number),
            Kind::Id | Kind::IdList { .. } | Kind::Integer { .. } | Kind::Number { .. },
        ) => {
            let text = number.to_string();
            // 7.0 is an integer in JSON.
            Some(json::integer(&text).map_or(text, |integer| integer.to_string()))
        }
        (Value::Number(number), Kind::Fraction) => Some(number.to_string()),
        (Value::Bool(flag), Kind::Either) => Some(flag.to_string()),
        _ => None,
    }
}

/// A text member, trimmed, of at most `most` code points in normal form. A blank one is treated as absent.
pub fn text(
    object: &Map<String, Value>,
    name: &str,
    most: usize,
    faults: &mut Faults,
) -> Option<String> {
    bounded(string(object, name, faults)?.trim(), name, most, faults)
}

/// Like [`text`], but required.
pub fn required_text(
    object: &Map<String, Value>,
    name: &str,
    most: usize,
    faults: &mut Faults,
) -> Option<String> {
    required(name, faults, |faults| text(object, name, most, faults))
}

/// Like [`required_text`], but not trimmed.
pub fn required_verbatim(
    object: &Map<String, Value>,
    name: &str,
    most: usize,
    faults: &mut Faults,
) -> Option<String> {
    required(name, faults, |faults| {
        bounded(string(object, name, faults)?, name, most, faults)
    })
}

fn required(
    name: &str,
    faults: &mut Faults,
    read: impl Fn(&mut Faults) -> Option<String>,
) -> Option<String> {
    let before = faults.len();
    let text = read(faults);
    if text.is_none() && faults.len() == before {
        faults.add(name, fault::of_field(name, fault::REQUIRED));
    }
    text
}

fn string<'a>(object: &'a Map<String, Value>, name: &str, faults: &mut Faults) -> Option<&'a str> {
    match object.get(name)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        _ => {
            faults.add(name, fault::of_field(name, fault::STRING));
            None
        }
    }
}

fn bounded(text: &str, name: &str, most: usize, faults: &mut Faults) -> Option<String> {
    if text.contains('\0') {
        faults.add(name, fault::of_field(name, fault::NUL));
    } else if nfc(text).chars().count() > most {
        faults.add(name, fault::of_field(name, &fault::longer_than(most)));
    } else {
        return (!text.is_empty()).then(|| text.to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Error;
    use crate::input::{FILL_GAPS, ZONE_UTC};
    use crate::time::Zone;

    #[test]
    fn a_body_is_read_as_a_query_is_and_members_nobody_reads_do_not_matter() {
        let read = |body: serde_json::Value| {
            let mut query = Query::of_members(body.as_object().unwrap(), &[FILL_GAPS, ZONE_UTC]);
            let read = (query.flag(&FILL_GAPS), query.zone().unwrap_or(Zone::UTC));
            query.finish(Some(read))
        };
        let asked = json!({"fill_gaps": "1", "timezone": "Asia/Tokyo", "agent_ids{}": [1], "x": 7});
        assert_eq!(
            read(asked).unwrap(),
            (true, Zone::named("Asia/Tokyo").unwrap())
        );
        assert_eq!(
            read(json!({"fill_gaps": null, "timezone": ""})).unwrap(),
            (false, Zone::UTC)
        );
        let Err(Error::Invalid(faults)) = read(json!({"fill_gaps": true, "timezone": "Mars"}))
        else {
            panic!("no faults")
        };
        assert_eq!(faults.len(), 2, "{faults:?}");
    }

    #[test]
    fn an_integer_may_be_written_with_zeros_behind_its_point() {
        const ID: Parameter = Parameter::optional("id", Kind::Id, "");
        const IDS: Parameter = Parameter::optional("ids", Kind::IdList { most: 3 }, "");
        for (body, expected) in [
            (json!({"id": 7.0, "ids": [3.0, 1]}), Some((Some(7), 2))),
            (json!({"id": 7.5, "ids": [3]}), None),
            (json!({"id": 7, "ids": 1e300}), None),
        ] {
            let mut query = Query::of_members(body.as_object().unwrap(), &[ID, IDS]);
            let read = (
                query.id(&ID),
                query.id_list(&IDS).map_or(0, |ids| ids.len()),
            );
            assert_eq!(query.finish(Some(read)).ok(), expected, "{body}");
        }
    }
}
