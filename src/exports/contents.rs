//! The contents of an export: reports by their definitions, read in one snapshot.

use chrono::{DateTime, Utc};

use super::hourly;
use super::job::Job;
use super::request::ReportType;
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::files::layout::{TEMPLATE, Wording};
use crate::files::template::{Loaded, dressed};
use crate::files::{Caption, Heading};
use crate::reports::autocall::CampaignStart;
use crate::reports::report::{Context, Export, Format, Summary};
use crate::reports::{self, Definition};
use crate::rollups::Source;
use crate::table::Table;
use crate::table::worded::{titled, worded};
use crate::templates::store;
use crate::time::Window;
use crate::words::Language;

/// A report as part of a file.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    report: &'static Definition,
    /// Name of its sheet.
    pub sheet: &'static str,
    pub summary: Summary,
}

impl ReportType {
    /// Ids of the reports of the file.
    pub fn reports(self) -> Vec<String> {
        let parts = self.parts(Language::English);
        parts.map(|part| part.report.id()).collect()
    }

    /// The reports of the file, in the order of the sheets.
    fn parts(self, language: Language) -> impl Iterator<Item = Part> {
        reports::ALL.iter().filter_map(move |report| {
            let Export { sheet, summary, .. } = report.export()?;
            let is_in = self == Self::Full || self == Self::One(report.about.name);
            is_in.then_some(Part {
                report,
                sheet: language.tell(sheet),
                summary: *summary,
            })
        })
    }

    /// True if the file has a row for every attempt.
    pub fn has_attempts(self) -> bool {
        self == Self::Full
    }
}

/// The tables of a file and its description.
#[derive(Debug)]
pub struct Contents {
    pub report_type: ReportType,
    pub campaign: String,
    /// The tables of each part.
    pub parts: Vec<(Part, Vec<Table>)>,
    pub caption: Caption,
    account: String,
    pub made_at: DateTime<Utc>,
    /// See [`hourly`].
    pub by_hour: Option<Table>,
    pub wording: Wording,
    /// That of its only report.
    template: Option<Loaded>,
}

impl Contents {
    /// Reads every report of a job's file in the scope's snapshot: of the campaign, over the window, besides that which it is
    /// compared with.
    pub async fn read(
        scope: &mut Scope,
        job: &Job,
        (campaign, report_type, (window, earlier)): (i64, ReportType, (Window, Option<Window>)),
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let tenant = Tenant::load(scope).await?;
        let beginning = CampaignStart::load(scope, &[campaign])
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        let context = Context {
            tenant: &tenant,
            now,
        };
        let (is_csv, account) = (job.format == Format::Csv, tenant.settings.language);
        let wording = job.layout.wording(is_csv, account, job.accepted);
        let language = wording.language;
        let (mut parts, mut by_hour, mut only) = (Vec::new(), None, None);
        for part in report_type.parts(language) {
            let request = part
                .report
                .of_window(campaign, &window)
                .ok_or_else(|| Error::internal("a part of a file without a campaign"))?;
            let request = match &earlier {
                Some(earlier) => request.compared_with(earlier),
                None => request,
            };
            let answer = request.answer(scope, context, Source::Rolled).await?;
            let id = part.report.id();
            if let Some(hours) = hourly::read(scope, context, &request, &answer).await? {
                by_hour = Some(worded(hours, &id, language));
            }
            let template = match job.templates.get(&id) {
                Some(name) => Some(store::load(scope, TEMPLATE.name, name, &id).await?),
                None => None,
            };
            let by = template.as_ref().map(|loaded| &loaded.template);
            let tables = dressed(answer.outcome.tables(), &id, language, by).into_iter();
            let tables: Vec<Table> = if is_csv && wording.has_titles {
                tables.map(titled).collect()
            } else {
                tables.collect()
            };
            parts.push((part, tables));
            // A file with several reports has a title of its own.
            only = template.filter(|_| report_type != ReportType::Full);
        }
        let name = beginning.name;
        let filters = vec![("Campaign", format!("{name} ({campaign})"))];
        let caption = Caption {
            window: Some(window),
            zone: window.zone,
            filters,
            earlier,
        };
        Ok(Self {
            report_type,
            campaign: name,
            parts,
            caption,
            account: tenant.name,
            made_at: now,
            by_hour,
            wording,
            template: only,
        })
    }

    pub fn heading(&self) -> Heading<'_> {
        let (title, summary) = match (self.report_type, self.parts.first()) {
            (ReportType::Full, _) | (_, None) => (
                "Campaign report",
                "All reports of a campaign and all its attempts.",
            ),
            (_, Some((part, _))) => (part.report.about.title, part.report.about.summary),
        };
        let Self {
            caption,
            account,
            made_at,
            by_hour,
            wording: Wording { language, .. },
            template,
            ..
        } = self;
        let template = template.as_ref();
        let own_title = template.and_then(|loaded| loaded.template.title.as_deref());
        Heading {
            has_about: template.is_none_or(|loaded| loaded.template.about),
            logo: template.and_then(|loaded| loaded.logo.as_deref()),
            notes: &[],
            language: *language,
            title: own_title.unwrap_or_else(|| language.tell(title)),
            summary: language.tell(summary),
            caption,
            account,
            made_at: *made_at,
            by_hour: by_hour.as_ref(),
        }
    }

    /// The table of a file that has no other.
    pub fn only_table(&self) -> Option<&Table> {
        let mut tables = self.tables();
        let only = tables.next().filter(|_| !self.report_type.has_attempts());
        only.filter(|_| tables.next().is_none())
    }

    /// Every table, in the order of the sheets.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.parts.iter().flat_map(|(_, tables)| tables)
    }
}
