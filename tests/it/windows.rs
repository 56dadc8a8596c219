//! Windows by name, and the window that every answer names in its header.

use callboard::reports::{self, Definition};
use callboard::time::{NamedWindow, Zone};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use serde_json::json;

use crate::support::world::{self, Size};
use crate::support::{Answer, Client, TestApp};

const HEADER: &str = "callboard-window";
/// A last day of a month, over which a DST change lies in the last 7 days, in a fraction of a second.
const NOW: &str = "2026-03-31T15:04:05.123456Z";
const ZONE: &str = "Europe/Berlin";

async fn with_a_world() -> TestApp {
    let now: DateTime<Utc> = NOW.parse().expect("an instant");
    let test = TestApp::at(now).await;
    let size = Size {
        attempts: 800,
        calls: 800,
        from: now - TimeDelta::days(62),
        to: now + TimeDelta::days(1),
    };
    test.ingest(&world::random(3, size)).await;
    test
}

/// Names of the parameters of a report's ends.
fn ends(report: &Definition) -> (&'static str, &'static str) {
    let has_dates = report
        .parameters()
        .any(|parameter| parameter.name == "date_from");
    if has_dates {
        ("date_from", "date_to")
    } else {
        ("from", "to")
    }
}

/// A request for a report, beside its window.
fn path(report: &Definition) -> String {
    let path = report.path().replace("{id}", "1");
    format!("{path}?campaign_ids=1,2&timezone={ZONE}")
}

fn takes_a_window(report: &Definition) -> bool {
    report
        .parameters()
        .any(|parameter| parameter.name == "window")
}

/// The path with exactly the window of an answer.
fn again(report: &Definition, path: &str, answer: &Answer) -> String {
    let (from, to) = answer.header(HEADER).split_once('/').expect("two ends");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair(ends(report).0, from)
        .append_pair(ends(report).1, to);
    format!("{path}&{}", query.finish())
}

#[tokio::test]
async fn a_named_window_is_the_window_of_its_days() {
    let test = with_a_world().await;
    let zone: Zone = ZONE.parse().expect("a zone");
    let today = zone.local(NOW.parse().expect("an instant")).date();
    let mut tried = 0;
    for report in reports::ALL.iter().filter(|report| takes_a_window(report)) {
        let path = path(report);
        for window in NamedWindow::ALL {
            let (first, last) = window.days(today);
            let (from, to) = ends(report);
            let named = test.ok(&format!("{path}&window={}", window.name())).await;
            let dated = test.ok(&format!("{path}&{from}={first}&{to}={last}")).await;
            assert_eq!(named.text(), dated.text(), "{path} {window:?}");
            assert_eq!(
                named.header(HEADER),
                dated.header(HEADER),
                "{path} {window:?}"
            );
            tried += 1;
        }
        let both = test
            .get(&format!(
                "{path}&window=today&{}=2026-03-01",
                ends(report).1
            ))
            .await;
        assert_eq!(both.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let errors = both.json()["errors"].take();
        assert_eq!(
            errors.as_object().map(|errors| errors.len()),
            Some(1),
            "{errors}"
        );
        assert!(errors["window"].is_array(), "{errors}");
    }
    assert_eq!(tried, 15 * 6, "every report but abandon-rate");
}

/// In JSON, in files and in a 304. Sent on as explicit ends, it is the same window.
#[tokio::test]
async fn every_answer_names_its_window_in_full_precision() {
    let test = with_a_world().await;
    for report in reports::ALL {
        let path = path(report);
        // AutoCall's default window ends now, to the microsecond.
        let asked = match takes_a_window(report) {
            true if ends(report).0 == "date_from" => format!("{path}&window=this_month"),
            true => format!("{path}&from=2026-03-01T08:00:00.5Z"),
            false => format!("{path}&window_minutes=60000"),
        };
        let answer = test.ok(&asked).await;
        assert!(answer.header(HEADER).contains('/'), "{asked}");
        let unchanged = test
            .get_with(&asked, "if-none-match", answer.header("etag"))
            .await;
        assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED, "{asked}");
        assert_eq!(unchanged.header(HEADER), answer.header(HEADER), "{asked}");
        if !takes_a_window(report) {
            continue;
        }
        let same = test.ok(&again(report, &path, &answer)).await;
        assert_eq!(same.header(HEADER), answer.header(HEADER), "{asked}");
        assert_eq!(same.text(), answer.text(), "{asked}");
        for format in ["csv", "xlsx"].iter().filter(|_| report.route().files) {
            let file = test.ok(&format!("{asked}&format={format}")).await;
            assert_eq!(
                file.header(HEADER),
                answer.header(HEADER),
                "{asked} {format}"
            );
        }
    }
}

/// Figures that analytics shows of a window: calls, buckets and leads.
#[tokio::test]
async fn a_question_with_both_ends_names_its_window() {
    let test = with_a_world().await;
    for question in callboard::analytics::ALL {
        let name = question.about.name;
        let ask = async |from: &str, to: &str, accept: &str| {
            let body = json!({"query_type": name, "filters": {"date_from": from, "date_to": to}, "timezone": ZONE});
            let request = test.post("/analytics").header("accept", accept).json(&body);
            let answer = test.send(request).await;
            assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text());
            answer
        };
        let answer = ask("2026-03-28", "2026-03-31T15:04:05.123456", "*/*").await;
        let window = answer.header(HEADER);
        assert_eq!(
            window, "2026-03-27T23:00:00Z/2026-03-31T13:04:05.123456Z",
            "{name}"
        );
        let (from, to) = window.split_once('/').expect("two ends");
        let same = ask(from, to, "*/*").await;
        assert_eq!((same.header(HEADER), same.text()), (window, answer.text()));
        assert_eq!(ask(from, to, "text/csv").await.header(HEADER), window);
        for (from, to) in [("", ""), (from, ""), ("", to)] {
            assert_eq!(ask(from, to, "*/*").await.header(HEADER), "", "{name}");
        }
    }
}

#[tokio::test]
async fn a_comparison_names_its_window_where_campaigns_share_one() {
    let test = with_a_world().await;
    let path = "/api/autocall/campaigns/comparison?campaign_ids=";
    let header = async |query: &str| {
        let answer = test.ok(&format!("{path}{query}")).await;
        answer.header(HEADER).to_owned()
    };
    assert_eq!(
        header("1,2&from=2026-03-01&to=2026-03-02&timezone=UTC").await,
        "2026-03-01T00:00:00Z/2026-03-03T00:00:00Z"
    );
    assert!(header("1").await.ends_with(NOW));
    assert_eq!(header("1,2,3,4").await, "", "each has its own start");
}

/// Figures and window of the account's abandon rate.
async fn abandon_rate(client: &Client) -> (serde_json::Value, String) {
    let answer = client
        .ok("/api/telesales/reports/abandon-rate?window_minutes=60")
        .await;
    (
        answer.json()["data"]["current"].take(),
        answer.header(HEADER).to_owned(),
    )
}

#[tokio::test]
async fn the_window_of_the_abandon_rate_ends_on_whole_seconds() {
    let test = with_a_world().await;
    let (current, header) = abandon_rate(&test).await;
    assert_eq!(current["window_from"], "2026-03-31T14:04:06+00:00");
    assert_eq!(current["window_to"], "2026-03-31T15:04:06+00:00");
    assert_eq!(header, "2026-03-31T14:04:06Z/2026-03-31T15:04:06Z");
    let on_the_second = test
        .instance(
            "2026-03-31T15:04:06Z".parse().expect("an instant"),
            std::time::Duration::ZERO,
        )
        .await;
    assert_eq!(abandon_rate(&on_the_second).await, (current, header));
}
