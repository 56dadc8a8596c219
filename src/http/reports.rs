//! Report handlers: every definition is served by the same code.

use std::io::Seek;
use std::path::Path as FolderPath;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use chrono::{DateTime, Utc};
use futures_util::stream;
use tokio_util::io::ReaderStream;
use utoipa_axum::router::OpenApiRouter;

use super::answers;
use super::caching::{self, Conditions};
use super::extract::{AutocallApiAccess, Grant, Permitted, TelesalesApiAccess, path_id};
use super::language::{self, Accepted};
use super::{openapi, window};
use crate::answers::Form;
use crate::app::App;
use crate::error::{Error, Result};
use crate::exports::report::ReportFile;
use crate::files;
use crate::reports::report::{Format, Module, Place};
use crate::reports::request::Request;
use crate::reports::{self, Definition};

/// Adds the operations of every report.
pub fn add_all(mut router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    for report in reports::ALL {
        router = match report.route().module {
            Module::Autocall => add::<AutocallApiAccess>(router, report),
            Module::Telesales => add::<TelesalesApiAccess>(router, report),
        };
    }
    router
}

fn add<G: Grant>(
    mut router: OpenApiRouter<Arc<App>>,
    report: &'static Definition,
) -> OpenApiRouter<Arc<App>> {
    openapi::add_report(router.get_openapi_mut(), report);
    let formats = if report.route().files {
        &[Format::Json, Format::Csv, Format::Xlsx][..]
    } else {
        &[Format::Json]
    };
    router = openapi::guard::<G>(
        router.route(&report.path(), route::<G>(report, formats)),
        &report.path(),
    );
    if report.route().files {
        openapi::add_export(router.get_openapi_mut(), report);
        let path = report.export_path();
        router = openapi::guard::<G>(
            router.route(&path, route::<G>(report, EXPORT_FORMATS)),
            &path,
        );
    }
    router
}

/// Formats of `/export`, the default first.
const EXPORT_FORMATS: &[Format] = &[Format::Xlsx, Format::Csv];

fn route<G: Grant>(
    report: &'static Definition,
    formats: &'static [Format],
) -> MethodRouter<Arc<App>> {
    let across = move |Permitted { caller, .. }: Permitted<G>,
                       State(app): State<Arc<App>>,
                       conditions: Conditions,
                       accepted: Accepted,
                       RawQuery(query): RawQuery| async move {
        let request = report.parse(&query.unwrap_or_default(), None, formats);
        let client = (&conditions, accepted);
        answer(&app, caller.tenant.id, report, request, client).await
    };
    let of_campaign = move |Permitted { caller, .. }: Permitted<G>,
                            State(app): State<Arc<App>>,
                            conditions: Conditions,
                            accepted: Accepted,
                            path: Result<Path<String>, PathRejection>,
                            RawQuery(query): RawQuery| async move {
        let request = report.parse(&query.unwrap_or_default(), Some(path_id(path)?), formats);
        let client = (&conditions, accepted);
        answer(&app, caller.tenant.id, report, request, client).await
    };
    match report.route().place {
        Place::OfCampaign => get(of_campaign),
        Place::AcrossCampaigns | Place::OfAccount => get(across),
    }
}

async fn answer(
    app: &App,
    tenant: i64,
    report: &'static Definition,
    request: Request,
    (conditions, accepted): (&Conditions, Accepted),
) -> Result<Response> {
    match request.format() {
        Format::Json => {
            let asked = request.into_asked();
            answers::answer(app, tenant, Form::TaggedJson, asked, conditions).await
        }
        Format::Csv | Format::Xlsx => file(app, tenant, report, request, accepted).await,
    }
}

/// A response as a file, written for one client and not cached.
async fn file(
    app: &App,
    tenant: i64,
    report: &'static Definition,
    request: Request,
    Accepted(accepted): Accepted,
) -> Result<Response> {
    let made_at = app.clock.now();
    let read = |scope| {
        let request = request.clone();
        async move { ReportFile::read(report, &request, accepted, scope, made_at).await }
    };
    // On the heap, because the future is large and would be moved with every request.
    let contents = Box::pin(app.db.answer(tenant, read)).await?;
    let temp_dir = app.exports.store.temp_dir().to_owned();
    answers::aside(move || download(contents, made_at, &temp_dir)).await
}

fn download(
    contents: ReportFile,
    made_at: DateTime<Utc>,
    temp_dir: &FolderPath,
) -> Result<Response> {
    let (name, wording, of) = (contents.name(), contents.wording, contents.caption.window);
    let (kind, body) = match contents.format {
        Format::Json => return Err(Error::internal("a file that is none")),
        Format::Csv => {
            let pieces = stream::iter(contents.csv());
            (files::csv::CONTENT_TYPE, Body::from_stream(pieces))
        }
        Format::Xlsx => {
            let mut file = tempfile::tempfile_in(temp_dir)?;
            contents.xlsx(made_at, &mut file, temp_dir)?;
            file.rewind().map_err(Error::internal)?;
            let file = ReaderStream::new(tokio::fs::File::from_std(file));
            (files::workbook::CONTENT_TYPE, Body::from_stream(file))
        }
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    let mut response = (
        [
            (CONTENT_TYPE, kind.to_owned()),
            (CONTENT_DISPOSITION, disposition),
        ],
        body,
    )
        .into_response();
    caching::private_no_cache(response.headers_mut());
    language::vary(response.headers_mut(), wording);
    if let Some(of) = &of {
        window::add(response.headers_mut(), window::value(of))?;
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::answers::AnswerKey;
    use crate::input::{Kind, Parameter};

    const OPEN: &[Format] = &[Format::Json, Format::Csv];

    fn key(request: Request) -> AnswerKey {
        AnswerKey {
            form: Form::TaggedJson,
            asked: request.into_asked(),
        }
    }

    /// Two values of each kind, so that at least one is not the default.
    fn values(parameter: &Parameter) -> Vec<&'static str> {
        match &parameter.kind {
            Kind::Moment => vec!["2026-06-01", "2026-06-01T00:00:01", "2026-06-01T00:00:01Z"],
            Kind::Comparison => vec!["previous_week", "2026-06-01..2026-06-02"],
            Kind::Zone => vec!["Asia/Tokyo", "Asia/Seoul"],
            Kind::Id | Kind::Integer { .. } | Kind::Number { .. } => vec!["1", "2"],
            Kind::IdList { .. } => vec!["1", "2", "1,2"],
            Kind::Flag => vec!["1"],
            Kind::Either | Kind::Fraction => vec!["0", "1"],
            Kind::Object => vec![r#"{"a":1}"#, r#"{"a":2}"#],
            Kind::Text | Kind::Pattern(_) | Kind::TextList { .. } => vec!["a", "b"],
            Kind::Choice(names) | Kind::ChoiceList(names) => names.to_vec(),
        }
    }

    /// True if one of [`values`] is the default.
    fn has_default(parameter: &Parameter, report: &str) -> bool {
        match parameter.name {
            // Without compare, until means nothing.
            "granularity" | "group_by" | "until" => true,
            "metric" => report == "comparison",
            _ => false,
        }
    }

    #[test]
    fn requests_that_differ_in_one_parameter_have_different_keys() {
        let mut keys = HashSet::new();
        for report in reports::ALL {
            let about = report.about;
            for path_id in [None, Some(1), Some(2)] {
                let key_of = |query: &str| key(report.parse(query, path_id, OPEN));
                keys.insert(key_of(""));
                for parameter in report.parameters() {
                    let before = keys.len();
                    let (name, values) = (parameter.plain(), values(parameter));
                    for value in &values {
                        keys.insert(key_of(&format!("{name}={value}")));
                        let noisy = key_of(&format!("unknown=1&{name}[]={value}&{name}="));
                        assert!(keys.contains(&noisy), "{} {name}={value}", report.path());
                    }
                    let default = usize::from(has_default(parameter, about.name));
                    assert_eq!(
                        keys.len() - before,
                        values.len() - default,
                        "{} {name}",
                        report.path()
                    );
                }
            }
        }
    }

    #[test]
    fn spellings_of_one_request_have_one_key() {
        let report = |name| {
            let mut all = reports::ALL.iter();
            all.find(|report| report.path().ends_with(name))
                .expect(name)
        };
        for (name, one, other) in [
            (
                "dashboard",
                "agent_ids=2,1,2",
                "agent_ids[]=1&agent_ids[7]=2",
            ),
            (
                "dashboard",
                "source[]=b&source[]=a&source[]=b",
                "source[1]=a&source=b",
            ),
            ("dashboard", "source=Le%CC%81", "source[]=L%C3%A9"),
            ("dashboard", "timezone=asia/tokyo", "timezone=Asia/Tokyo"),
            ("dashboard", "campaign_id=7", "campaign_id=+7&format=json"),
            ("time-series", "group_by=day&fill_gaps=0", ""),
            (
                "comparison",
                "campaign_ids=3&campaign_ids=1",
                "campaign_ids=3,1,3",
            ),
        ] {
            let report = report(name);
            let key = |query| key(report.parse(query, None, OPEN));
            assert!(key(one) == key(other), "{name} {one}");
        }
    }

    #[test]
    fn a_key_weighs_what_its_lists_take() {
        let size = |name, query: &str| {
            let mut all = reports::ALL.iter();
            let report = all.find(|report| report.about.name == name).expect(name);
            key(report.parse(query, None, OPEN)).size()
        };
        let ids: Vec<String> = (0..50).map(|id: i64| id.to_string()).collect();
        let campaigns = size("comparison", &format!("campaign_ids={}", ids.join(",")));
        assert!(campaigns > 400, "{campaigns}");
        let source = format!("source={}", "x".repeat(255));
        for report in ["dashboard", "abandon-rate"] {
            let (with, without) = (size(report, &source), size(report, ""));
            assert!(with >= without + 255, "{report}: {with} and {without}");
        }
    }
}
