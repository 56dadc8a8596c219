//! Query strings: parsing and validation of a request's parameters.
//!
//! Collects every fault for one response. An empty value is treated as absent.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::fault;
use super::parameter::{AGENT_IDS, Choice, Kind, MAX_AGENTS, Parameter, Spelling, ZONE_OF_ACCOUNT};
use super::value::{Fault, within};
use crate::error::{Faults, Result};
use crate::json;
use crate::text::{NAME_LEN, nfc};
use crate::time::Zone;
use crate::time::instant::GivenInstant;
use crate::time::zone::UnknownZone;

/// The parameters of a request, and the faults found so far.
#[derive(Debug, Default)]
pub struct Query {
    pub(super) given: Vec<Given>,
    faults: Faults,
}

/// A value, in the order of the request.
#[derive(Debug, PartialEq)]
pub(super) struct Given {
    /// The plain name of its parameter.
    pub name: &'static str,
    /// True if it was given as an item of a list: `campaign_id[]`, `campaign_id[0]`.
    pub listed: bool,
    pub value: String,
}

impl Query {
    /// Parses the part of a URL after the question mark: the values of those parameters, in any supported array spelling. An
    /// unsupported spelling is a fault, and so are several values of a single one. Other names are ignored.
    pub fn parse<'a>(raw: &str, known: impl IntoIterator<Item = &'a Parameter>) -> Self {
        let known: Vec<&Parameter> = known.into_iter().collect();
        let mut query = Self::default();
        let mut unclear = BTreeSet::new();
        for (name, value) in
            form_urlencoded::parse(raw.as_bytes()).filter(|(_, value)| !value.is_empty())
        {
            let spelled = known
                .iter()
                .find_map(|parameter| Some((parameter.plain(), parameter.spelling(&name)?)));
            match spelled {
                Some((plain, Spelling::Unclear)) => {
                    unclear.insert(plain);
                }
                Some((name, spelling)) => query.given.push(Given {
                    name,
                    listed: spelling == Spelling::Listed,
                    value: value.into_owned(),
                }),
                None if looks_like_agents(&name) && !names_agents(&name) => {
                    unclear.insert(AGENT_IDS.plain());
                }
                None => {}
            }
        }
        for parameter in known {
            let is_single = |given: &Given| match parameter.kind {
                Kind::IdList { .. } | Kind::ChoiceList(_) => false,
                Kind::TextList { .. } => !given.listed,
                _ => true,
            };
            let mut values = query
                .given
                .iter()
                .filter(|given| given.name == parameter.plain() && is_single(given))
                .map(|given| &given.value);
            let first = values.next();
            if values.any(|value| Some(value) != first) {
                query.fail(parameter.plain(), "may have one value only.");
            }
        }
        for plain in unclear {
            query.fail(
                plain,
                format!("must be given as {plain}=, {plain}[]= or {plain}[0]=."),
            );
        }
        query
    }

    /// Records a fault.
    pub fn fail(&mut self, field: &str, message: impl Into<String>) {
        self.faults.add(field, message);
    }

    /// All recorded faults.
    pub fn into_faults(self) -> Faults {
        self.faults
    }

    /// `Invalid` with all recorded faults. Without faults, every required value has been read.
    pub fn finish<T>(self, read: Option<T>) -> Result<T> {
        self.faults.into_result(read)
    }

    /// The last value.
    pub fn text(&self, parameter: &Parameter) -> Option<&str> {
        self.values(parameter).next_back()
    }

    /// Every value, in order.
    fn values(&self, parameter: &Parameter) -> impl DoubleEndedIterator<Item = &str> {
        let plain = parameter.plain();
        self.given
            .iter()
            .filter(move |given| given.name == plain)
            .map(|given| given.value.as_str())
    }

    /// A text that the database can store and search for, in the normal form of stored texts.
    pub fn storable_text(&mut self, parameter: &Parameter) -> Option<String> {
        let text = nfc(self.text(parameter)?).into_owned();
        if text.contains('\0') {
            self.fail(parameter.name, fault::NUL);
            return None;
        }
        Some(text)
    }

    /// Parses a value with `parse`; records `expected` if that fails, or that the value is missing.
    pub(super) fn read<T, E: Into<String>>(
        &mut self,
        parameter: &Parameter,
        expected: impl FnOnce() -> E,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = self.text(parameter).map(parse);
        self.parsed(parameter, expected, parsed)
    }

    /// Records the fault of a value that is missing, or that could not be parsed. The text of a fault is made only for one.
    fn parsed<T, E: Into<String>>(
        &mut self,
        parameter: &Parameter,
        expected: impl FnOnce() -> E,
        parsed: Option<Option<T>>,
    ) -> Option<T> {
        match &parsed {
            None if parameter.required => self.require(parameter),
            Some(None) => self.fail(parameter.plain(), expected()),
            _ => {}
        }
        parsed.flatten()
    }

    /// Records a fault if a value is missing, unless it has one already.
    pub fn require(&mut self, parameter: &Parameter) {
        if !self.is_given(parameter) {
            let name = parameter.plain();
            self.fail(name, fault::of_field(name, fault::REQUIRED));
        }
    }

    /// True if there is a value, or the attempt of one, which is a fault.
    pub fn is_given(&self, parameter: &Parameter) -> bool {
        let mut faults = self.faults.iter();
        self.text(parameter).is_some() || faults.any(|(field, _)| field == parameter.plain())
    }

    pub fn id(&mut self, parameter: &Parameter) -> Option<i64> {
        self.read(parameter, || fault::INTEGER, integer)
    }

    pub fn integer(&mut self, parameter: &Parameter) -> i64 {
        let Kind::Integer { range, default } = &parameter.kind else {
            return 0;
        };
        let expected = || fault::integer_within(range);
        self.read(parameter, expected, |text| {
            integer(text).filter(|number| range.contains(number))
        })
        .unwrap_or(*default)
    }

    /// An integer of [`Kind::Number`].
    pub fn number(&mut self, parameter: &Parameter) -> Option<i64> {
        let Kind::Number { range } = &parameter.kind else {
            return None;
        };
        let expected = || fault::integer_within(range);
        self.read(parameter, expected, |text| {
            integer(text).filter(|number| range.contains(number))
        })
    }

    /// A number of [`Kind::Fraction`].
    pub fn fraction(&mut self, parameter: &Parameter) -> Option<Decimal> {
        let parse = |text: &str| {
            let number = json::decimal(text)?;
            (Decimal::ZERO..=Decimal::ONE)
                .contains(&number)
                .then(|| number.normalize())
        };
        self.read(parameter, || fault::FRACTION, parse)
    }

    pub fn flag(&mut self, parameter: &Parameter) -> bool {
        self.either(parameter).unwrap_or(false)
    }

    /// A flag of [`Kind::Either`].
    pub fn either(&mut self, parameter: &Parameter) -> Option<bool> {
        self.read(
            parameter,
            || fault::FLAG,
            |text| match text {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
        )
    }

    pub fn choice<T: Choice>(&mut self, parameter: &Parameter) -> Option<T> {
        self.choice_of(parameter, T::ALL)
    }

    /// Like [`Query::choice`], limited to some of the values.
    pub fn choice_of<T: Choice>(&mut self, parameter: &Parameter, open: &[T]) -> Option<T> {
        let expected = || fault::one_of(open.iter().map(|value| value.name()));
        self.read(parameter, expected, |text| {
            open.iter().copied().find(|value| value.name() == text)
        })
    }

    /// A value of [`Kind::Choice`], as listed there.
    pub fn listed(&mut self, parameter: &Parameter) -> Option<&'static str> {
        let Kind::Choice(values) = parameter.kind else {
            return None;
        };
        let expected = || fault::one_of(values.iter().copied());
        self.read(parameter, expected, |text| {
            values.iter().copied().find(|value| *value == text)
        })
    }

    /// Values of [`Kind::ChoiceList`], distinct and in the order of the set. `None` without any.
    pub fn listed_all(&mut self, parameter: &Parameter) -> Option<Vec<&'static str>> {
        let Kind::ChoiceList(open) = parameter.kind else {
            return None;
        };
        let given = self.values(parameter).flat_map(|value| value.split(','));
        let given: BTreeSet<&str> = given.collect();
        if given.iter().any(|value| !open.contains(value)) {
            let fault = fault::some_of(open.iter().copied());
            self.fail(parameter.plain(), fault);
            return None;
        }
        let all = open.iter().copied().filter(|value| given.contains(value));
        Some(all.collect()).filter(|all: &Vec<_>| !all.is_empty())
    }

    /// The requested zone. `None` if unknown too: dates are then checked in the default zone, so that their faults are
    /// reported as well.
    pub fn zone(&mut self) -> Option<Zone> {
        self.read(&ZONE_OF_ACCOUNT, || UnknownZone.to_string(), Zone::named)
    }

    pub fn moment(&mut self, parameter: &Parameter) -> Option<GivenInstant> {
        self.read(parameter, || fault::MOMENT, GivenInstant::parse)
    }

    /// Agents in any spelling of `agent_ids`, distinct and ascending. `None` without any.
    pub fn agent_ids(&mut self) -> Option<Vec<i64>> {
        let values = self.values(&AGENT_IDS).flat_map(|value| value.split(','));
        let ids: Option<BTreeSet<i64>> = values.map(integer).collect();
        match ids {
            None => self.fail("agent_ids", "must be integers."),
            Some(ids) if ids.len() > MAX_AGENTS => {
                self.fail("agent_ids", fault::more_than("1,000"))
            }
            Some(ids) => return (!ids.is_empty()).then(|| ids.into_iter().collect()),
        }
        None
    }

    /// Numbers, comma-separated or repeated, distinct and in order.
    pub fn id_list(&mut self, parameter: &Parameter) -> Option<Vec<i64>> {
        let Kind::IdList { most } = parameter.kind else {
            return None;
        };
        let expected = || format!("must be 1 to {most} integers separated by commas.");
        let mut values = self
            .values(parameter)
            .flat_map(|value| value.split(','))
            .peekable();
        let parsed = values.peek().is_some().then(|| {
            let mut seen = BTreeSet::new();
            let ids: Option<Vec<i64>> = values.map(integer).collect();
            let ids: Vec<i64> = ids?.into_iter().filter(|id| seen.insert(*id)).collect();
            (ids.len() <= most).then_some(ids)
        });
        self.parsed(parameter, expected, parsed)
    }

    /// Texts in the normal form of stored ones, distinct and ascending. `None` without any.
    pub fn text_list(&mut self, parameter: &Parameter) -> Option<Vec<String>> {
        let Kind::TextList { most } = parameter.kind else {
            return None;
        };
        let texts: Result<BTreeSet<String>, Fault> = self.values(parameter).map(whole).collect();
        match texts {
            Ok(texts) if texts.len() > most => {
                self.fail(parameter.plain(), fault::more_than(most));
            }
            Ok(texts) => return (!texts.is_empty()).then(|| texts.into_iter().collect()),
            Err(fault) => self.fail(parameter.plain(), fault),
        }
        None
    }
}

/// A text of a list as it is stored.
fn whole(text: &str) -> Result<String, Fault> {
    if text.contains('\0') {
        return Err(fault::NUL.into());
    }
    within(text, NAME_LEN).map(Cow::into_owned)
}

/// A name of [`names_agents`] or similar. It is a fault even without an agents parameter, because a client could easily
/// believe that the filter works.
fn looks_like_agents(name: &str) -> bool {
    name.get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case("agent_ids"))
}

/// `agent_ids`, `agent_ids[]` and `agent_ids[7]`.
fn names_agents(name: &str) -> bool {
    matches!(
        AGENT_IDS.spelling(name),
        Some(Spelling::Plain | Spelling::Listed)
    )
}

fn integer(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
