//! `POST /analytics`: a query as JSON, its result as JSON or CSV.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::Response;
use axum::routing::post;
use utoipa_axum::router::OpenApiRouter;

use super::caching::Conditions;
use super::extract::{AnalyticsApiAccess, Permitted};
use super::{answers, body, openapi};
use crate::analytics::query::Query;
use crate::answers::Form;
use crate::app::App;
use crate::error::Result;
use crate::files::layout::LANG;
use crate::input::Query as Parameters;
use crate::words::Language;

/// Adds the operation at `path`.
pub fn add(mut router: OpenApiRouter<Arc<App>>, path: &'static str) -> OpenApiRouter<Arc<App>> {
    let document = router.get_openapi_mut();
    openapi::add_analytics(document, path);
    openapi::add_parameters(document, path, [openapi::described(&LANG)]);
    openapi::guard::<AnalyticsApiAccess>(router.route(path, post(answer)), path)
}

async fn answer(
    Permitted { caller, .. }: Permitted<AnalyticsApiAccess>,
    State(app): State<Arc<App>>,
    conditions: Conditions,
    headers: HeaderMap,
    RawQuery(parameters): RawQuery,
    body: Body,
) -> Result<Response> {
    let parameters = parameters.unwrap_or_default();
    let mut parameters = Parameters::parse(&parameters, [&LANG]);
    let language = parameters.listed(&LANG).and_then(Language::named);
    let query = Query::read(&body::json(&headers, body).await?);
    let query = parameters.into_faults().combine(query)?;
    let form = match language {
        _ if !prefers_csv(&headers) => Form::Json,
        Some(language) => Form::CsvIn(language),
        None => Form::Csv,
    };
    answers::answer(&app, caller.tenant.id, form, Arc::new(query), &conditions).await
}

/// CSV if preferred over JSON; JSON if neither is accepted.
fn prefers_csv(headers: &HeaderMap) -> bool {
    let wanted: Vec<(String, f32)> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(ranges)
        .collect();
    quality(&wanted, ["text/csv", "text/*", "*/*"])
        > quality(&wanted, ["application/json", "application/*", "*/*"])
}

/// The media ranges of a line with their quality, by default 1.
fn ranges(line: &str) -> impl Iterator<Item = (String, f32)> {
    line.split(',').map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality =
            parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        (
            range,
            quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0)),
        )
    })
}

/// The quality of a type, by its most specific range.
fn quality(wanted: &[(String, f32)], of: [&str; 3]) -> f32 {
    let named = |range: &str| {
        wanted
            .iter()
            .find(|(name, _)| name == range)
            .map(|(_, quality)| *quality)
    };
    of.into_iter().find_map(named).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use axum::http::HeaderValue;
    use serde_json::{Value, json};

    use super::*;
    use crate::analytics;
    use crate::analytics::filter::{self, Filter};
    use crate::analytics::query::{FILTERS, GRANULARITY, PAGE, PAGE_SIZE, QUERY_TYPE, TIMEZONE};
    use crate::answers::AnswerKey;

    /// Two values or more, none of them a default.
    fn values(filter: &Filter) -> Vec<Value> {
        match filter.kind {
            filter::Kind::Text => vec![json!("mer_1"), json!("mer_2")],
            filter::Kind::Moment => vec![json!("2026-06-01"), json!("2026-06-02T00:00:01Z")],
            filter::Kind::Seconds => vec![json!(1), json!(2)],
            filter::Kind::Fraction => vec![json!(0.25), json!(0.5)],
            filter::Kind::Payload => vec![
                json!({"a": 1}),
                json!({"a": "1"}),
                json!({"a": 2}),
                json!({"a": true}),
                json!({"b": 1}),
                json!({"a": 1, "b": 1}),
                json!({"a": 12_345_678_901_234_567_u64}),
                json!({"a": 12_345_678_901_234_568_u64}),
            ],
        }
    }

    /// Bodies of one query, each with at most one parameter or filter that is not the default.
    fn bodies(query_type: &str) -> Vec<Value> {
        let parameters = [
            (GRANULARITY, [json!("hour"), json!("week"), json!("month")]),
            (
                TIMEZONE,
                [
                    json!("Asia/Tokyo"),
                    json!("Asia/Seoul"),
                    json!("Asia/Ho_Chi_Minh"),
                ],
            ),
            (PAGE, [json!(2), json!(3), json!(i64::MAX)]),
            (PAGE_SIZE, [json!(1), json!(7), json!(1000)]),
        ];
        let parameters = parameters.into_iter().flat_map(|(name, values)| {
            values.map(|value| json!({QUERY_TYPE: query_type, name: value}))
        });
        let filters = filter::ALL.iter().flat_map(|filter| {
            let body = |value| json!({QUERY_TYPE: query_type, FILTERS: {filter.name: value}});
            values(filter).into_iter().map(body)
        });
        [json!({QUERY_TYPE: query_type})]
            .into_iter()
            .chain(parameters)
            .chain(filters)
            .collect()
    }

    fn key_of(form: Form, body: &str) -> AnswerKey {
        let query = Query::read(body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"));
        AnswerKey {
            form,
            asked: Arc::new(query),
        }
    }

    #[test]
    fn questions_that_differ_in_one_parameter_or_filter_have_different_keys() {
        let bodies: Vec<Value> = analytics::ALL
            .iter()
            .flat_map(|question| bodies(question.about.name))
            .collect();
        let mut keys = HashSet::new();
        for (form, body) in bodies
            .iter()
            .flat_map(|body| [(Form::Json, body), (Form::Csv, body)])
        {
            assert!(
                keys.insert(key_of(form, &body.to_string())),
                "{body} has the key of another question"
            );
            assert!(
                keys.contains(&key_of(form, &format!("{body:#}"))),
                "{body} has no key of its own"
            );
        }
    }

    #[test]
    fn spellings_of_one_question_have_one_key() {
        let plain = r#"{"query_type":"call_count","filters":{"sentiment_min":0.5,"payload_filters":{"a":1,"b":"\u00e9"}}}"#;
        let other = r#"{"filters":{"payload_filters":{"b":"e\u0301", "a":1},"sentiment_min":5.0e-1,"merchant_id":""},
            "timezone":"utc","page":1.0,"query_type":"call_count"}"#;
        assert!(key_of(Form::Json, plain) == key_of(Form::Json, other));
    }

    #[test]
    fn a_key_weighs_what_its_filters_take() {
        let body = json!({QUERY_TYPE: "call_count", FILTERS: {"template_id": "t".repeat(100), "payload_filters": {"a": "b".repeat(1000)}}});
        assert!(key_of(Form::Json, &body.to_string()).size() > 1100);
    }

    #[test]
    fn csv_is_given_to_those_who_want_it_more_than_json() {
        let prefers = |accept: &'static str| {
            prefers_csv(&HeaderMap::from_iter([(
                ACCEPT,
                HeaderValue::from_static(accept),
            )]))
        };
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
