//! Exports that are ordered again: the same order, of its window or of another.

use callboard::auth::{Permission, Role};
use callboard::time::Clock;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{order, path, settle};
use crate::support::world::{self, Size};
use crate::support::{Answer, Client, TENANT, TestApp};
use crate::templates::put_valid;

const CALLS: &str = "/api/telesales/calls/export";

async fn with_world(seed: u64) -> TestApp {
    let test = TestApp::new().await;
    let (from, to) = ("2026-05-31T00:00:00Z", "2026-06-19T00:00:00Z");
    let size = Size {
        attempts: 300,
        calls: 300,
        from: from.parse().expect("an instant"),
        to: to.parse().expect("an instant"),
    };
    test.ingest(&world::random(seed, size)).await;
    test
}

async fn again(client: &Client, id: &str, body: &Value) -> Answer {
    let order = client.post(&format!("/api/exports/{id}/again"));
    client.send(order.json(body)).await
}

fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", answer.text());
    let data = answer.json()["data"].clone();
    data["job_id"].as_str().expect("an id").to_owned()
}

async fn calls(client: &Client, body: &Value) -> String {
    id(&client.send(client.post(CALLS).json(body)).await)
}

/// Every export by its id, as it is listed.
async fn listed(test: &TestApp, id: &str) -> Value {
    let all = test.ok("/api/exports?per_page=200").await.json()["data"].take();
    let mut all = all.as_array().expect("rows").clone().into_iter();
    all.find(|row| row["job_id"] == id).expect("the export")
}

async fn text(client: &Client, row: &Value) -> String {
    let link = path(row["download_url"].as_str().expect("a link"));
    let answer = client.request(Method::GET, link, None).await;
    answer.text().to_owned()
}

/// Members of an order in the list.
fn ordered(row: &Value) -> Vec<&Value> {
    [
        "kind",
        "report_type",
        "campaign_id",
        "format",
        "lang",
        "template",
        "timezone",
    ]
    .map(|member| &row[member])
    .into()
}

#[tokio::test]
async fn an_export_again_is_the_same_file() {
    let test = with_world(81).await;
    let columns = json!({"report": "autocall.trend", "title": "T", "columns": [{"field": "bucket", "label": "Kỳ"}]});
    put_valid(&test, "short", &columns).await;
    let list = json!({"report": "telesales.calls", "columns": [{"field": "uuid", "label": "No."}, {"field": "result"}]});
    put_valid(&test, "list", &list).await;
    let days = |order: Value| {
        let mut order = order;
        order["from"] = "2026-06-01".into();
        order["to"] = "2026-06-07".into();
        order["format"] = "csv".into();
        order
    };
    let campaign = [
        days(json!({"report_type": "trend", "template": "short", "timezone": "Europe/Berlin"})),
        days(json!({"report_type": "trend", "lang": "vi", "compare": "previous_week"})),
        days(json!({"report_type": "hangup", "compare": "2026-05-31..2026-06-02"})),
        json!({"report_type": "trend", "format": "csv", "window": "last_30_days"}),
        json!({"report_type": "trend", "format": "csv"}),
    ];
    let lists = [
        json!({"format": "csv", "template": "list", "lang": "vi", "campaign_id": 1, "result": ["answered", "abandoned"]}),
        json!({"format": "csv", "date_from": "2026-06-01", "date_to": "2026-06-05", "timezone": "Asia/Kathmandu", "agent_ids": [1, 2, 3]}),
        json!({"format": "csv", "window": "this_month"}),
    ];
    let mut ids = Vec::new();
    for body in &campaign {
        ids.push(order(&test, body).await);
    }
    for body in &lists {
        ids.push(calls(&test, body).await);
    }
    settle(&test.app).await;
    // A day later, when names of windows stand for others; the account has another zone and language by then.
    let later = test.app.clock.now() + TimeDelta::days(1);
    let settings =
        "update tenants set timezone = 'UTC', settings = '{\"language\": \"vi\"}' where id = 1";
    let mut first = Vec::new();
    for id in &ids {
        let row = listed(&test, id).await;
        first.push((text(&test, &row).await, row));
    }
    test.execute(TENANT, settings).await;
    let client = test.changed(|app| app.clock = Clock::Fixed(later)).await;
    for (earlier, (file, row)) in ids.iter().zip(&first) {
        let made = id(&again(&client, earlier, &json!({})).await);
        settle(&test.app).await;
        let new = listed(&test, &made).await;
        assert_eq!(ordered(&new), ordered(row));
        assert_eq!((&new["from"], &new["to"]), (&row["from"], &row["to"]));
        assert_eq!(&text(&test, &new).await, file, "{row}");
        assert!(file.lines().count() > 1, "{row}");
    }
}

#[tokio::test]
async fn an_export_again_may_be_of_another_window() {
    let test = with_world(82).await;
    let full = json!({"report_type": "full", "format": "csv", "from": "2026-06-01", "to": "2026-06-03", "timezone": "Europe/Berlin"});
    let list = json!({"format": "csv", "date_from": "2026-06-01", "date_to": "2026-06-03", "timezone": "Europe/Berlin"});
    for earlier in [order(&test, &full).await, calls(&test, &list).await] {
        let both = id(&again(
            &test,
            &earlier,
            &json!({"from": "2026-06-05", "to": "2026-06-06"}),
        )
        .await);
        let row = listed(&test, &both).await;
        assert_eq!(row["from"], "2026-06-04T22:00:00+00:00", "{row}");
        assert_eq!(row["to"], "2026-06-06T22:00:00+00:00", "{row}");
        let one = id(&again(&test, &both, &json!({"to": "2026-06-08", "from": null})).await);
        let row = listed(&test, &one).await;
        assert_eq!(row["from"], "2026-06-04T22:00:00+00:00", "{row}");
        assert_eq!(row["to"], "2026-06-08T22:00:00+00:00", "{row}");

        let faulty = again(&test, &earlier, &json!({"from": "x", "to": 7})).await;
        assert_eq!(faulty.status, 422);
        let faults = faulty.json()["errors"].clone();
        let faults: Vec<&String> = faults.as_object().expect("faults").keys().collect();
        assert_eq!(faults, ["from", "to"]);
        let reversed = again(&test, &earlier, &json!({"to": "2026-05-01"})).await;
        assert!(
            reversed.json()["errors"]["to"].is_array(),
            "{}",
            reversed.text()
        );
        assert_eq!(again(&test, &earlier, &Value::Null).await.status, 202);
        assert_eq!(again(&test, &earlier, &json!([])).await.status, 400);
        let empty = test.post(&format!("/api/exports/{earlier}/again?dry_run=true"));
        let told = test.send(empty).await;
        assert_eq!(told.status, 200, "{}", told.text());
        assert_eq!(told.json()["data"]["from"], "2026-05-31T22:00:00+00:00");
    }
    assert_eq!(test.ok("/api/exports").await.json()["total"], 8);
}

#[tokio::test]
async fn whoever_may_order_it_may_order_it_again() {
    use Permission::{AutocallApiAccess, AutocallExportReport, CallsRead, TelesalesApiAccess};
    let test = with_world(83).await;
    let kpis = order(&test, &json!({"report_type": "kpis"})).await;
    let list = calls(&test, &json!({})).await;
    let sales = [TelesalesApiAccess, CallsRead];
    for (permissions, campaign, calls) in [
        (&[AutocallApiAccess, AutocallExportReport][..], 202, 403),
        (&sales, 403, 202),
        (&[AutocallApiAccess, TelesalesApiAccess], 403, 403),
    ] {
        let token = test.issue(TENANT, "admin-1", permissions).await;
        let client = Client::new(test.url.clone(), token);
        assert_eq!(again(&client, &kpis, &json!({})).await.status, campaign);
        assert_eq!(again(&client, &list, &json!({})).await.status, calls);
    }
    let neighbour = Client::new(test.url.clone(), test.account(2).await);
    for job in [&*kpis, &list, "export_0", "%00", "%ff"] {
        let answer = again(&neighbour, job, &json!({})).await;
        assert_eq!(answer.status, 404, "{job}");
    }
    let colleague = test.user(TENANT, "minh", Role::Supervisor).await;
    let colleague = Client::new(test.url.clone(), colleague);
    let made = id(&again(&colleague, &kpis, &json!({})).await);
    assert_eq!(listed(&test, &made).await["created_by_username"], "minh");
    let log = test.ok("/api/audit?action=export.created").await.json();
    assert_eq!(log["total"], 3, "{log}");
}

#[tokio::test]
async fn a_repeat_by_its_key_is_one_export() {
    let test = with_world(84).await;
    let kpis = order(&test, &json!({"report_type": "kpis"})).await;
    let send = async |job: &str, body: &Value| {
        let order = test.post(&format!("/api/exports/{job}/again"));
        let order = order.header("Idempotency-Key", "k").json(body);
        test.send(order).await
    };
    let first = send(&kpis, &json!({})).await;
    assert_eq!(send(&kpis, &json!({})).await.text(), first.text());
    let other = send(&kpis, &json!({"to": "2026-06-08"})).await;
    assert_eq!(other.status, 422);
    let next = send(&id(&first), &json!({})).await;
    assert_ne!(id(&next), id(&first), "another path");
    assert_eq!(test.ok("/api/exports").await.json()["total"], 3);
}
