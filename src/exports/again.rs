//! Earlier orders, to be made again: their members, from what is stored of them.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::FromRow;

use super::calls::ASKED;
use super::evidence::order::{WINDOW_FROM, WINDOW_TO};
use super::evidence::ordered as evidence;
use super::request::{FORMAT, GIVEN, REPORT_TYPE, TEMPLATES};
use crate::calls::place::{DATE_FROM, DATE_TO};
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::files::layout::{LANG, TEMPLATE};
use crate::input::{Kind, Parameter, WINDOW, ZONE_OF_ACCOUNT};
use crate::reports::telesales::abandon_rate::MINUTES;
use crate::time::exact::exactly;
use crate::time::{Window, Zone};
use crate::words::Language;

const FROM: Parameter = Parameter::optional(
    "from",
    Kind::Moment,
    "Start of the window. Default: that of the earlier order.",
);
const TO: Parameter = Parameter::optional(
    "to",
    Kind::Moment,
    "End of the window, left out; a bare date takes in that day, a clock time written 23:59:59 that whole second. \
     Default: that of the earlier order.",
);

/// The members of a request.
pub const MEMBERS: &[Parameter] = &[FROM, TO];

/// The content of an earlier order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Reports of a campaign.
    Reports(i64),
    Calls,
    Evidence,
}

/// An earlier order.
pub struct Ordered {
    pub of: Of,
    /// Its members, with the ends of its window as they were then.
    members: Map<String, Value>,
    /// The language of its client.
    pub accepted: Option<Language>,
}

#[derive(FromRow)]
struct Row {
    campaign_id: Option<i64>,
    report_type: String,
    format: String,
    window_from: DateTime<Utc>,
    window_to: DateTime<Utc>,
    timezone: String,
    asked: String,
}

impl Ordered {
    /// `NotFound` if the account has no such export.
    pub async fn find(scope: &mut Scope, id: &str) -> Result<Self> {
        let find = scope.select::<Row>(include_str!("sql/ordered.sql"));
        let found = find.bind(id.to_owned()).fetch_optional(scope.connection());
        let row = found.await?.ok_or(Error::NotFound)?;
        let asked: Value = serde_json::from_str(&row.asked).map_err(Error::internal)?;
        let of = match row.campaign_id {
            Some(campaign) => Of::Reports(campaign),
            None if row.report_type == evidence::REPORT_TYPE => Of::Evidence,
            None => Of::Calls,
        };
        let stored = |name: &str| asked[name].as_object().cloned().unwrap_or_default();
        let (mut members, accepted) = match of {
            Of::Reports(_) => (row.members(&asked), &asked[LAYOUT]["accepted"]),
            Of::Calls => (stored(ASKED), &asked["accepted"]),
            Of::Evidence => {
                let mut members = stored(evidence::REPORT_TYPE);
                members.remove(MINUTES.name); // its ends stand in place of them
                (members, &asked["accepted"])
            }
        };
        members.insert(FORMAT.name.to_owned(), row.format.into());
        members.insert(ZONE_OF_ACCOUNT.name.to_owned(), row.timezone.into());
        let (from, to) = Window {
            from: row.window_from,
            to: row.window_to,
            zone: Zone::UTC,
        }
        .known_ends();
        let mut ordered = Self {
            of,
            members,
            accepted: accepted.as_str().and_then(Language::named),
        };
        for (end, at) in ordered.ends().into_iter().zip([from, to]) {
            if let Some(at) = at {
                let at = exactly(at.0).into();
                ordered.members.insert(end.to_owned(), at);
            }
        }
        Ok(ordered)
    }

    /// Names of the ends of its window among its members.
    const fn ends(&self) -> [&'static str; 2] {
        match self.of {
            Of::Reports(_) => [FROM.name, TO.name],
            Of::Calls => [DATE_FROM.name, DATE_TO.name],
            Of::Evidence => [WINDOW_FROM.name, WINDOW_TO.name],
        }
    }

    /// The members of the same order, with the ends that are given.
    pub fn members(&self, given: &Map<String, Value>) -> Map<String, Value> {
        let mut members = self.members.clone();
        for (end, name) in self.ends().into_iter().zip([FROM.name, TO.name]) {
            let given = given.get(name);
            // Null and an empty text are treated as absent.
            if let Some(at) = given.filter(|at| !at.is_null() && *at != "") {
                members.insert(end.to_owned(), at.clone());
            }
        }
        members
    }

    /// Name of a member, in faults, as a request has it.
    pub fn told(&self, member: String) -> String {
        let mut ends = self.ends().into_iter().zip([FROM.name, TO.name]);
        let end = ends.find(|(end, _)| *end == member);
        end.map_or(member, |(_, name)| name.to_owned())
    }
}

/// Places in the stored order of a campaign's reports.
const OF_GIVEN: usize = 3;
const LAYOUT: usize = 5;

impl Row {
    /// The members of an order of a campaign's reports, but for its format, its window and its zone.
    fn members(&self, asked: &Value) -> Map<String, Value> {
        let own = [WINDOW.name, FROM.name, TO.name, ZONE_OF_ACCOUNT.name];
        let given = GIVEN.iter().enumerate();
        let given = given.filter(|(_, parameter)| !own.contains(&parameter.name));
        let given = given.map(|(at, parameter)| (parameter.name, asked[OF_GIVEN][at].clone()));
        let layout = &asked[LAYOUT];
        let templates = layout["templates"].as_object();
        let is_full = self.report_type == "full";
        let template = templates.and_then(|names| names.values().next().cloned());
        let layout = [
            (LANG.name, layout["lang"].clone()),
            match template {
                Some(name) if !is_full => (TEMPLATE.name, name),
                Some(_) => (TEMPLATES, layout["templates"].clone()),
                None => (TEMPLATE.name, Value::Null),
            },
            (REPORT_TYPE.name, self.report_type.clone().into()),
        ];
        let members = given.chain(layout);
        let members = members.filter(|(_, value)| !value.is_null());
        let members = members.map(|(name, value)| (name.to_owned(), value));
        members.collect()
    }
}
