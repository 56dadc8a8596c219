//! A report as a file of its own: read from one snapshot, in the words and by the template that its request names.
//!
//! Must not know who asked for it, nor where the file goes.

use std::fs::File;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::hourly;
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::files::layout::{TEMPLATE, Wording};
use crate::files::template::{Loaded, dressed};
use crate::files::{self, Caption, Heading};
use crate::input::Choice;
use crate::reports::Definition;
use crate::reports::report::{Context, Format};
use crate::reports::request::Request;
use crate::rollups::Source;
use crate::table::Table;
use crate::table::worded::{titled, worded};
use crate::templates::store;
use crate::words::Language;

/// The contents of a file.
pub struct ReportFile {
    pub report: &'static Definition,
    pub format: Format,
    pub caption: Caption,
    pub table: Table,
    pub wording: Wording,
    pub account: String,
    by_hour: Option<Table>,
    template: Option<Loaded>,
}

impl ReportFile {
    /// Reads the file that a request asks for, the tenant's own settings included. `accepted`: the client's language. Windows
    /// are counted from `now`. Errors of the request, and `Invalid` on `template`.
    pub async fn read(
        report: &'static Definition,
        request: &Request,
        accepted: Option<Language>,
        mut scope: Scope,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let tenant = Tenant::load(&mut scope).await?;
        let context = Context {
            tenant: &tenant,
            now,
        };
        let (id, format, layout) = (report.id(), request.format(), request.layout());
        let template = match store::chosen(&mut scope, layout, &id).await? {
            Ok(template) => template,
            Err(faults) => {
                let checked = request.check(&mut scope, context).await;
                return Err(store::refused(faults, checked));
            }
        };
        let answer = request.answer(&mut scope, context, Source::Rolled).await?;
        let by_hour = if format == Format::Xlsx {
            hourly::read(&mut scope, context, request, &answer).await?
        } else {
            None
        };
        let wording = layout.wording(format == Format::Csv, tenant.settings.language, accepted);
        let language = wording.language;
        let by = template.as_ref().map(|loaded| &loaded.template);
        let tables = dressed(answer.outcome.tables(), &id, language, by);
        // One that another version stored may name none of the report's columns.
        let none = || Error::invalid(TEMPLATE.name, "has no column of the report.");
        Ok(Self {
            report,
            format,
            caption: answer.caption,
            table: tables.into_iter().next().ok_or_else(none)?,
            wording,
            account: tenant.name,
            by_hour: by_hour.map(|hours| worded(hours, &id, language)),
            template,
        })
    }

    pub fn name(&self) -> String {
        files::name::of_report(self.report.about.name, &self.caption, self.format.name())
    }

    /// Title of the file, in its language.
    pub fn title(&self) -> &str {
        let template = self.template.as_ref();
        let title = template.and_then(|loaded| loaded.template.title.as_deref());
        title.unwrap_or_else(|| self.wording.language.tell(self.report.about.title))
    }

    /// The pieces of a CSV.
    pub fn csv(self) -> impl Iterator<Item = Result<Vec<u8>>> {
        let table = if self.wording.has_titles {
            titled(self.table)
        } else {
            self.table
        };
        files::csv::chunks(table, self.caption.zone)
    }

    /// Writes a workbook.
    pub fn xlsx(&self, made_at: DateTime<Utc>, to: &mut File, temp_dir: &Path) -> Result<()> {
        let (about, language) = (self.report.about, self.wording.language);
        let template = self.template.as_ref();
        let heading = Heading {
            title: self.title(),
            summary: language.tell(about.summary),
            caption: &self.caption,
            account: &self.account,
            made_at,
            by_hour: self.by_hour.as_ref(),
            language,
            has_about: template.is_none_or(|loaded| loaded.template.about),
            logo: template.and_then(|loaded| loaded.logo.as_deref()),
            notes: &[],
        };
        files::workbook::write(&heading, &self.table, to, temp_dir)
    }
}
