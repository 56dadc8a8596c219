//! The report of a schedule: its name, and its parameters as the report itself reads them.

use chrono::{DateTime, Utc};
use form_urlencoded::Serializer;
use serde_json::{Map, Value, json};

use crate::auth::{Permission, Tenant};
use crate::calls::{self, FileRequest, List, Place};
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::exports::request::{Order, ReportType};
use crate::files::layout::{LANG, Layout, TEMPLATE};
use crate::input::{COMPARE, Choice, UNTIL, WINDOW, fault};
use crate::json;
use crate::reports::report::{Context, Format, Module};
use crate::reports::request::Request;
use crate::reports::{self, Definition};
use crate::time::{NamedWindow, Zone};

/// The campaign of an export.
const CAMPAIGN: &str = "campaign_id";
/// Parameters that the schedule sets itself.
const SET: [&str; 9] = [
    "window",
    "lang",
    "template",
    "timezone",
    "format",
    "from",
    "to",
    "date_from",
    "date_to",
];
/// Maximum number of values of a parameter, and of characters of a value.
const MAX_VALUES: usize = 200;
const MAX_VALUE: usize = 1_000;

/// What a schedule makes.
#[derive(Debug, Clone, Copy)]
pub enum Report {
    /// A report that is a file by itself, over a window that has a name.
    Answer(&'static Definition),
    /// An export of a campaign.
    Export(ReportType),
    /// A list of calls of the account.
    List(&'static List),
}

impl Report {
    /// Everything that can be scheduled.
    pub fn all() -> impl Iterator<Item = Self> {
        let answers = reports::ALL.iter().filter(|report| {
            let has_window = report.parameters().any(|one| one.name == WINDOW.name);
            report.route().files && has_window
        });
        let exports = ReportType::ALL.iter().copied().map(Self::Export);
        let lists = calls::ALL
            .iter()
            .filter(|list| list.place != Place::Campaign);
        let lists = lists.map(Self::List);
        answers.map(Self::Answer).chain(exports).chain(lists)
    }

    pub fn named(text: &str) -> Option<Self> {
        Self::all().find(|report| report.name() == text)
    }

    /// `telesales.dashboard`
    pub fn name(self) -> String {
        match self {
            Self::Answer(report) => report.id(),
            Self::Export(export) => format!("{}.{}", Module::Autocall.name(), export.name()),
            Self::List(list) => format!("{}.{}", list.module().name(), list.file_name()),
        }
    }

    /// The permissions that the report itself needs.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::{AutocallApiAccess, AutocallExportReport, CallsRead, TelesalesApiAccess};
        match self {
            Self::List(list) => match list.module() {
                Module::Autocall => &[AutocallApiAccess, CallsRead],
                Module::Telesales => &[TelesalesApiAccess, CallsRead],
            },
            Self::Export(_) => &[AutocallApiAccess, AutocallExportReport],
            Self::Answer(report) => match report.route().module {
                Module::Autocall => &[AutocallApiAccess],
                Module::Telesales => &[TelesalesApiAccess],
            },
        }
    }
}

/// A report with its parameters, without time.
#[derive(Debug, Clone)]
pub struct Subject {
    pub report: Report,
    pub params: Map<String, Value>,
    pub window: NamedWindow,
    pub format: Format,
    pub layout: Layout,
    pub zone: Zone,
}

impl Subject {
    /// The request that a client would send for a report.
    pub fn request(&self, report: &Definition) -> Request {
        report.parse(&self.query().finish(), None, &[self.format])
    }

    /// The request that a client would send for a list as a file.
    pub fn list(&self, list: &'static List) -> FileRequest {
        let mut query = self.query();
        query.append_pair("format", self.format.name());
        FileRequest::read(list, &query.finish(), 0)
    }

    /// The export that a client would order, without its layout.
    pub async fn order(
        &self,
        scope: &mut Scope,
        export: ReportType,
        tenant: &Tenant,
        now: DateTime<Utc>,
    ) -> Result<Order> {
        let mut members = Map::new();
        for (name, value) in [
            ("report_type", export.name()),
            ("format", self.format.name()),
            (WINDOW.name, self.window.name()),
            ("timezone", self.zone.name()),
        ] {
            members.insert(name.to_owned(), json!(value));
        }
        for name in [COMPARE.name, UNTIL.name] {
            if let Some(value) = self.params.get(name) {
                members.insert(name.to_owned(), value.clone());
            }
        }
        let campaign = self.campaign().unwrap_or_default();
        Order::read(scope, tenant, campaign, (&members, None), now).await
    }

    fn query(&self) -> Serializer<'static, String> {
        let mut query = Serializer::new(String::new());
        for (name, value) in &self.params {
            match value {
                Value::Array(items) => items.iter().for_each(|item| {
                    query.append_pair(&format!("{name}[]"), &text(item));
                }),
                value => {
                    query.append_pair(name, &text(value));
                }
            }
        }
        query.append_pair(WINDOW.name, self.window.name());
        query.append_pair("timezone", self.zone.name());
        if let Some(language) = self.layout.language {
            query.append_pair(LANG.name, language.name());
        }
        if let Some(template) = &self.layout.template {
            query.append_pair(TEMPLATE.name, template);
        }
        query
    }

    /// The campaign of an export.
    pub fn campaign(&self) -> Option<i64> {
        json::integer(&self.params.get(CAMPAIGN)?.to_string())
    }

    /// Checks the parameters as a request for the report would, each under its name here. `Invalid` with every fault.
    pub async fn check(
        &self,
        scope: &mut Scope,
        tenant: &Tenant,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut faults = self.own_faults();
        if faults.is_empty() {
            let context = Context { tenant, now };
            let checked = match self.report {
                Report::Answer(report) => self.request(report).check(scope, context).await,
                Report::List(list) => self.list(list).check(scope, context).await,
                Report::Export(export) => {
                    let order = self.order(scope, export, tenant, now).await;
                    order.map(drop)
                }
            };
            match checked {
                Err(Error::Invalid(others) | Error::Missing(others)) => {
                    for (field, messages) in others.iter() {
                        let field = format!("params.{field}");
                        messages
                            .iter()
                            .for_each(|message| faults.add(field.as_str(), message.as_str()));
                    }
                }
                Err(Error::NotFound) => {
                    faults.add(format!("params.{CAMPAIGN}"), "was not found.");
                }
                other => other?,
            }
        }
        faults.into_result(Some(()))
    }

    /// Faults that the report's parser does not look for: members that it ignores, and values that are no text.
    fn own_faults(&self) -> Faults {
        let mut faults = Faults::default();
        let is_export = matches!(self.report, Report::Export(_));
        if is_export && self.campaign().is_none() {
            let rest = match self.params.get(CAMPAIGN) {
                None => fault::REQUIRED,
                Some(_) => fault::INTEGER,
            };
            faults.add(format!("params.{CAMPAIGN}"), rest);
        }
        for (name, value) in &self.params {
            let is_known = match self.report {
                Report::Answer(report) => report.parameters().any(|known| known.plain() == name),
                Report::List(list) => list.file_parameters().any(|known| known.plain() == name),
                Report::Export(_) => [CAMPAIGN, COMPARE.name, UNTIL.name].contains(&name.as_str()),
            };
            let rest = if SET.contains(&name.as_str()) {
                "is set by the schedule."
            } else if !is_known {
                "is no parameter of this report."
            } else if !is_export && !is_plain(value) {
                "must be a text, a number, true or false, or a list of those."
            } else {
                continue;
            };
            let name: String = name.chars().take(100).collect();
            faults.add(format!("params.{name}"), rest);
        }
        faults
    }
}

/// True if the value can stand in a query string.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Array(items) => {
            items.len() <= MAX_VALUES && items.iter().all(|item| !item.is_array() && is_plain(item))
        }
        Value::String(text) => text.chars().count() <= MAX_VALUE,
        Value::Number(_) | Value::Bool(_) => true,
        Value::Null | Value::Object(_) => false,
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
