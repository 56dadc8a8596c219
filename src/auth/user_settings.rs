//! Settings of a user for the page: language, theme, zone, pins and wall.
//!
//! Owns their shape, their bounds and their faults. They are kept with the user, not in a browser, and are stated as a whole.
//! Must not know what the page makes of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::input::fault;
use crate::text::nfc;
use crate::time::Zone;
use crate::words::Language;

const THEMES: [&str; 2] = ["light", "dark"];
pub const MAX_PINS: usize = 50;
pub const MAX_VIEWS: usize = 6;
/// Maximum length of a view, in code points.
pub const MAX_VIEW: usize = 500;
/// Seconds that a view of the wall is shown.
const SECONDS: std::ops::RangeInclusive<u64> = 5..=3_600;
const DEFAULT_SECONDS: u64 = 20;
/// Modules of pinned campaigns.
const MODULES: [&str; 2] = ["autocall", "telesales"];
/// Maximum number of unknown members that are reported, and of characters of each.
const MAX_UNKNOWN: usize = 20;
const MAX_MEMBER: usize = 100;

/// Settings of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserSettings {
    /// en or vi; null for that of the account, else of the browser.
    #[schema(example = "vi")]
    pub language: Option<String>,
    /// light or dark; null for that of the device.
    #[schema(example = "dark")]
    pub theme: Option<String>,
    /// IANA time zone; null for that of the account.
    #[schema(example = "Asia/Ho_Chi_Minh")]
    pub zone: Option<String>,
    /// Pinned campaigns, first ones first: module and id.
    #[schema(example = json!(["autocall/12", "telesales/43"]))]
    pub pins: Vec<String>,
    /// Views of the wallboard.
    pub wall: UserWall,
}

/// Views of the wallboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserWall {
    /// Addresses of views after the page's own, in order.
    #[schema(example = json!(["#/autocall/12?w=today"]))]
    pub views: Vec<String>,
    /// Seconds that each is shown.
    #[schema(example = 20)]
    pub seconds: u64,
    /// True to show names of agents.
    pub names: bool,
}

impl Default for UserWall {
    fn default() -> Self {
        Self {
            views: Vec::new(),
            seconds: DEFAULT_SECONDS,
            names: false,
        }
    }
}

/// Returns the settings of a user; those of another version that cannot be read are the defaults.
pub async fn find(scope: &mut Scope, user: i64) -> Result<UserSettings> {
    let select = scope.select::<(Option<Json<Value>>,)>(
        "select page_settings from users where tenant_id = $1 and id = $2",
    );
    let found = select.bind(user).fetch_optional(scope.connection()).await?;
    let (stored,) = found.ok_or(Error::NotFound)?;
    let read = stored.and_then(|Json(stored)| serde_json::from_value(stored).ok());
    Ok(read.unwrap_or_default())
}

/// Keeps the settings of a user.
pub async fn put(scope: &mut Scope, user: i64, settings: &UserSettings) -> Result<()> {
    let update = scope
        .query("update users set page_settings = $3 where tenant_id = $1 and id = $2")
        .bind(user)
        .bind(Json(settings.clone()));
    update.execute(scope.connection()).await?;
    Ok(())
}

/// Reads settings, whole: a member that is left out, or null, takes its default. `Invalid` with every fault.
pub fn read(members: &Map<String, Value>) -> Result<UserSettings> {
    let mut reading = Reading::default();
    reading.close("", members, &["language", "theme", "zone", "pins", "wall"]);
    let settings = UserSettings {
        language: reading.choice("language", member(members, "language"), Language::NAMES),
        theme: reading.choice("theme", member(members, "theme"), &THEMES),
        zone: reading.zone(member(members, "zone")),
        pins: reading.pins(member(members, "pins")),
        wall: reading.wall(member(members, "wall")),
    };
    reading.0.into_result(Some(settings))
}

fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

/// The faults so far. A faulty member is read as its default.
#[derive(Default)]
struct Reading(Faults);

impl Reading {
    fn fail<T: Default>(&mut self, field: &str, rest: &str) -> T {
        self.0.add(field, fault::of_field(field, rest));
        T::default()
    }

    /// Records members of an object at that place that are not known.
    fn close(&mut self, place: &str, members: &Map<String, Value>, known: &[&str]) {
        let others = members
            .keys()
            .filter(|name| !known.contains(&name.as_str()));
        for name in others.take(MAX_UNKNOWN) {
            let name: String = name.chars().take(MAX_MEMBER).collect();
            self.0
                .add(format!("{place}{name}"), "is no member of this resource.");
        }
    }

    fn choice(&mut self, field: &str, given: Option<&Value>, known: &[&str]) -> Option<String> {
        let given = given?;
        match known.iter().find(|name| given == *name) {
            Some(name) => Some((*name).to_owned()),
            None => self.fail(field, &fault::one_of(known.iter().copied())),
        }
    }

    fn zone(&mut self, given: Option<&Value>) -> Option<String> {
        match given?.as_str().and_then(Zone::named) {
            Some(zone) => Some(zone.name().to_owned()),
            None => self.fail("zone", "must be an IANA time zone."),
        }
    }

    /// The texts of a list, each with its path.
    fn texts<'a>(
        &mut self,
        field: &str,
        given: Option<&'a Value>,
        most: usize,
    ) -> Vec<(String, &'a str)> {
        let Some(given) = given else {
            return Vec::new();
        };
        let Some(items) = given.as_array() else {
            return self.fail(field, fault::LIST);
        };
        if items.len() > most {
            return self.fail(field, &fault::more_than(most));
        }
        let mut texts = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let path = format!("{field}.{at}");
            match item.as_str() {
                Some(text) => texts.push((path, text)),
                None => self.fail(&path, fault::STRING),
            }
        }
        texts
    }

    fn pins(&mut self, given: Option<&Value>) -> Vec<String> {
        let (mut pins, mut seen) = (Vec::new(), BTreeSet::new());
        for (path, text) in self.texts("pins", given, MAX_PINS) {
            if !is_pin(text) {
                self.fail(&path, "must be autocall/ID or telesales/ID.")
            } else if seen.insert(text) {
                pins.push(text.to_owned());
            } else {
                self.fail(&path, "is there already.")
            }
        }
        pins
    }

    fn wall(&mut self, given: Option<&Value>) -> UserWall {
        let Some(given) = given else {
            return UserWall::default();
        };
        let Some(members) = given.as_object() else {
            return self.fail("wall", fault::OBJECT);
        };
        self.close("wall.", members, &["views", "seconds", "names"]);
        let mut views = Vec::new();
        for (path, text) in self.texts("wall.views", member(members, "views"), MAX_VIEWS) {
            let text = nfc(text);
            if text.chars().count() > MAX_VIEW {
                self.fail(&path, &fault::longer_than(MAX_VIEW))
            } else if !text.starts_with("#/") || text.chars().any(char::is_control) {
                self.fail(&path, "must be the address of a view, from its #/ on.")
            } else {
                views.push(text.into_owned());
            }
        }
        let seconds = match member(members, "seconds") {
            None => DEFAULT_SECONDS,
            Some(given) => match given.as_u64().filter(|given| SECONDS.contains(given)) {
                Some(seconds) => seconds,
                None => self.fail("wall.seconds", &fault::integer_within(&SECONDS)),
            },
        };
        let names = match member(members, "names") {
            None => false,
            Some(Value::Bool(names)) => *names,
            Some(_) => self.fail("wall.names", fault::FLAG),
        };
        UserWall {
            views,
            seconds,
            names,
        }
    }
}

/// True for a module and an id as the page's addresses have them.
fn is_pin(text: &str) -> bool {
    text.split_once('/').is_some_and(|(module, id)| {
        let number: Option<i64> = id.parse().ok();
        MODULES.contains(&module) && number.is_some_and(|number| number.to_string() == id)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faulty(body: Value) -> Vec<String> {
        match read(body.as_object().unwrap()) {
            Err(Error::Invalid(faults)) => {
                faults.iter().map(|(field, _)| field.to_owned()).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn settings_left_out_take_their_defaults() {
        let nothing = read(&Map::new()).unwrap();
        assert_eq!(nothing, UserSettings::default());
        assert_eq!(nothing.wall.seconds, 20);
        let nulls =
            json!({"language": null, "theme": null, "zone": null, "pins": null, "wall": null});
        assert_eq!(read(nulls.as_object().unwrap()).unwrap(), nothing);
        let shown = serde_json::to_value(&nothing).unwrap();
        assert_eq!(
            read(shown.as_object().unwrap()).unwrap(),
            nothing,
            "a shown one can be sent back"
        );
        let zone = json!({"zone": "asia/ho_chi_minh"});
        let zone = read(zone.as_object().unwrap()).unwrap().zone;
        assert_eq!(zone.as_deref(), Some("Asia/Ho_Chi_Minh"));
    }

    #[test]
    fn every_fault_is_named_by_its_place() {
        let long = format!("#/{}", "x".repeat(499));
        let body = json!({"language": "de", "theme": 1, "zone": "Mars", "colour": 1, "pins": ["autocall/1", "autocall/1",
            "autocall/01", "calls/1", 5], "wall": {"views": [long, "overview", "#/a\u{0}", "#/calls"], "seconds": 4,
            "names": "no", "x": 1}});
        let mut expected = vec![
            "language", "theme", "zone", "colour", "pins.1", "pins.2", "pins.3", "pins.4",
        ];
        expected.extend([
            "wall.views.0",
            "wall.views.1",
            "wall.views.2",
            "wall.seconds",
            "wall.names",
            "wall.x",
        ]);
        expected.sort_unstable();
        assert_eq!(faulty(body), expected);
        for (field, value) in [
            ("pins", json!({})),
            (
                "pins",
                (0..=MAX_PINS)
                    .map(|id| json!(format!("autocall/{id}")))
                    .collect(),
            ),
            ("wall", json!([])),
        ] {
            assert_eq!(faulty(json!({field: value})), [field]);
        }
        assert_eq!(
            faulty(json!({"wall": {"views": vec!["#/"; MAX_VIEWS + 1]}})),
            ["wall.views"]
        );
    }
}
