//! Objects of an answer: where each stands, what its members are, and which names are seen from it.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::figure::{Counted, Form, Kind, Mark, Measure, Member, Set, Within};

/// Whose figures they are: the start of their ids, their route, and the lists behind them.
#[derive(Debug, Clone)]
pub struct Origin {
    pub id: String,
    pub report: String,
    pub calls: &'static str,
    pub leads: &'static str,
}

impl Origin {
    pub const fn list(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Count(Counted::Leads) => self.leads,
            _ => self.calls,
        }
    }
}

/// An object of an answer, with its members and those of the objects in it.
#[derive(Debug)]
pub struct Object {
    frame: Rc<Frame>,
    members: Vec<(Member, About)>,
    inside: Vec<Object>,
}

/// What an object is to its members.
#[derive(Debug)]
pub struct Frame {
    pub origin: Origin,
    /// Names from the answer's root to it, each with a dot behind.
    names: String,
    /// Its place under `data`, as a JSON Pointer.
    at: String,
    outer: Option<Rc<Frame>>,
    /// Its members, and the figures beside them.
    seen: Vec<Member>,
    has_lists: bool,
    is_map: bool,
}

/// The English description of a member, and whether an answer shows it.
#[derive(Debug, Clone)]
struct About {
    text: String,
    is_shown: bool,
}

/// A member where it stands.
#[derive(Debug)]
pub struct Found {
    pub frame: Rc<Frame>,
    pub member: Member,
    pub about: String,
    pub is_shown: bool,
}

impl Object {
    /// The figures of an answer. `schemas`: with the descriptions of members.
    pub fn root(origin: Origin, within: Within, schemas: &BTreeMap<String, Value>) -> Self {
        let names = format!("{}.", origin.id);
        Self::new(origin, within, (names, String::new()), None, schemas)
    }

    fn new(
        origin: Origin,
        within: Within,
        (names, mut at): (String, String),
        outer: Option<(&Rc<Frame>, &str)>,
        schemas: &BTreeMap<String, Value>,
    ) -> Self {
        if within.form == Form::List {
            at += "/*";
        }
        let mut members = Vec::new();
        gather(&within, schemas, &mut members);
        let frame = Rc::new(Frame {
            origin: origin.clone(),
            at,
            has_lists: within.has_lists && outer.is_none_or(|(frame, _)| frame.has_lists),
            is_map: within.form == Form::Map,
            seen: members.iter().map(|(member, _)| *member).collect(),
            outer: outer.map(|(frame, _)| Rc::clone(frame)),
            names,
        });
        if let (Some((_, about)), true) = (outer, frame.is_map) {
            for (_, of_key) in &mut members {
                about.clone_into(&mut of_key.text);
            }
        }
        let inside = members.iter().filter_map(|(member, about)| {
            let Mark::Within(within) = member.mark else {
                return None;
            };
            let place = (
                format!("{}{}.", frame.names, member.name),
                format!("{}/{}", frame.at, member.name),
            );
            let outer = Some((&frame, about.text.as_str()));
            Some(Self::new(origin.clone(), within, place, outer, schemas))
        });
        let inside = inside.collect();
        Self {
            frame,
            members,
            inside,
        }
    }

    /// Its members and those of the objects in it, in their order.
    pub fn members(&self) -> Vec<Found> {
        let mut found = Vec::new();
        let mut inside = self.inside.iter();
        for (member, about) in &self.members {
            if let Mark::Within(_) = member.mark {
                found.extend(inside.next().into_iter().flat_map(Self::members));
                continue;
            }
            found.push(Found {
                frame: Rc::clone(&self.frame),
                member: *member,
                about: about.text.clone(),
                is_shown: about.is_shown,
            });
        }
        found
    }
}

/// Members of an object; those of flat ones are its own.
fn gather(within: &Within, schemas: &BTreeMap<String, Value>, members: &mut Vec<(Member, About)>) {
    let schema = schemas.get((within.schema)().as_ref());
    for member in within.members {
        if let Mark::Within(flat) = &member.mark
            && flat.form == Form::Flat
        {
            gather(flat, schemas, members);
            continue;
        }
        let text = schema.and_then(|schema| description(schema, member.name));
        let about = About {
            text: text.unwrap_or_default(),
            is_shown: true,
        };
        members.push((*member, about));
    }
    members.extend(within.besides.iter().map(|beside| {
        let about = About {
            text: beside.about.trim().to_owned(),
            is_shown: false,
        };
        (beside.member, about)
    }));
}

/// The description of a property, wherever generators put it.
fn description(schema: &Value, name: &str) -> Option<String> {
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let property = std::iter::once(schema)
        .chain(parts)
        .find_map(|part| part["properties"].get(name))?;
    let alternatives = property["oneOf"].as_array().into_iter().flatten();
    std::iter::once(property)
        .chain(alternatives)
        .find_map(|part| part["description"].as_str())
        .map(str::to_owned)
}

impl Found {
    pub fn id(&self) -> String {
        self.frame.id(self.member.name)
    }

    /// Its place under `data`, as a JSON Pointer. `None` if no answer shows it.
    pub fn at(&self) -> Option<String> {
        self.is_shown
            .then(|| format!("{}/{}", self.frame.at, self.member.name))
    }
}

impl Frame {
    fn id(&self, name: &str) -> String {
        format!("{}{name}", self.names)
    }

    /// The measure of that name of this object, else of the nearest object around it, with the object that has it.
    pub fn find(&self, name: &str) -> Option<(&Self, Measure)> {
        let own = self.seen.iter().find(|member| member.name == name);
        match own.map(|member| member.mark) {
            Some(Mark::Measure(measure)) => Some((self, measure)),
            _ => self.outer.as_ref()?.find(name),
        }
    }

    /// The id of that measure.
    pub fn id_of(&self, name: &str) -> Option<String> {
        self.find(name).map(|(frame, _)| frame.id(name))
    }

    /// Parameters that select the calls of a measure: those of the keys around it, and its own over them. `None` if no list
    /// selects them.
    pub fn set(&self, own: Set) -> Option<BTreeMap<&'static str, String>> {
        if !self.has_lists {
            return None;
        }
        let mut set = self
            .outer
            .as_ref()
            .map_or_else(|| Some(BTreeMap::new()), |outer| outer.set(&[]))?;
        for member in &self.seen {
            if let Mark::Key(Some(parameter)) = member.mark {
                set.insert(parameter, format!("{{{}}}", member.name));
            }
        }
        set.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Some(set)
    }
}
