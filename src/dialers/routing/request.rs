//! Bodies of routings, and their faults.

use std::collections::BTreeMap;

use regex::RegexBuilder;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::rules::{IGNORE, Routing, Rule, Test, To, Told};
use crate::error::{Faults, Result};
use crate::input::fault;
use crate::rollups::Module;

/// Maximum number of rules, of prefixes, of tests of a rule, and of values of a test.
pub const MAX_RULES: usize = 200;
const MAX_PREFIXES: usize = 20;
const MAX_TESTS: usize = 20;
const MAX_VALUES: usize = 200;
/// Maximum length of a text, in code points.
const MAX_TEXT: usize = 255;
/// Maximum size of a pattern that is made ready, in bytes.
const MAX_PATTERN: usize = 1 << 16;
/// Maximum number of unknown members that are reported.
const MAX_UNKNOWN: usize = 20;

/// Rules that tell where calls of dialers belong.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Routing)]
#[expect(dead_code, reason = "the schema of what `read` reads")]
pub struct RoutingBody {
    /// Rules, in order: the first whose tests all hold decides.
    #[schema(max_items = 200, nullable = false)]
    rules: Option<Vec<RoutingRule>>,
    /// Prefixes that trunks put before called numbers; the first that a number has is taken off.
    #[schema(max_items = 20, nullable = false)]
    strip_prefixes: Option<Vec<String>>,
}

/// A rule.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `read` reads")]
struct RoutingRule {
    /// Tests by field of the record, or by `direction` (outbound, inbound, internal), `from`, `to`, `agent` or `provider`. A
    /// field that a record lacks is an empty text.
    #[schema(nullable = false, value_type = Option<BTreeMap<String, RoutingTest>>)]
    when: Option<BTreeMap<String, RoutingTest>>,
    /// Product that the call belongs to, or `ignore`.
    #[schema(example = "telesales", pattern = "^(autocall|telesales|ignore)$")]
    to: String,
    /// Campaign, by id or name. Default: the field `campaign_id`, else a campaign for calls without one.
    #[schema(nullable = false)]
    campaign: Option<RoutingValue>,
    /// Lead, by id. Default: the field `lead_id`, else the lead of the campaign with the called number.
    #[schema(nullable = false)]
    lead: Option<RoutingValue>,
    /// Agent, by id, user name or extension. Default: the field `agent_id`, else the agent that the record names.
    #[schema(nullable = false)]
    agent: Option<RoutingValue>,
    /// Number of the attempt. Default: the field `attempt_number`, else the rank among the lead's attempts.
    #[schema(nullable = false)]
    attempt_number: Option<RoutingValue>,
}

/// A test of a field: a text or a list of texts to equal without case, or a regular expression.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema of what `read` reads")]
enum RoutingTest {
    Text(String),
    Texts(Vec<String>),
    Pattern(RoutingPattern),
}

/// A regular expression that a value has to match, without case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `read` reads")]
struct RoutingPattern {
    /// The expression, which may match any part of the value.
    #[schema(max_length = 255, example = "^0?9")]
    pattern: String,
}

/// A value that is given, or that a field tells.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema of what `read` reads")]
enum RoutingValue {
    Number(i64),
    Text(String),
    Field(RoutingField),
}

/// The field that tells a value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `read` reads")]
struct RoutingField {
    /// Its name, as the records have it.
    #[schema(max_length = 255, example = "campaign_id")]
    field: String,
}

/// Reads a routing. `Invalid` with every fault, by its path: `rules.3.when.dst`.
pub fn read(members: &Map<String, Value>) -> Result<Routing> {
    let mut reading = Reading::default();
    reading.unknown("", members, &["rules", "strip_prefixes"]);
    let rules = reading.list("rules", members.get("rules"), MAX_RULES);
    let rules = rules.iter().enumerate();
    let rules = rules
        .map(|(at, rule)| reading.rule(&format!("rules.{at}"), rule))
        .collect();
    let prefixes = reading.list(
        "strip_prefixes",
        members.get("strip_prefixes"),
        MAX_PREFIXES,
    );
    let prefixes = prefixes.iter().enumerate();
    let strip_prefixes = prefixes
        .map(|(at, prefix)| reading.text(&format!("strip_prefixes.{at}"), prefix))
        .collect();
    reading.faults.into_result(Some(Routing {
        rules,
        strip_prefixes,
    }))
}

/// The faults so far. A part that is at fault is replaced by an empty one.
#[derive(Default)]
struct Reading {
    faults: Faults,
}

impl Reading {
    fn rule(&mut self, place: &str, rule: &Value) -> Rule {
        let empty = Map::new();
        let members = rule.as_object().unwrap_or_else(|| {
            self.faults.add(place, fault::OBJECT);
            &empty
        });
        let told = ["campaign", "lead", "agent", "attempt_number"];
        self.unknown(
            &format!("{place}."),
            members,
            &[&["when", "to"], told.as_slice()].concat(),
        );
        let to = self.to(&format!("{place}.to"), members.get("to"));
        let when = self.tests(&format!("{place}.when"), members.get("when"));
        let [campaign, lead, agent, attempt_number] =
            told.map(|name| self.told(&format!("{place}.{name}"), members.get(name)));
        Rule {
            when,
            to,
            campaign,
            lead,
            agent,
            attempt_number,
        }
    }

    fn to(&mut self, place: &str, value: Option<&Value>) -> To {
        let names = || Module::ALL.map(Module::name).into_iter().chain([IGNORE]);
        let given = value.and_then(Value::as_str);
        let module = given.and_then(Module::named);
        match (module, given) {
            (Some(module), _) => To::Module(module),
            (None, Some(IGNORE)) => To::Ignore,
            (None, None) if value.is_none_or(Value::is_null) => {
                self.faults.add(place, fault::REQUIRED);
                To::Ignore
            }
            _ => {
                self.faults.add(place, fault::one_of(names()));
                To::Ignore
            }
        }
    }

    fn tests(&mut self, place: &str, value: Option<&Value>) -> Vec<(String, Test)> {
        let tests = match value {
            None => return Vec::new(),
            Some(Value::Object(tests)) => tests,
            Some(_) => {
                self.faults.add(place, fault::OBJECT);
                return Vec::new();
            }
        };
        if tests.len() > MAX_TESTS {
            self.faults.add(place, fault::more_than(MAX_TESTS));
            return Vec::new();
        }
        let tests = tests.iter();
        tests
            .filter_map(|(name, test)| {
                Some((name.clone(), self.test(&format!("{place}.{name}"), test)?))
            })
            .collect()
    }

    fn test(&mut self, place: &str, value: &Value) -> Option<Test> {
        match value {
            Value::Object(members) => {
                self.unknown(&format!("{place}."), members, &["pattern"]);
                let place = format!("{place}.pattern");
                let Some(pattern) = members.get("pattern") else {
                    self.faults.add(place, fault::REQUIRED);
                    return None;
                };
                let pattern = self.text(&place, pattern);
                let built = RegexBuilder::new(&pattern)
                    .case_insensitive(true)
                    .size_limit(MAX_PATTERN)
                    .build();
                if built.is_err() {
                    self.faults
                        .add(place, "must be a regular expression, and a small one.");
                }
                Some(Test::Pattern(built.ok()?))
            }
            Value::Array(_) => {
                let values = self.list(place, Some(value), MAX_VALUES);
                let values = values.iter().enumerate();
                let values = values.map(|(at, value)| self.text(&format!("{place}.{at}"), value));
                Some(Test::OneOf(values.collect()))
            }
            value => Some(Test::OneOf(vec![self.text(place, value)])),
        }
    }

    fn told(&mut self, place: &str, value: Option<&Value>) -> Option<Told> {
        match value? {
            Value::Number(number) if number.is_i64() => Some(Told::Constant(number.to_string())),
            Value::Object(members) => {
                self.unknown(&format!("{place}."), members, &["field"]);
                let place = format!("{place}.field");
                match members.get("field") {
                    Some(field) => Some(Told::Field(self.text(&place, field))),
                    None => {
                        self.faults.add(place, fault::REQUIRED);
                        None
                    }
                }
            }
            value => Some(Told::Constant(self.text(place, value))),
        }
    }

    fn text(&mut self, place: &str, value: &Value) -> String {
        match value {
            Value::String(text) if text.contains('\0') => self.faults.add(place, fault::NUL),
            Value::String(text) if text.chars().count() > MAX_TEXT => {
                self.faults.add(place, fault::longer_than(MAX_TEXT));
            }
            Value::String(text) => return text.trim().to_owned(),
            _ => self.faults.add(place, fault::STRING),
        }
        String::new()
    }

    fn list<'a>(&mut self, place: &str, value: Option<&'a Value>, most: usize) -> &'a [Value] {
        match value {
            None => {}
            Some(Value::Array(items)) if items.len() > most => {
                self.faults.add(place, fault::more_than(most));
            }
            Some(Value::Array(items)) => return items,
            Some(_) => self.faults.add(place, fault::LIST),
        }
        &[]
    }

    fn unknown(&mut self, before: &str, members: &Map<String, Value>, known: &[&str]) {
        let unknown = members
            .keys()
            .filter(|name| !known.contains(&name.as_str()));
        for name in unknown.take(MAX_UNKNOWN) {
            let name: String = name.chars().take(MAX_TEXT).collect();
            self.faults.add(format!("{before}{name}"), "is unknown.");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_routing_is_shown_as_it_was_put() {
        let body = json!({"strip_prefixes": ["9"], "rules": [
            {"when": {"accountcode": "sales", "direction": ["outbound", "inbound"], "dst": {"pattern": "^0?9"}},
             "to": "telesales", "campaign": "44", "lead": {"field": "crm_lead"}},
            {"when": {}, "to": "ignore"}]});
        let routing = read(body.as_object().unwrap()).unwrap();
        assert_eq!(routing.shown(), body);
    }

    #[test]
    fn every_fault_of_a_routing_is_named() {
        let body = json!({"rules": [
            {"to": "sales", "when": {"dst": {"pattern": "("}, "src": 5, "x": {}}, "lead": {"field": 7}, "color": 1},
            3, {"when": []}], "strip_prefixes": "9", "name": "x"});
        let Err(crate::error::Error::Invalid(faults)) = read(body.as_object().unwrap()) else {
            panic!("it is invalid");
        };
        let named: Vec<&str> = faults.iter().map(|(field, _)| field).collect();
        assert_eq!(
            named,
            [
                "name",
                "rules.0.color",
                "rules.0.lead.field",
                "rules.0.to",
                "rules.0.when.dst.pattern",
                "rules.0.when.src",
                "rules.0.when.x.pattern",
                "rules.1",
                "rules.1.to",
                "rules.2.to",
                "rules.2.when",
                "strip_prefixes"
            ]
        );
    }
}
