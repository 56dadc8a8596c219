//! `POST /analytics`: a question as JSON, its answer as JSON or as CSV.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing::post;
use utoipa_axum::router::OpenApiRouter;

use super::caching::{self, Conditions};
use super::extract::{AnalyticsApiAccess, Permitted};
use super::{body, openapi, questions};
use crate::analytics::query::Query;
use crate::analytics::{self, Answer};
use crate::app::{App, Written};
use crate::error::Result;
use crate::exports::csv;
use crate::rollups::Source;

pub const PATH: &str = "/analytics";

pub fn routes() -> OpenApiRouter<Arc<App>> {
    let mut router = OpenApiRouter::new();
    questions::add(router.get_openapi_mut());
    openapi::guard::<AnalyticsApiAccess>(router.route(PATH, post(answer)), PATH)
}

async fn answer(
    Permitted { caller, .. }: Permitted<AnalyticsApiAccess>,
    State(app): State<Arc<App>>,
    conditions: Conditions,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let query = Query::read(&body::json(&headers, body).await?)?;
    let kind = if prefers_csv(&headers) { Kind::Csv } else { Kind::Json };
    let key = (caller.tenant.id, format!("analytics {kind:?} {query:?}"));
    let query = Arc::new(query);
    let read = move |mut scope| {
        let query = Arc::clone(&query);
        async move {
            let answer = analytics::answer(&mut scope, &query, Source::Rolled).await?;
            kind.written(&answer, &query)
        }
    };
    let found = app.answers.get(&app.db, key.clone(), conditions.oldest, read).await?;
    caching::encode(&app.answers, &key, &found, &conditions).await?;
    Ok(caching::posted(found, &conditions, kind.content_type()))
}

/// What an answer is written as.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Json,
    Csv,
}

impl Kind {
    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json",
            Self::Csv => csv::CONTENT_TYPE,
        })
    }

    fn written(self, answer: &Answer, query: &Query) -> Result<Written> {
        let body = match self {
            Self::Json => Bytes::from(answer.json()?),
            Self::Csv => csv::pieces(answer.table(), query.zone).collect::<Result<Vec<_>>>()?.concat().into(),
        };
        Ok(Written { body: body.into(), tag: Bytes::new() })
    }
}

/// Whether CSV is wanted more than JSON. Who wants neither is given JSON.
fn prefers_csv(headers: &HeaderMap) -> bool {
    let wanted: Vec<(String, f32)> =
        headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok()).flat_map(ranges).collect();
    quality(&wanted, ["text/csv", "text/*", "*/*"]) > quality(&wanted, ["application/json", "application/*", "*/*"])
}

/// The media ranges of a line with the quality of each, 1 unless it says otherwise.
fn ranges(line: &str) -> impl Iterator<Item = (String, f32)> {
    line.split(',').map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        (range, quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0)))
    })
}

/// How much a type is wanted: by the narrowest of its ranges that is named.
fn quality(wanted: &[(String, f32)], of: [&str; 3]) -> f32 {
    let named = |range: &str| wanted.iter().find(|(name, _)| name == range).map(|(_, quality)| *quality);
    of.into_iter().find_map(named).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_given_to_those_who_want_it_more_than_json() {
        let prefers =
            |accept: &'static str| prefers_csv(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]));
        for accept in [
            "text/csv",
            "TEXT/CSV; charset=utf-8",
            "text/csv, application/json;q=0.9",
            "text/*",
            "application/json;q=0.1,*/*",
            "text/csv;q=0.5, application/*;q=0.4, */*;q=0.9",
        ] {
            assert!(prefers(accept), "{accept}");
        }
        for accept in [
            "*/*",
            "application/json",
            "text/csv;q=0.5, application/json",
            "text/csv, application/json",
            "text/csv;q=0",
            "text/html",
            "",
            "text/csv;q=x",
            "application/json, text/csv;q=0.9",
        ] {
            assert!(!prefers(accept), "{accept}");
        }
        assert!(!prefers_csv(&HeaderMap::new()));
    }
}
