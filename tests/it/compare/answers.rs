//! The earlier figures are those of a request for that window, in the same snapshot.

use callboard::auth::Tenant;
use callboard::reports;
use callboard::reports::report::{Context, Format};
use callboard::rollups::{Source, compact};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::StatusCode;
use serde_json::Value;

use super::{compares, dials, ends, now, with_a_world, with_dials};
use crate::reference::ZONES;
use crate::support::world;

/// Windows by dates, whole months, over DST changes, and by instants.
const WINDOWS: &[(&str, &str)] = &[
    ("2026-03-29", "2026-03-29"),
    ("2026-03-01", "2026-03-31"),
    ("2026-03-08", "2026-03-14"),
    ("2026-02-01", "2026-03-31"),
    ("2026-03-28T22:30:00", "2026-03-29T03:15:00"),
    ("2026-03-07T05:00:00Z", "2026-03-30T00:00:00Z"),
    ("2026-03-20T12:00:00", "2026-03-29"),
];

const EARLIER: &[&str] = &[
    "previous_period",
    "previous_week",
    "previous_month",
    "previous_year",
    "2026-02-10..2026-02-12",
    "2026-03-28T23:10:00+01:00..2026-03-29",
];

/// The figures in a body, as text.
fn data(body: &str) -> &str {
    let inner = body.strip_prefix("{\"data\":");
    inner
        .and_then(|rest| rest.strip_suffix('}'))
        .expect("figures")
}

/// Over all reports, random windows and zones, from roll-ups and from rows.
#[tokio::test]
async fn the_earlier_figures_are_those_of_a_request_for_that_window() {
    for seed in 0..2 {
        let test = with_a_world(seed).await;
        compact::compact_until_idle(&test.app.db)
            .await
            .expect("compacted");
        let mut random = StdRng::seed_from_u64(seed);
        let mut scope = test.app.db.read(1).await.expect("a scope");
        let tenant = Tenant::load(&mut scope).await.expect("an account");
        let context = Context {
            tenant: &tenant,
            now: now(),
        };
        let mut counted = 0;
        for round in 0..120 {
            let all: Vec<_> = reports::ALL.iter().filter(compares).collect();
            let report = all[round % all.len()];
            let mut pick = |of: &[&'static str]| of[random.random_range(0..of.len())];
            let (zone, earlier) = (pick(ZONES), pick(EARLIER));
            let shape = pick(&[
                "",
                "&granularity=hour&group_by=hour",
                "&fill_gaps=true&group_by=week",
            ]);
            let shape = format!(
                "{shape}{}",
                pick(&["", "&campaign_id=1", "&agent_ids=1,2,3"])
            );
            let until = pick(&["", "&until=now"]);
            let (from, to) = WINDOWS[random.random_range(0..WINDOWS.len())];
            let id = random.random_range(world::CAMPAIGNS);
            let source = [Source::Rolled, Source::Raw][round / all.len() % 2];
            let mut ask = async |query: &str| {
                let request = report.parse(query, Some(id), &[Format::Json]);
                let answer = request
                    .answer(&mut scope, context, source)
                    .await
                    .expect(query);
                assert_eq!(answer.source, source, "{query}");
                answer.outcome.json().expect("a body")
            };
            let (start, end) = ends(report);
            let of = |from: &str, to: &str| {
                let mut query = form_urlencoded::Serializer::new(String::new());
                query.append_pair(start, from).append_pair(end, to);
                format!("{}&timezone={zone}{shape}", query.finish())
            };
            let asked = format!(
                "{}&compare={}{until}",
                of(from, to),
                earlier.replace('+', "%2B")
            );
            let compared = ask(&asked).await;
            let whole: Value = serde_json::from_str(&compared).expect("JSON");
            let before = &whole["comparison"];
            let (first, last) = (
                before["from"].as_str().expect("an end"),
                before["to"].as_str().expect("an end"),
            );
            let alone = ask(&of(from, to)).await;
            // An end written 23:59:59 would be another: not one of these windows has it.
            let earlier = ask(&of(first, last)).await;
            let expected = format!(
                r#"{{"data":{},"comparison":{{"from":"{first}","to":"{last}","data":{}}}}}"#,
                data(&alone),
                data(&earlier)
            );
            assert_eq!(compared, expected, "{} {asked}", report.path());
            counted += usize::from(alone != earlier);
        }
        assert!(counted > 60, "only {counted} of them differ");
    }
}

#[tokio::test]
async fn the_etag_covers_both_windows_and_no_clock() {
    let test = with_dials(&[dials("2026-03-29T08:00:00Z", 3, 1)]).await;
    let path = "/api/telesales/reports/dashboard?window=today&compare=previous_period&until=now";
    let first = test.ok(path).await;
    let tag = first.header("etag").to_owned();
    let later = test
        .instance(
            "2026-03-29T10:20:00Z".parse().expect("an instant"),
            std::time::Duration::ZERO,
        )
        .await;
    let unchanged = later.get_with(path, "if-none-match", &tag).await;
    assert_eq!(
        unchanged.status,
        StatusCode::NOT_MODIFIED,
        "no figure has changed"
    );
    test.ingest(&dials("2026-03-28T08:00:00Z", 2, 0)).await;
    let changed = later.get_with(path, "if-none-match", &tag).await;
    assert_eq!(changed.status, StatusCode::OK, "an earlier figure has");
    assert_eq!(changed.json()["data"], first.json()["data"]);
    assert_eq!(changed.json()["comparison"]["data"]["total_dials"], 2);
}

#[tokio::test]
async fn until_now_cuts_the_earlier_window_at_the_minute() {
    let test = with_dials(&[
        dials("2026-03-29T10:15:00Z", 1, 0),
        dials("2026-03-28T10:14:59.999999Z", 2, 0),
        dials("2026-03-28T10:15:00Z", 4, 0),
    ])
    .await;
    let path = "/api/telesales/reports/dashboard?window=today&compare=previous_period";
    for (until, to, dialed) in [
        ("", "2026-03-29T00:00:00+00:00", 6),
        ("&until=now", "2026-03-28T10:15:00+00:00", 2),
    ] {
        let answer = test.ok(&format!("{path}{until}")).await.json();
        assert_eq!(answer["data"]["total_dials"], 1);
        assert_eq!(answer["comparison"]["from"], "2026-03-28T00:00:00+00:00");
        assert_eq!(answer["comparison"]["to"], to);
        assert_eq!(
            answer["comparison"]["data"]["total_dials"], dialed,
            "{until}"
        );
    }
}
