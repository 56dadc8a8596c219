//! The figures of evidence, and the digests by which they are checked.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use callboard::rollups::{Module, compact};
use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{Call, MINUTES, ZONE, checked, file, now, order_of, rows, sha256, world};
use crate::support::TENANT;

#[tokio::test]
async fn the_figures_are_those_of_the_calls_and_of_the_reports() {
    let (test, calls) = world().await;
    let files = checked(&file(&test, &order_of("csv")).await);
    let from = now() - TimeDelta::minutes(MINUTES);
    let within: Vec<&Call> = calls
        .iter()
        .filter(|call| call.at >= from && call.at < now())
        .collect();
    let count = |campaign: &str, day: Option<NaiveDate>, results: &[&str]| {
        let counted = within.iter().filter(|call| {
            let local = call
                .at
                .with_timezone(&FixedOffset::east_opt(7 * 3600).expect("an offset"));
            call.campaign.to_string() == campaign
                && day.is_none_or(|day| local.date_naive() == day)
                && results.contains(&call.result.unwrap_or("in_progress"))
        });
        counted.count().to_string()
    };
    let dials = [
        "answered",
        "no_answer",
        "busy",
        "failed",
        "rejected",
        "abandoned",
        "in_progress",
    ];
    let report =
        format!("/api/telesales/reports/compliance?timezone={ZONE}&window_minutes={MINUTES}");
    let report = test.data(&report).await;
    let told = report.as_array().expect("rows");
    let campaigns = rows(&files["campaigns"]);
    assert_eq!((campaigns.len(), told.len()), (3, 3));
    for (row, told) in campaigns.iter().zip(told) {
        let current = &told["current"];
        for (name, value) in [
            ("campaign_id", &told["campaign_id"]),
            ("window_minutes", &current["window_minutes"]),
            ("limit_pct", &current["limit_pct"]),
            ("attempts_total", &current["attempts_total"]),
            ("answers_total", &current["answers_total"]),
            ("attempts_abandoned", &current["attempts_abandoned"]),
            ("abandon_rate_pct", &current["abandon_rate_pct"]),
            (
                "abandon_rate_of_answers_pct",
                &current["abandon_rate_of_answers_pct"],
            ),
            ("breached", &current["breached"]),
            ("abandons_left", &current["abandons_left"]),
            ("dials_to_recover", &told["dials_to_recover"]),
            ("blocked_count", &told["blocked_count"]),
            ("highest_rate_pct", &told["highest_rate_pct"]),
        ] {
            let value = if value.is_null() {
                String::new()
            } else {
                value.to_string()
            };
            assert_eq!(row[name], value, "{name}: {told}");
        }
        assert_eq!(row["since"].is_empty(), told["since"].is_null());
        assert_eq!(row["abandon_basis"], "dials");
        let id = &row["campaign_id"];
        assert_eq!(row["attempts_total"], count(id, None, &dials));
        assert_eq!(row["attempts_abandoned"], count(id, None, &["abandoned"]));
        assert_eq!(row["blocked_count"], count(id, None, &["blocked"]));
        let path = format!(
            "/api/telesales/reports/abandon-rate?campaign_id={id}&window_minutes={MINUTES}"
        );
        let alone = test.data(&path).await["current"].take();
        assert_eq!(alone["attempts_abandoned"], current["attempts_abandoned"]);
        assert_eq!(alone["abandon_rate_pct"], current["abandon_rate_pct"]);
    }
    let days = rows(&files["days"]);
    assert_eq!(days.len(), 3 * 31, "every day, those without calls too");
    for row in &days {
        let (id, day) = (&row["campaign_id"], row["date"].parse().expect("a date"));
        assert_eq!(
            row["attempts_total"],
            count(id, Some(day), &dials),
            "{row:?}"
        );
        assert_eq!(
            row["attempts_abandoned"],
            count(id, Some(day), &["abandoned"]),
            "{row:?}"
        );
        assert_eq!(
            row["answers_total"],
            count(id, Some(day), &["answered", "abandoned"]),
            "{row:?}"
        );
        assert_eq!(
            row["blocked_count"],
            count(id, Some(day), &["blocked"]),
            "{row:?}"
        );
        assert_eq!(row["limit_pct"], "3");
    }
    let listed: Vec<String> = rows(&files["calls"])
        .into_iter()
        .map(|row| row["uuid"].clone())
        .collect();
    let uuids: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    let expected = within
        .iter()
        .filter(|call| matches!(call.result, Some("abandoned" | "blocked")));
    assert_eq!(uuids, expected.map(|call| call.uuid.as_str()).collect());
    assert_eq!(uuids.len(), listed.len(), "each once");
    let counted = campaigns
        .iter()
        .flat_map(|row| [&row["attempts_abandoned"], &row["blocked_count"]]);
    let counted: usize = counted
        .map(|text| text.parse::<usize>().expect("a count"))
        .sum();
    assert_eq!(counted, listed.len());

    let breaches = test
        .ok("/api/telesales/reports/abandon-rate/breaches")
        .await
        .json();
    let recorded = breaches["data"].as_array().expect("breaches").iter().rev();
    let recorded: Vec<&Value> = recorded
        .skip_while(|it| it["detected_at"].as_str() < Some("2026-05-31"))
        .collect();
    let breaches = rows(&files["breaches"]);
    assert!(breaches.len() >= 3, "{breaches:?}");
    assert_eq!(
        breaches.len(),
        recorded.len(),
        "one is from before the window"
    );
    for (row, recorded) in breaches.iter().zip(recorded) {
        for name in [
            "campaign_id",
            "attempts_total",
            "attempts_abandoned",
            "abandon_rate_pct",
            "limit_pct",
        ] {
            assert_eq!(row[name], recorded[name].to_string(), "{name}");
        }
        let detected: DateTime<Utc> = row["detected_at"].parse().expect("an instant");
        assert_eq!(recorded["detected_at"], detected.to_rfc3339());
    }
    let all = test.data("/api/exports").await;
    let of_rows = campaigns.len() + days.len() + breaches.len() + listed.len();
    assert_eq!(
        (&all[0]["rows"], &all[0]["rows_expected"]),
        (&json!(of_rows), &json!(of_rows))
    );
}

/// A workbook tells the digests of the CSV files of the same order, in any language, from sums and from rows.
#[tokio::test]
async fn an_auditor_can_check_a_workbook_by_the_csv_of_the_same_window() {
    let (mut test, _) = world().await;
    test.app.exports.rows_a_sheet = 50;
    let mut order = order_of("xlsx");
    order["lang"] = "vi".into();
    order["window_to"] = "2026-06-29T10:00:00Z".into();
    let workbook = file(&test, &order).await;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(workbook)).expect("a workbook");
    let names = workbook.sheet_names();
    assert_eq!(
        names[..4],
        ["Chiến dịch", "Ngày", "Ngày 2", "Lần vượt giới hạn"]
    );
    assert_eq!(names[4], "Cuộc gọi");
    assert_eq!(names.last().map(String::as_str), Some("Giới thiệu"));
    let titles = workbook.worksheet_range("Chiến dịch").expect("a sheet");
    let header = titles.rows().next().expect("a header");
    let answers = Data::String("Khách nghe máy".into());
    assert!(header.contains(&answers), "{header:?}");
    let about = workbook.worksheet_range("Giới thiệu").expect("a sheet");
    let about: BTreeMap<String, String> = about
        .rows()
        .map(|row| {
            (
                row[0].to_string(),
                row.get(1).map(ToString::to_string).unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(about["Người yêu cầu"], "admin-1");
    assert_eq!(about["Đến trước"], "2026-06-29 17:00:00");
    assert_eq!(about["Múi giờ"], ZONE);
    let calls = workbook.worksheet_range("Cuộc gọi").expect("a sheet");
    assert_eq!(calls.rows().count(), 51, "a full sheet");

    for stale in [false, true] {
        if stale {
            let stale = compact::mark_stale(&test.app.db, TENANT, Module::Telesales, None);
            stale.await.expect("stale");
        }
        order["format"] = "csv".into();
        let files = checked(&file(&test, &order).await);
        for name in ["campaigns", "days", "breaches", "calls"] {
            assert_eq!(
                about[&format!("{name}.csv")],
                sha256(&files[name]),
                "{name}"
            );
        }
        assert!(
            files["calls"].contains("abandoned"),
            "values as JSON has them"
        );
    }
}

#[tokio::test]
async fn evidence_of_a_campaign_is_of_no_other() {
    let (test, calls) = world().await;
    let mut order = order_of("csv");
    order["campaign_id"] = 2.into();
    let files = checked(&file(&test, &order).await);
    for (name, count) in [
        ("campaigns", Some(1)),
        ("days", Some(31)),
        ("breaches", None),
        ("calls", None),
    ] {
        let rows = rows(&files[name]);
        assert!(
            !rows.is_empty() && count.is_none_or(|count| rows.len() == count),
            "{name}"
        );
        assert!(rows.iter().all(|row| row["campaign_id"] == "2"), "{name}");
    }
    assert!(calls.len() > 500);
}
