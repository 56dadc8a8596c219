//! Which comparisons are refused.

use callboard::reports;
use reqwest::StatusCode;
use serde_json::json;

use super::{compares, with_a_world, with_dials};

#[tokio::test]
async fn a_comparison_that_cannot_be_made_is_a_fault_of_compare() {
    let test = with_a_world(1).await;
    let kpis = "/api/autocall/campaigns/1/reports/kpis?";
    let dashboard = "/api/telesales/reports/dashboard?";
    for (path, query, fault) in [
        (kpis, "compare=previous_period", Some("needs from")),
        (
            kpis,
            "to=2026-03-01&compare=previous_year",
            Some("needs from"),
        ),
        (kpis, "compare=2026-01-01..2026-01-31", None),
        (kpis, "from=2026-03-01&compare=previous_period", None),
        (kpis, "window=this_month&compare=previous_period", None),
        (
            kpis,
            "from=0001-01-01&to=9999-12-31&compare=previous_period",
            Some("before the year 1"),
        ),
        (
            kpis,
            "from=2026-03-01&compare=2026-02-02..2026-02-01",
            Some("before it begins"),
        ),
        (
            kpis,
            "from=2026-03-01&compare=tomorrow",
            Some("must be previous_period"),
        ),
        // 90 days apart, and 91 a month earlier.
        (dashboard, "date_from=2026-02-28&date_to=2026-05-29", None),
        (
            dashboard,
            "date_from=2026-02-28&date_to=2026-05-29&compare=previous_month",
            Some("90 days"),
        ),
        (
            dashboard,
            "date_from=2026-02-28&date_to=2026-05-29&compare=previous_period",
            None,
        ),
        (
            dashboard,
            "window=today&compare=2026-01-01..2026-04-01",
            None,
        ),
        (
            dashboard,
            "window=today&compare=2026-01-01..2026-04-02",
            Some("90 days"),
        ),
    ] {
        let answer = test.get(&format!("{path}{query}")).await;
        let Some(fault) = fault else {
            assert_eq!(
                answer.status,
                StatusCode::OK,
                "{path}{query}: {}",
                answer.text()
            );
            continue;
        };
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{path}{query}"
        );
        let errors = answer.json()["errors"].take();
        assert_eq!(
            errors.as_object().map(|errors| errors.len()),
            Some(1),
            "{errors}"
        );
        assert!(
            errors["compare"][0]
                .as_str()
                .expect("a fault")
                .contains(fault),
            "{errors}"
        );
    }
}

#[tokio::test]
async fn reports_without_a_window_of_their_own_compare_nothing() {
    let test = with_dials(&[]).await;
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 1, "name": "C"})])
        .await;
    let others: Vec<_> = reports::ALL
        .iter()
        .filter(|report| !compares(report))
        .collect();
    assert_eq!(
        others.len(),
        5,
        "the comparison of campaigns, the abandon rate, compliance and the typical days"
    );
    for report in others {
        let path = report.path().replace("{id}", "1");
        let path = format!("{path}?campaign_ids=1&from=2026-03-01");
        let plain = test.ok(&path).await;
        let compared = test
            .ok(&format!("{path}&compare=previous_week&until=now"))
            .await;
        assert_eq!(compared.text(), plain.text(), "{path}");
    }
}
