//! What a client asks: the parameters of a query string, read and checked.
//!
//! Owns how each type of parameter is spelled and what is said when it is wrong. Collects every fault, so
//! that one answer names them all. An empty value is as if absent (contract, section 1).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::error::{Faults, Result};
use crate::text::nfc;
use crate::time::Zone;
use crate::time::instant::Given;
use crate::time::zone::UnknownZone;

/// A parameter, declared once: read by [`Query`] and described in the OpenAPI document.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub about: &'static str,
    pub required: bool,
    pub kind: Kind,
}

#[derive(Debug)]
pub enum Kind {
    /// A date or an instant.
    Moment,
    Zone,
    Id,
    /// At most so many, duplicates not counted.
    IdList {
        most: usize,
    },
    Integer {
        range: RangeInclusive<i64>,
        default: i64,
    },
    Flag,
    Text,
    Choice(&'static [&'static str]),
}

impl Parameter {
    pub const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            about,
            required: false,
            kind,
        }
    }

    pub const fn required(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            about,
            required: true,
            kind,
        }
    }

    /// The name without brackets, by which faults are told.
    pub fn plain(&self) -> &'static str {
        self.name.trim_end_matches("[]")
    }

    /// What a name in a query string has to do with this parameter; None: nothing.
    fn spelling(&self, name: &str) -> Option<Spelling> {
        let plain = self.plain();
        let (head, index) = name.split_at_checked(plain.len())?;
        if !head.eq_ignore_ascii_case(plain) {
            return None;
        }
        match index {
            _ if head == plain && is_index(index) => Some(Spelling::Understood),
            _ if index.starts_with(['[', '{', '(', '.']) => Some(Spelling::Unclear),
            _ => None,
        }
    }
}

/// A parameter's name as clients write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// `campaign_id`, `campaign_id[]`, `campaign_id[0]`.
    Understood,
    /// Of an array, in a way that is not understood: `campaign_id[a]`, `campaign_id.0`.
    Unclear,
}

/// Nothing, `[]` or `[7]`.
fn is_index(text: &str) -> bool {
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    text.is_empty() || inner.is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The values a parameter may have. Made by [`choice!`].
pub trait Choice: Copy + 'static {
    const ALL: &'static [Self];
    fn name(self) -> &'static str;
}

/// Declares an enum whose variants are spelled as the client spells them.
macro_rules! choice {
    ($(#[$meta:meta])* pub enum $name:ident { $( $(#[$of:meta])* $variant:ident = $text:literal ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $( $(#[$of])* $variant ),* }

        impl $name {
            pub const NAMES: &'static [&'static str] = &[$( $text ),*];
        }

        impl $crate::query::Choice for $name {
            const ALL: &'static [Self] = &[$( Self::$variant ),*];

            fn name(self) -> &'static str {
                match self { $( Self::$variant => $text ),* }
            }
        }
    };
}
pub(crate) use choice;

/// The zone in which dates are read and hours, days and weeks are cut, by default the account's.
pub const ZONE_OF_ACCOUNT: Parameter = Parameter::optional(
    "timezone",
    Kind::Zone,
    "IANA zone in which dates are read and cut. Default: the account's.",
);
/// As [`ZONE_OF_ACCOUNT`], by default UTC.
pub const ZONE_UTC: Parameter = Parameter::optional(
    "timezone",
    Kind::Zone,
    "IANA zone in which dates are read and cut. Default: UTC.",
);
pub const FILL_GAPS: Parameter = Parameter::optional(
    "fill_gaps",
    Kind::Flag,
    "Put in every bucket that the window touches, zeros included; at most 20,000.",
);
pub const AGENT_IDS: Parameter = Parameter::optional(
    "agent_ids[]",
    Kind::IdList { most: MAX_AGENTS },
    "Only these agents' calls: agent_ids[]=25&agent_ids[]=26, agent_ids[0]=25 or agent_ids=25,26; at most 1,000.",
);

const MAX_AGENTS: usize = 1_000;

/// The value of that name.
pub fn named<T: Choice>(name: &str) -> Option<T> {
    T::ALL.iter().copied().find(|value| value.name() == name)
}

/// The parameters of one request, and what is wrong with them so far.
#[derive(Debug, Default)]
pub struct Query {
    /// Values by the plain names of their parameters, in the order given.
    pairs: Vec<(&'static str, String)>,
    faults: Faults,
}

impl Query {
    /// From the part of a URL behind its question mark: the values of those parameters, in any array spelling that
    /// means something. One that does not is a fault, and so are several values where one is wanted. Other names are
    /// ignored.
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
                Some((plain, Spelling::Understood)) => {
                    query.pairs.push((plain, value.into_owned()))
                }
                Some((plain, Spelling::Unclear)) => {
                    unclear.insert(plain);
                }
                None if looks_like_agents(&name) && !names_agents(&name) => {
                    unclear.insert(AGENT_IDS.plain());
                }
                None => {}
            }
        }
        for parameter in known {
            let is_list = matches!(parameter.kind, Kind::IdList { .. });
            let mut values = query
                .pairs
                .iter()
                .filter(|(name, _)| *name == parameter.plain());
            let first = values.next();
            if !is_list && values.any(|pair| Some(pair) != first) {
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

    /// From the members of a JSON object that have the names of these parameters.
    pub fn of_members(members: &Map<String, Value>, parameters: &[Parameter]) -> Self {
        let mut query = Self::default();
        for parameter in parameters {
            match members.get(parameter.name) {
                None | Some(Value::Null) => {}
                Some(Value::String(value)) if value.is_empty() => {}
                Some(Value::String(value)) => query.pairs.push((parameter.plain(), value.clone())),
                Some(_) => query.fail(parameter.plain(), "must be a string."),
            }
        }
        query
    }

    /// Notes a fault.
    pub fn fail(&mut self, field: &str, message: impl Into<String>) {
        self.faults.add(field, message);
    }

    /// Every fault noted.
    pub fn into_faults(self) -> Faults {
        self.faults
    }

    /// Err(Invalid) with every fault noted. What was read of a query without one is all there.
    pub fn finish<T>(self, read: Option<T>) -> Result<T> {
        self.faults.into_result(read)
    }

    /// The last value given.
    pub fn text(&self, parameter: &Parameter) -> Option<&str> {
        self.values(parameter).next_back()
    }

    /// Every value given, in order.
    fn values(&self, parameter: &Parameter) -> impl DoubleEndedIterator<Item = &str> {
        let plain = parameter.plain();
        self.pairs
            .iter()
            .filter(move |(name, _)| *name == plain)
            .map(|(_, value)| value.as_str())
    }

    /// A text that the database can hold and be asked for, in the normal form that texts are stored in.
    pub fn storable_text(&mut self, parameter: &Parameter) -> Option<String> {
        let text = nfc(self.text(parameter)?).into_owned();
        if text.contains('\0') {
            self.fail(parameter.name, "may not contain a NUL character.");
            return None;
        }
        Some(text)
    }

    /// Reads a value with `parse`, noting `expected` where it does not fit, or that it is missing.
    fn read<T>(
        &mut self,
        parameter: &Parameter,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.text(parameter).map(str::to_owned);
        self.read_value(parameter, value, expected, parse)
    }

    /// As [`Query::read`], of a value made of what was given.
    fn read_value<T>(
        &mut self,
        parameter: &Parameter,
        value: Option<String>,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let name = parameter.plain();
        let Some(value) = value else {
            if parameter.required && self.faults.iter().all(|(field, _)| field != name) {
                self.fail(name, format!("The {name} field is required."));
            }
            return None;
        };
        let read = parse(&value);
        if read.is_none() {
            self.fail(name, expected);
        }
        read
    }

    pub fn id(&mut self, parameter: &Parameter) -> Option<i64> {
        self.read(parameter, "must be an integer.", integer)
    }

    pub fn integer(&mut self, parameter: &Parameter) -> i64 {
        let Kind::Integer { range, default } = &parameter.kind else {
            return 0;
        };
        let expected = format!(
            "must be an integer from {} to {}.",
            range.start(),
            range.end()
        );
        self.read(parameter, &expected, |text| {
            integer(text).filter(|number| range.contains(number))
        })
        .unwrap_or(*default)
    }

    pub fn flag(&mut self, parameter: &Parameter) -> bool {
        let parse = |text: &str| match text {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        };
        self.read(parameter, "must be true or false.", parse)
            .unwrap_or(false)
    }

    pub fn choice<T: Choice>(&mut self, parameter: &Parameter) -> Option<T> {
        self.choice_of(parameter, T::ALL)
    }

    /// As [`Query::choice`], where only some of the values are open.
    pub fn choice_of<T: Choice>(&mut self, parameter: &Parameter, open: &[T]) -> Option<T> {
        let names: Vec<&str> = open.iter().map(|value| value.name()).collect();
        let expected = format!("must be one of: {}.", names.join(", "));
        self.read(parameter, &expected, |text| {
            open.iter().copied().find(|value| value.name() == text)
        })
    }

    /// The zone asked for. None also where it is unknown: dates are then checked in the default, so that their
    /// faults are reported in the same answer.
    pub fn zone(&mut self) -> Option<Zone> {
        self.read(&ZONE_OF_ACCOUNT, &UnknownZone.to_string(), Zone::named)
    }

    pub fn moment(&mut self, parameter: &Parameter) -> Option<Given> {
        self.read(
            parameter,
            "must be a date or an ISO 8601 datetime.",
            Given::parse,
        )
    }

    /// Agents by any spelling of `agent_ids`, without duplicates, ascending. None where none is named.
    pub fn agent_ids(&mut self) -> Option<Vec<i64>> {
        let values = self.values(&AGENT_IDS).flat_map(|value| value.split(','));
        let ids: Option<BTreeSet<i64>> = values.map(integer).collect();
        match ids {
            None => self.fail("agent_ids", "must be integers."),
            Some(ids) if ids.len() > MAX_AGENTS => {
                self.fail("agent_ids", "may not have more than 1,000 items.")
            }
            Some(ids) => return (!ids.is_empty()).then(|| ids.into_iter().collect()),
        }
        None
    }

    /// Numbers separated by commas or given one by one, duplicates dropped, in the order given.
    pub fn id_list(&mut self, parameter: &Parameter) -> Option<Vec<i64>> {
        let Kind::IdList { most } = parameter.kind else {
            return None;
        };
        let expected = format!("must be 1 to {most} integers separated by commas.");
        let values: Vec<&str> = self.values(parameter).collect();
        let values = (!values.is_empty()).then(|| values.join(","));
        self.read_value(parameter, values, &expected, |text| {
            let mut seen = BTreeSet::new();
            let ids: Option<Vec<i64>> = text.split(',').map(integer).collect();
            let ids: Vec<i64> = ids?.into_iter().filter(|id| seen.insert(*id)).collect();
            (ids.len() <= most).then_some(ids)
        })
    }
}

/// One of [`names_agents`], or a fault even where agents are not known: filtering by them is too easily believed.
fn looks_like_agents(name: &str) -> bool {
    name.get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case("agent_ids"))
}

/// `agent_ids`, `agent_ids[]` and `agent_ids[7]`.
fn names_agents(name: &str) -> bool {
    AGENT_IDS.spelling(name) == Some(Spelling::Understood)
}

fn integer(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Error;

    const IDS: Parameter = Parameter::optional("campaign_ids", Kind::IdList { most: 3 }, "");

    fn agents(raw: &str) -> Result<Option<Vec<i64>>> {
        let mut query = Query::parse(raw, [&AGENT_IDS]);
        let agents = query.agent_ids();
        query.finish(Some(agents))
    }

    #[test]
    fn agents_are_read_in_every_spelling_clients_use() {
        for raw in [
            "agent_ids[]=26&agent_ids[]=25",
            "agent_ids[0]=25&agent_ids[1]=26",
            "agent_ids=25,26,25",
            "agent_ids%5B%5D=25&agent_ids%5B%5D=26",
            "agent_ids[]=25,26",
        ] {
            assert_eq!(agents(raw).unwrap(), Some(vec![25, 26]), "{raw}");
        }
        assert_eq!(agents("agent_ids=&agent_ids[]=").unwrap(), None);
    }

    #[test]
    fn a_list_is_read_in_every_spelling_in_the_order_given() {
        for (raw, expected) in [
            ("campaign_ids=3,1", Ok(Some(vec![3, 1]))),
            ("campaign_ids=3&campaign_ids=1", Ok(Some(vec![3, 1]))),
            (
                "campaign_ids[]=3&campaign_ids[]=1&campaign_ids=3",
                Ok(Some(vec![3, 1])),
            ),
            (
                "campaign_ids%5B0%5D=3&campaign_ids[7]=1,2",
                Ok(Some(vec![3, 1, 2])),
            ),
            ("campaign_ids=&campaign_ids[]=", Ok(None)),
            ("campaign_ids=1,2&campaign_ids=3,4", Err(())),
            ("campaign_ids[]=1&campaign_ids[]=x", Err(())),
            ("campaign_ids[x]=1", Err(())),
            ("campaign_ids[][]=1&campaign_ids=1", Err(())),
        ] {
            let mut query = Query::parse(raw, [&IDS]);
            let ids = query.id_list(&IDS);
            assert_eq!(query.finish(Some(ids)).map_err(drop), expected, "{raw}");
        }
    }

    #[test]
    fn one_value_is_read_in_every_spelling_and_several_are_a_fault() {
        let read = |raw: &str| {
            let mut query = Query::parse(raw, [&ZONE_UTC, &FILL_GAPS]);
            let zone = query.zone().unwrap_or(Zone::UTC);
            query
                .finish(Some(zone.name()))
                .map_err(|error| match error {
                    Error::Invalid(faults) => {
                        faults.iter().map(|(field, _)| field.to_owned()).collect()
                    }
                    other => vec![other.to_string()],
                })
        };
        for raw in [
            "timezone=Asia/Tokyo",
            "timezone[]=Asia/Tokyo",
            "timezone[0]=Asia/Tokyo&timezone=Asia/Tokyo",
        ] {
            assert_eq!(read(raw), Ok("Asia/Tokyo"), "{raw}");
        }
        for raw in [
            "timezones=Mars",
            "timezone_=Mars",
            "time=Mars",
            "[]=1",
            "fill_gaps[]=",
        ] {
            assert_eq!(read(raw), Ok("UTC"), "{raw}");
        }
        for raw in [
            "timezone=UTC&timezone=Asia/Tokyo",
            "timezone[]=UTC&timezone[]=Asia/Tokyo",
            "timezone[x]=UTC",
            "TimeZone[]=UTC",
            "timezone.0=UTC",
        ] {
            assert_eq!(read(raw), Err(vec!["timezone".to_owned()]), "{raw}");
        }
        // Told even where the code that answers does not look at it.
        assert_eq!(read("fill_gaps{}=1"), Err(vec!["fill_gaps".to_owned()]));
    }

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
    fn a_spelling_that_is_not_understood_is_told() {
        let many = format!(
            "agent_ids={}",
            (0..1001)
                .map(|id| id.to_string())
                .collect::<Vec<_>>()
                .join(",")
        );
        for raw in [
            "agent_ids{}=1",
            "agent_ids.0=1",
            "agent_ids[a]=1",
            "agent_ids_in=1",
            "agent_ids[]=x",
            "agent_ids=1;2",
            "agent_ids=1,",
            "Agent_Ids=1",
            &many,
        ] {
            assert!(agents(raw).is_err(), "{raw}");
        }
    }
}

/// Any text at all as a query: `script/fuzz` tries a million.
#[cfg(test)]
mod fuzz {
    use proptest::prelude::*;

    use super::*;

    const DATE: Parameter = Parameter::optional("from", Kind::Moment, "");
    const NAME: Parameter = Parameter::optional("q", Kind::Text, "");
    const ID: Parameter = Parameter::optional("campaign_id", Kind::Id, "");
    const IDS: Parameter = Parameter::required("campaign_ids", Kind::IdList { most: 3 }, "");
    const PAGE: Parameter = Parameter::optional(
        "page",
        Kind::Integer {
            range: 1..=200,
            default: 50,
        },
        "",
    );
    const UNIT: Parameter = Parameter::optional("granularity", Kind::Choice(Unit::NAMES), "");
    const READ: &[&Parameter] = &[
        &DATE, &NAME, &ID, &IDS, &PAGE, &UNIT, &ZONE_UTC, &FILL_GAPS, &AGENT_IDS,
    ];

    choice! {
        pub enum Unit { Day = "day", Hour = "hour" }
    }

    /// Everything that can be read of a query, and what is wrong with it.
    fn read(raw: &str) -> impl PartialEq + std::fmt::Debug + use<> {
        let mut query = Query::parse(raw, READ.iter().copied());
        let zone = query.zone();
        let read = (
            query.moment(&DATE),
            query.storable_text(&NAME),
            query.id(&ID),
            query.id_list(&IDS),
            query.integer(&PAGE),
            query.choice::<Unit>(&UNIT),
            query.flag(&FILL_GAPS),
            query.agent_ids(),
        );
        (
            zone,
            read,
            query.finish(Some(())).map_err(|error| error.to_string()),
        )
    }

    /// What such queries are made of.
    const KNOWN: &[&str] = &[
        "from=",
        "q=",
        "campaign_id=",
        "campaign_ids=",
        "page=",
        "granularity=",
        "timezone=",
        "fill_gaps=",
        "agent_ids",
        "agent_ids[]=",
        "Agent_ids",
        "[0]",
        "[]",
        "[",
        "]",
        "%5B%5D",
        "=",
        "&",
        "&&",
        "%",
        "%2",
        "%00",
        "%ff",
        "%26",
        "%3D",
        "+",
        " ",
        ",",
        ";",
        "#",
        "1",
        "-1",
        "25,26",
        "9223372036854775807",
        "99999999999999999999",
        "true",
        "0",
        "day",
        "2026-06-01",
        "2026-06-01T00:00:00+07:00",
        "0000-00-00",
        "9999-12-31T23:59:59.999999999Z",
        "T24:00",
        "Asia/Ho_Chi_Minh",
        "UTC",
    ];

    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            6 => prop::sample::select(KNOWN).prop_map(str::to_owned),
            1 => any::<char>().prop_map(String::from),
            1 => ".{0,12}",
        ]
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused_whatever_stands_between_its_parameters(
            pieces in prop::collection::vec(piece(), 0..16),
        ) {
            let raw = pieces.concat();
            prop_assert_eq!(read(&raw), read(&format!("x=1&_&{raw}&agent=1")));
        }
    }
}
