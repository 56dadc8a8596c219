//! Lists: pages and filters.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::TestApp;

async fn with_campaigns() -> TestApp {
    let test = TestApp::new().await;
    let neighbour = test.account(2).await;
    let mut lines = vec![json!({"kind": "autocall_script", "id": 1, "name": "S"})];
    for id in 1..=7 {
        let status = if id % 2 == 0 { "paused" } else { "active" };
        let name = if id < 3 {
            format!("Đà Nẵng 50%_{id}")
        } else {
            format!("Renewal {id}")
        };
        lines.push(json!({"kind": "autocall_campaign", "id": id, "name": name, "status": status, "script_id": 1, "created_at": "2026-05-01", "started_at": "2026-05-02"}));
        lines.push(
            json!({"kind": "telesales_campaign", "id": id, "name": name, "status": status, "created_at": "2026-05-01"}),
        );
    }
    lines.push(json!({"kind": "autocall_lead", "id": 1, "campaign_id": 7, "phone": "0900000001"}));
    test.ingest(&lines).await;
    test.ingest_as(
        &neighbour,
        &[json!({"kind": "autocall_campaign", "id": 99, "name": "Theirs"})],
    )
    .await;
    test
}

/// The page with null in place of the time of each row's last change, which is that of the database.
fn without_updates(mut page: Value) -> Value {
    for row in page["data"].as_array_mut().expect("rows") {
        assert!(row["updated_at"].is_string(), "{row}");
        row["updated_at"] = Value::Null;
    }
    page
}

fn ids(page: &Value) -> Vec<i64> {
    page["data"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["id"].as_i64().expect("an id"))
        .collect()
}

#[tokio::test]
async fn campaigns_are_paged_newest_first() {
    let test = with_campaigns().await;
    let first = test.ok("/api/autocall/campaigns?per_page=3").await;
    let row = |id: i64, leads: i64| {
        json!({"id": id, "tenant_id": 1, "name": format!("Renewal {id}"), "description": null,
        "status": if id % 2 == 0 { "paused" } else { "active" }, "script_id": 1, "caller_id_group_id": null, "max_retries": 3,
        "retry_interval_minutes": 60, "retry_only_when": "no_answer", "max_concurrent": 10, "originate_timeout": 40,
        "write_to_main_cdr": false, "start_at": null, "end_at": null, "started_at": "2026-05-01T17:00:00+00:00",
        "completed_at": null, "created_at": "2026-04-30T17:00:00+00:00", "updated_at": null, "total_leads": leads})
    };
    let expected = json!({"current_page": 1, "data": [row(7, 1), row(6, 0), row(5, 0)], "last_page": 3, "per_page": 3, "total": 7});
    let first = without_updates(first.json());
    assert_eq!(first.to_string(), expected.to_string());
    assert_eq!(
        ids(&test
            .ok("/api/autocall/campaigns?per_page=3&page=3")
            .await
            .json()),
        [1]
    );
    let past = test
        .ok("/api/autocall/campaigns?page=9223372036854775807&per_page=200")
        .await
        .json();
    assert_eq!((ids(&past), &past["last_page"]), (vec![], &json!(1)));
    let telesales = test.ok("/api/telesales/campaigns?per_page=1").await;
    assert_eq!(telesales.json()["data"][0].to_string(),
        json!({"id": 7, "name": "Renewal 7", "status": "active", "created_at": "2026-04-30T17:00:00+00:00", "total_leads": 0}).to_string());
}

#[tokio::test]
async fn campaigns_are_filtered_by_name_and_status() {
    let test = with_campaigns().await;
    for list in ["/api/autocall/campaigns", "/api/telesales/campaigns"] {
        let found = async |query: &str| ids(&test.ok(&format!("{list}?{query}")).await.json());
        assert_eq!(found("q=renewal&status=paused").await, [6, 4]);
        assert_eq!(
            found("q=%C4%91%C3%A0%20n%E1%BA%B5ng").await,
            [2, 1],
            "letters beyond ASCII have a case too"
        );
        assert_eq!(
            found("q=%25_").await,
            [2, 1],
            "no character of a name is a pattern"
        );
        assert_eq!(found("q=&status=").await.len(), 7);
        assert_eq!(found("q=nothing").await, Vec::<i64>::new());
        for bad in [
            "page=0",
            "page=-1",
            "page=x",
            "per_page=0",
            "per_page=201",
            "status=gone",
            "q=%00",
        ] {
            let answer = test.get(&format!("{list}?{bad}")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
            let field = bad.split('=').next().expect("a name");
            assert!(answer.json()["errors"][field].is_array(), "{bad}");
        }
    }
}
