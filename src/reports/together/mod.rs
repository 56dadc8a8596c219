//! Several reports in one answer: one window, one set of filters, one snapshot (contract, section 15).
//!
//! Owns which parameter is whose, and the order of refusals. Every part is the request for its report alone, so no figure is
//! made here. Must not know HTTP.

mod joined;

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use chrono::{DateTime, Utc};

use super::report::{Context, Format, Module, Place};
use super::request::Request;
use super::{ALL, Definition};
use crate::asked::{Answer, Answering, Asked};
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::files::Caption;
use crate::input::{Kind, Parameter, Query};
use crate::rollups::Source;
use crate::time::{Window, Zone};
use joined::Joined;

/// Reports that can be asked for together: all of one place.
pub struct Group {
    pub module: Module,
    pub place: Place,
    include: LazyLock<Parameter>,
}

/// The reports of an AutoCall campaign, and those of Telesales.
pub static GROUPS: [Group; 2] = [
    Group {
        module: Module::Autocall,
        place: Place::OfCampaign,
        include: LazyLock::new(|| include(Place::OfCampaign)),
    },
    Group {
        module: Module::Telesales,
        place: Place::OfAccount,
        include: LazyLock::new(|| include(Place::OfAccount)),
    },
];

fn of(place: Place) -> impl Iterator<Item = &'static Definition> {
    ALL.iter().filter(move |it| it.route().place == place)
}

fn include(place: Place) -> Parameter {
    // Kept for the life of the process: once for each group.
    let names: &'static [&'static str] =
        of(place).map(|it| it.about.name).collect::<Vec<_>>().leak();
    Parameter::optional(
        "include",
        Kind::ChoiceList(names),
        "Reports of the answer, separated by commas; all by default.",
    )
}

impl Group {
    pub fn reports(&self) -> impl Iterator<Item = &'static Definition> + use<> {
        of(self.place)
    }

    /// The parameter that names reports.
    pub fn include(&self) -> &Parameter {
        &self.include
    }

    /// Parameters of the request as a whole, besides [`Group::include`]: each applies to the reports that have it alone.
    pub fn shared(&self) -> Vec<&'static Parameter> {
        let mut shared: Vec<&Parameter> = Vec::new();
        for parameter in self.reports().flat_map(|it| it.shared_parameters()) {
            if !shared.iter().any(|known| known.name == parameter.name) {
                shared.push(parameter);
            }
        }
        shared
    }

    /// Options of single reports, by their names here: `trend.granularity`.
    pub fn options(&self) -> impl Iterator<Item = (String, &'static Parameter)> + use<> {
        self.reports().flat_map(|report| {
            let own = report.route().parameters.iter();
            own.map(|parameter| (option(report, parameter.name), parameter))
        })
    }

    /// Parses a request, once. Its faults are reported when it is answered.
    pub fn read(&self, raw: &str, path_id: Option<i64>) -> Together {
        let include = self.include();
        let mut query = Query::parse(raw, [include]);
        let names = query.listed_all(include);
        let reports = self.reports();
        let included = reports.filter(|report| {
            let name = &report.about.name;
            names.as_ref().is_none_or(|names| names.contains(name))
        });
        let part = |report: &'static Definition| Part {
            report,
            request: report.parse(&query_of(report, raw), path_id, &[Format::Json]),
        };
        Together {
            parts: included.map(part).collect(),
            faults: query.into_faults(),
        }
    }
}

/// Name of an option of one report.
fn option(report: &Definition, name: &str) -> String {
    format!("{}.{name}", report.about.name)
}

fn is_own(report: &Definition, name: &str) -> bool {
    let mut own = report.route().parameters.iter();
    own.any(|parameter| parameter.is_named(name))
}

/// The query of a report alone: its options under their own names, and everything that is no option.
fn query_of(report: &Definition, raw: &str) -> String {
    let prefix = option(report, "");
    let own = |name: Cow<'_, str>| match name.strip_prefix(&prefix) {
        Some(option) => is_own(report, option).then(|| option.to_owned()),
        None => (!is_own(report, &name)).then(|| name.into_owned()),
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
        if let Some(name) = own(name) {
            query.append_pair(&name, &value);
        }
    }
    query.finish()
}

/// A request for several reports.
#[derive(PartialEq, Eq)]
pub struct Together {
    /// In the order of the contract.
    parts: Vec<Part>,
    /// Faults of `include`.
    faults: Faults,
}

struct Part {
    report: &'static Definition,
    request: Request,
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.request == other.request
    }
}

impl Eq for Part {}

impl Hash for Together {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for part in &self.parts {
            part.report.about.hash(state);
            part.request.hash(state);
        }
    }
}

impl Part {
    /// Faults of the report alone, by the names of its parameters here.
    fn faults(&self, alone: Faults) -> Faults {
        alone.renamed(|field| match is_own(self.report, &field) {
            true => option(self.report, &field),
            false => field,
        })
    }
}

impl Together {
    /// Answers every part from one snapshot. After the first refusal the other parts are only checked, for their faults.
    async fn answer(
        &self,
        scope: &mut Scope,
        context: Context<'_>,
        source: Source,
    ) -> Result<Answer> {
        let (mut faults, mut missing) = (self.faults.clone(), Faults::default());
        let mut answers = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let request = &part.request;
            let answered = if faults.is_empty() && missing.is_empty() {
                let answered = request.answer(scope, context, source).await;
                answered.map(|answer| answers.push(answer))
            } else {
                request.check(scope, context).await
            };
            match answered {
                Ok(()) => {}
                Err(Error::Invalid(others)) => faults.merge(part.faults(others)),
                Err(Error::Missing(others)) => missing.merge(others),
                Err(other) => return Err(other),
            }
        }
        faults.into_result(Some(()))?;
        if !missing.is_empty() {
            return Err(Error::Missing(missing));
        }
        Ok(self.joined(answers))
    }

    /// One answer of the answers of all parts. Its window is that of the request, which reports without one do not widen.
    fn joined(&self, answers: Vec<Answer>) -> Answer {
        let is_raw = answers.iter().any(|answer| answer.source == Source::Raw);
        let parts = || self.parts.iter().zip(&answers);
        let has_window = parts().any(|(part, _)| part.report.has_window());
        let captions = parts()
            .filter(|(part, _)| part.report.has_window() || !has_window)
            .map(|(_, answer)| &answer.caption);
        let captions: Vec<&Caption> = captions.collect();
        let caption = Caption {
            window: widest(captions.iter().filter_map(|caption| caption.window)),
            zone: captions.first().map_or(Zone::UTC, |caption| caption.zone),
            filters: Vec::new(),
            earlier: widest(captions.iter().filter_map(|caption| caption.earlier)),
        };
        let names = self.parts.iter().map(|part| part.report.about.name);
        let outcomes = answers.into_iter().map(|answer| answer.outcome);
        let outcome = Joined {
            earlier: caption.earlier,
            parts: names.zip(outcomes).collect(),
        };
        Answer {
            source: if is_raw { Source::Raw } else { Source::Rolled },
            caption,
            outcome: Box::new(outcome),
        }
    }
}

/// The shortest window that holds all: parts that need rows may begin later than the others.
fn widest(windows: impl Iterator<Item = Window>) -> Option<Window> {
    windows.reduce(|one, other| Window {
        from: one.from.min(other.from),
        to: one.to.max(other.to),
        zone: one.zone,
    })
}

impl Asked for Together {
    fn name(&self) -> &'static str {
        "reports"
    }

    fn size(&self) -> usize {
        let parts = self.parts.iter();
        size_of::<Self>() + parts.map(|part| part.request.size()).sum::<usize>()
    }

    fn ask<'a>(
        &'a self,
        scope: &'a mut Scope,
        now: DateTime<Utc>,
        source: Source,
    ) -> Answering<'a> {
        Box::pin(async move {
            let tenant = Tenant::load(scope).await?;
            let context = Context {
                tenant: &tenant,
                now,
            };
            self.answer(scope, context, source).await
        })
    }
}
