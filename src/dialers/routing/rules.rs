//! Rules, and the places of calls by them.

use regex::Regex;
use serde_json::{Map, Value, json};

use super::super::collapse::{Call, Direction};
use crate::rollups::Module;
use crate::text::NAME_LEN;

/// Rules, in order.
#[derive(Debug, Clone, Default)]
pub struct Routing {
    /// Prefixes that trunks put before numbers; the first that a called number has is taken off.
    pub strip_prefixes: Vec<String>,
    pub rules: Vec<Rule>,
}

/// Where calls go for which all tests hold.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Facts of the call, or fields of its records, each with its test.
    pub when: Vec<(String, Test)>,
    pub to: To,
    pub campaign: Option<Told>,
    pub lead: Option<Told>,
    pub agent: Option<Told>,
    pub attempt_number: Option<Told>,
}

/// Target of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    Module(Module),
    Ignore,
}

/// A test of one value. Letters are compared without case.
#[derive(Debug, Clone)]
pub enum Test {
    OneOf(Vec<String>),
    Pattern(Regex),
}

/// A value that is given, or that a field tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Constant(String),
    Field(String),
}

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    To(Place),
    /// It is not reported. The reason is counted.
    Ignored(Ignored),
}

/// Reason for which a call is not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    Inbound,
    Internal,
    ByRule,
    /// Compliance forbade it.
    Blocked,
    /// A leg of another call, or a call that nobody dialed.
    NoAttempt,
}

impl Ignored {
    const ALL: [Self; 5] = [
        Self::Inbound,
        Self::Internal,
        Self::ByRule,
        Self::Blocked,
        Self::NoAttempt,
    ];

    /// As it is stored, and as clients see it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Internal => "internal",
            Self::ByRule => "a rule ignores them",
            Self::Blocked => "blocked before dialing",
            Self::NoAttempt => "no attempt of their own",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// True if the ending decided so, and not the routing.
    pub const fn is_by_ending(self) -> bool {
        matches!(self, Self::Blocked | Self::NoAttempt)
    }
}

/// Where a call is reported, by the names that its records use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub module: Module,
    /// None: the campaign of calls that no rule and no variable sends anywhere.
    pub campaign: Option<String>,
    /// None: the lead with the called number.
    pub lead: Option<String>,
    pub agent: Option<Agent>,
    pub attempt_number: Option<i32>,
}

/// An agent, by the name that records use or by id. The name of one can be the id of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agent {
    Named(String),
    Known(i64),
}

impl Routing {
    /// The place of a call. `unrouted` is the product of calls that no rule names.
    pub fn destination(&self, call: &Call, unrouted: Module) -> Destination {
        let holds = |rule: &&Rule| {
            let mut tests = rule.when.iter();
            tests.all(|(name, test)| test.holds(fact(call, name).unwrap_or_default()))
        };
        let Some(rule) = self.rules.iter().find(holds) else {
            return by_variables(call, unrouted);
        };
        let To::Module(module) = rule.to else {
            return Destination::Ignored(Ignored::ByRule);
        };
        let told = |told: &Option<Told>, variable: &str| match told {
            Some(told) => told.of(call),
            None => fact(call, variable).map(str::to_owned),
        };
        Destination::To(Place {
            module,
            campaign: told(&rule.campaign, "campaign_id").map(name),
            lead: told(&rule.lead, "lead_id"),
            agent: told(&rule.agent, "agent_id")
                .or_else(|| call.agent.clone())
                .map(|told| Agent::Named(name(told))),
            attempt_number: number(told(&rule.attempt_number, "attempt_number").as_deref()),
        })
    }

    /// A called number without the prefix of its trunk.
    pub fn number<'a>(&self, called: &'a str) -> &'a str {
        let mut prefixes = self.strip_prefixes.iter();
        prefixes
            .find_map(|prefix| called.strip_prefix(prefix.as_str()))
            .unwrap_or(called)
    }

    /// As clients see it.
    pub fn shown(&self) -> Value {
        let rules = self.rules.iter().map(Rule::shown);
        json!({"strip_prefixes": self.strip_prefixes, "rules": rules.collect::<Vec<_>>()})
    }
}

/// The place of a call that no rule names.
fn by_variables(call: &Call, module: Module) -> Destination {
    match call.direction {
        Direction::Outbound => {}
        Direction::Inbound => return Destination::Ignored(Ignored::Inbound),
        Direction::Internal => return Destination::Ignored(Ignored::Internal),
    }
    let variable = |name| fact(call, name).map(str::to_owned);
    Destination::To(Place {
        module,
        campaign: variable("campaign_id").map(name),
        lead: variable("lead_id"),
        agent: variable("agent_id")
            .or_else(|| call.agent.clone())
            .map(|told| Agent::Named(name(told))),
        attempt_number: number(fact(call, "attempt_number")),
    })
}

fn number(text: Option<&str>) -> Option<i32> {
    text?.trim().parse().ok().filter(|number| *number >= 1)
}

/// A fact of a call by its name, else what its records say under that name. Blank texts are absent.
fn fact<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    let value = match name {
        "direction" => Some(call.direction.name()),
        "from" => call.from.as_deref(),
        "to" => call.to.as_deref(),
        "agent" => call.agent.as_deref(),
        "provider" => call.provider.as_deref(),
        _ => call.fields.get(name).map(String::as_str),
    };
    value.map(str::trim).filter(|value| !value.is_empty())
}

/// A name as it is stored: at most as long as names are.
fn name(told: String) -> String {
    match told.char_indices().nth(NAME_LEN) {
        Some((end, _)) => told[..end].to_owned(),
        None => told,
    }
}

impl Rule {
    fn shown(&self) -> Value {
        let mut shown = Map::new();
        let tests = self.when.iter();
        let tests: Map<String, Value> = tests
            .map(|(name, test)| (name.clone(), test.shown()))
            .collect();
        shown.insert("when".into(), tests.into());
        let to = match self.to {
            To::Module(module) => module.name(),
            To::Ignore => IGNORE,
        };
        shown.insert("to".into(), to.into());
        for (name, told) in [
            ("campaign", &self.campaign),
            ("lead", &self.lead),
            ("agent", &self.agent),
            ("attempt_number", &self.attempt_number),
        ] {
            if let Some(told) = told {
                shown.insert(name.into(), told.shown());
            }
        }
        shown.into()
    }
}

/// Target of calls that are not reported.
pub const IGNORE: &str = "ignore";

impl Test {
    fn holds(&self, value: &str) -> bool {
        match self {
            Self::OneOf(values) => {
                let value = value.to_lowercase();
                values.iter().any(|one| one.to_lowercase() == value)
            }
            Self::Pattern(pattern) => pattern.is_match(value),
        }
    }

    fn shown(&self) -> Value {
        match self {
            Self::OneOf(values) => match values.as_slice() {
                [value] => json!(value),
                values => json!(values),
            },
            Self::Pattern(pattern) => json!({"pattern": pattern.as_str()}),
        }
    }
}

impl Told {
    fn of(&self, call: &Call) -> Option<String> {
        match self {
            Self::Constant(value) => Some(value.clone()),
            Self::Field(name) => fact(call, name).map(str::to_owned),
        }
    }

    fn shown(&self) -> Value {
        match self {
            Self::Constant(value) => json!(value),
            Self::Field(name) => json!({"field": name}),
        }
    }
}
