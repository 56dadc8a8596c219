//! Bodies of requests on schedules, and their faults.
//!
//! A change is the schedule as it is shown, with the members of the body put over it, read as if it were new.

use chrono::{DateTime, NaiveTime, Utc};
use serde_json::{Map, Value, json};

use super::clock::{At, DAYS, On};
use super::report::{Report, Subject};
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::files::layout::{LANG, Layout, TEMPLATE};
use crate::input::{Choice, email, fault, unknown, value};
use crate::reports::report::Format;
use crate::time::{NamedWindow, Zone};
use crate::words::Language;
use crate::{json, templates, webhooks};

/// Maximum length of a name, in code points.
const MAX_NAME: usize = 255;

/// Maximum number of addresses.
pub const MAX_ADDRESSES: usize = 20;
/// Fault of addresses where no mail server is set.
const NO_MAIL: &str =
    "This server sends no mail: its CALLBOARD_SMTP_URL and CALLBOARD_MAIL_FROM are not set.";

/// Members that clients set.
pub const SETTABLE: [&str; 10] = [
    "name", "report", "params", "window", "format", "template", "lang", "at", "deliver", "active",
];
/// Members that are only shown.
const SHOWN: [&str; 7] = [
    "id",
    "webhook_name",
    "next_run_at",
    "last_run",
    "created_by",
    "created_at",
    "updated_at",
];
const FORMATS: [Format; 2] = [Format::Xlsx, Format::Csv];

/// A schedule as a client wants it.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub name: String,
    pub subject: Subject,
    pub at: At,
    pub deliver: Deliver,
    pub active: bool,
}

/// Receivers of the files: one at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliver {
    /// The webhook to which the file is announced.
    pub webhook: Option<i64>,
    /// Addresses to which the file is mailed.
    pub email: Vec<String>,
}

/// What the members of a schedule are held against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub tenant: &'a Tenant,
    pub now: DateTime<Utc>,
    /// True if this server sends mail.
    pub sends_mail: bool,
}

impl Wanted {
    /// The clock as it is stored and shown.
    pub fn at_shown(&self) -> Value {
        let mut shown = json!({"time": self.at.time.format("%H:%M").to_string()});
        match &self.at.on {
            On::EveryDay => {}
            On::Weekdays(days) => {
                let names = DAYS.iter().zip(days).filter(|(_, is_on)| **is_on);
                shown["days"] = names.map(|(name, _)| *name).collect();
            }
            On::DayOfMonth(day) => shown["day_of_month"] = json!(day),
        }
        shown["timezone"] = json!(self.at.zone.name());
        shown
    }

    pub fn deliver_shown(&self) -> Value {
        let mut shown = Map::new();
        if let Some(webhook) = self.deliver.webhook {
            shown.insert("webhook".into(), json!(webhook));
        }
        if !self.deliver.email.is_empty() {
            shown.insert("email".into(), json!(self.deliver.email));
        }
        shown.into()
    }
}

/// Reads a new schedule, or with `shown`, the schedule as clients see it, a change to it. `Invalid` with every fault.
pub async fn read(
    scope: &mut Scope,
    context: Context<'_>,
    mut members: Map<String, Value>,
    shown: Option<&Value>,
) -> Result<Wanted> {
    let Context { tenant, now, .. } = context;
    let mut faults = Faults::default();
    unknown::unsettable(&members, (&SETTABLE, &SHOWN), shown, &mut faults);
    if let Some(shown) = shown {
        for name in SETTABLE {
            members.entry(name).or_insert_with(|| shown[name].clone());
        }
    }
    let wanted = parse(&members, tenant.timezone, &mut faults);
    if let Some(wanted) = &wanted {
        let checked = wanted.subject.check(scope, tenant, now).await;
        match checked {
            Err(Error::Invalid(others)) => faults.merge(others),
            other => other?,
        }
        if let Some(template) = &wanted.subject.layout.template {
            // It cannot be deleted until the schedule is stored.
            templates::store::lock(scope).await?;
            let report = wanted.subject.report.name();
            match templates::store::load(scope, TEMPLATE.name, template, &report).await {
                Err(Error::Invalid(others)) => faults.merge(others),
                other => drop(other?),
            }
        }
        if let Some(webhook) = wanted.deliver.webhook {
            // A schedule whose webhook is gone can be stopped, and stays as it is.
            let is_kept = shown.is_some_and(|it| it["deliver"]["webhook"] == json!(webhook));
            match webhooks::store::find(scope, webhook).await {
                Err(Error::NotFound) if is_kept && !wanted.active => {}
                Err(Error::NotFound) => faults.add("deliver.webhook", "was not found."),
                other => drop(other?),
            }
        }
        // Addresses that are there already do not keep the rest from being changed.
        if shown.is_none_or(|shown| shown["deliver"] != wanted.deliver_shown()) {
            check_mail(&wanted.deliver.email, context, &mut faults);
        }
    }
    faults.into_result(wanted)
}

/// Adds faults of addresses that mail cannot go to.
fn check_mail(addresses: &[String], context: Context<'_>, faults: &mut Faults) {
    if !addresses.is_empty() && !context.sends_mail {
        faults.add("deliver.email", NO_MAIL);
        return;
    }
    for (at, address) in addresses.iter().enumerate() {
        if !context.tenant.settings.allows_mail_to(address) {
            let rest = "is not in a domain that the account's mail_domains allow.";
            faults.add(format!("deliver.email.{at}"), rest);
        }
    }
}

/// The schedule that these members say; `None` if a part of it is faulty or missing. `default_zone`: that of the account.
pub fn parse(
    members: &Map<String, Value>,
    default_zone: Zone,
    faults: &mut Faults,
) -> Option<Wanted> {
    let given = |name: &str| members.get(name).filter(|value| !value.is_null());
    let name =
        required("name", given("name"), faults).and_then(|given| text("name", given, faults));
    let known: Vec<String> = Report::all().map(Report::name).collect();
    let definition = required("report", given("report"), faults).and_then(|given| {
        let found = given.as_str().and_then(Report::named);
        note(
            "report",
            found,
            &fault::one_of(known.iter().map(String::as_str)),
            faults,
        )
    });
    let params = match given("params") {
        None => Some(Map::new()),
        Some(given) => note("params", given.as_object().cloned(), fault::OBJECT, faults),
    };
    let window = required("window", given("window"), faults).and_then(|given| {
        let mut all = NamedWindow::ALL.iter().copied();
        let found = all.find(|window| given == window.name());
        note(
            "window",
            found,
            &fault::one_of(NamedWindow::NAMES.iter().copied()),
            faults,
        )
    });
    let format = given("format").map_or(Some(Format::Xlsx), |given| {
        let found = FORMATS.into_iter().find(|format| given == format.name());
        note(
            "format",
            found,
            &fault::one_of(FORMATS.map(Choice::name)),
            faults,
        )
    });
    let template = given(TEMPLATE.name).map_or(Some(None), |given| {
        let name = given.as_str();
        let rest = name.map_or(fault::STRING, |_| templates::store::NAME);
        let name = name.filter(|name| templates::store::is_name(name));
        note(
            TEMPLATE.name,
            name.map(|name| Some(name.to_owned())),
            rest,
            faults,
        )
    });
    let language = given(LANG.name).map_or(Some(None), |given| {
        let language = given.as_str().and_then(Language::named).map(Some);
        let known = fault::one_of(Language::NAMES.iter().copied());
        note(LANG.name, language, &known, faults)
    });
    let at = required("at", given("at"), faults).and_then(|given| at(given, default_zone, faults));
    let deliver =
        required("deliver", given("deliver"), faults).and_then(|given| deliver(given, faults));
    let active = given("active").map_or(Some(true), |given| {
        note("active", given.as_bool(), fault::FLAG, faults)
    });
    let at = at?;
    let subject = Subject {
        report: definition?,
        params: params?,
        window: window?,
        format: format?,
        layout: Layout {
            language: language?,
            template: template?,
        },
        zone: at.zone,
    };
    Some(Wanted {
        name: name?,
        subject,
        at,
        deliver: deliver?,
        active: active?,
    })
}

fn required<'a>(field: &str, given: Option<&'a Value>, faults: &mut Faults) -> Option<&'a Value> {
    note(field, given, fault::REQUIRED, faults)
}

/// The value, or a fault if there is none.
fn note<T>(field: &str, value: Option<T>, rest: &str, faults: &mut Faults) -> Option<T> {
    if value.is_none() {
        faults.add(field, fault::of_field(field, rest));
    }
    value
}

fn text(field: &str, given: &Value, faults: &mut Faults) -> Option<String> {
    let text = value::text(&given.to_string());
    let text = text.and_then(|text| Ok(value::within(&text, MAX_NAME)?.into_owned()));
    let rest = match text {
        Ok(text) if text.trim().is_empty() => fault::REQUIRED.to_owned(),
        Ok(text) if text.chars().any(char::is_control) => "must be one line.".to_owned(),
        Ok(text) => return Some(text.trim().to_owned()),
        Err(rest) => rest,
    };
    note(field, None, &rest, faults)
}

/// The clock that is stored; `None` if another version wrote one that this does not know.
pub fn clock(stored: &Value) -> Option<At> {
    at(stored, Zone::UTC, &mut Faults::default())
}

fn at(given: &Value, default_zone: Zone, faults: &mut Faults) -> Option<At> {
    let Some(members) = given.as_object() else {
        return note("at", None, fault::OBJECT, faults);
    };
    let given = |name: &str| members.get(name).filter(|value| !value.is_null());
    let time = required("at.time", given("time"), faults).and_then(|given| {
        // Two digits each, as it is shown.
        let text = given.as_str().filter(|text| text.len() == 5);
        let time = text.and_then(|text| NaiveTime::parse_from_str(text, "%H:%M").ok());
        note("at.time", time, "must be a time such as 07:30.", faults)
    });
    let on = match (given("days"), given("day_of_month")) {
        (None, None) => Some(On::EveryDay),
        (Some(days), None) => note("at.days", weekdays(days), DAYS_FAULT, faults),
        (None, Some(day)) => {
            let day = json::integer(&day.to_string()).filter(|day| (1..=31).contains(day));
            let day = day.and_then(|day| u32::try_from(day).ok());
            let rest = fault::integer_within(&(1..=31));
            note("at.day_of_month", day.map(On::DayOfMonth), &rest, faults)
        }
        (Some(_), Some(_)) => note("at.day_of_month", None, "cannot stand beside days.", faults),
    };
    let zone = given("timezone").map_or(Some(default_zone), |given| {
        let zone = given.as_str().and_then(Zone::named);
        let rest = "must be a time zone of the IANA database, such as Asia/Ho_Chi_Minh.";
        note("at.timezone", zone, rest, faults)
    });
    unknown::others(
        "at.",
        members,
        &["time", "days", "day_of_month", "timezone"],
        faults,
    );
    Some(At {
        time: time?,
        on: on?,
        zone: zone?,
    })
}

const DAYS_FAULT: &str = "must be a list of days: mon, tue, wed, thu, fri, sat, sun.";

fn weekdays(given: &Value) -> Option<On> {
    let mut days = [false; 7];
    let items = given.as_array()?;
    if !(1..=DAYS.len()).contains(&items.len()) {
        return None;
    }
    for item in items {
        days[DAYS.iter().position(|day| item == day)?] = true;
    }
    Some(On::Weekdays(days))
}

fn deliver(given: &Value, faults: &mut Faults) -> Option<Deliver> {
    let Some(members) = given.as_object() else {
        return note("deliver", None, fault::OBJECT, faults);
    };
    unknown::others("deliver.", members, &["webhook", "email"], faults);
    let given = |name: &str| members.get(name).filter(|value| !value.is_null());
    let (webhook, email) = (given("webhook"), given("email"));
    if webhook.is_none() && email.is_none() {
        return note(
            "deliver",
            None,
            "must name a webhook, email, or both.",
            faults,
        );
    }
    let webhook = webhook.map(|given| {
        let id = json::integer(&given.to_string());
        note("deliver.webhook", id, fault::INTEGER, faults)
    });
    let email = email.map(|given| addresses(given, faults));
    Some(Deliver {
        webhook: match webhook {
            Some(webhook) => Some(webhook?),
            None => None,
        },
        email: match email {
            Some(email) => email?,
            None => Vec::new(),
        },
    })
}

/// Addresses that are valid and different, one at least.
fn addresses(given: &Value, faults: &mut Faults) -> Option<Vec<String>> {
    let items = given.as_array().filter(|items| !items.is_empty());
    let items = note(
        "deliver.email",
        items,
        "must be a list of addresses.",
        faults,
    )?;
    if items.len() > MAX_ADDRESSES {
        let rest = fault::more_than(MAX_ADDRESSES);
        return note("deliver.email", None, &rest, faults);
    }
    let mut found: Vec<String> = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let rest = match item.as_str().filter(|text| email::is_address(text)) {
            Some(text) if found.iter().any(|known| known == text) => "is there twice.",
            Some(text) => {
                found.push(text.to_owned());
                continue;
            }
            None => email::FAULT,
        };
        faults.add(format!("deliver.email.{at}"), rest);
    }
    (found.len() == items.len()).then_some(found)
}
