//! Lists of Telesales calls as files made in the background: their rows, faults, states and the log.

use std::io::Cursor;

use calamine::{Reader, Xlsx};
use callboard::auth::Role;
use callboard::exports::worker;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::calls::world::World;
use crate::support::{Answer, Client, TENANT, TestApp};
use crate::templates::put_valid;

const EXPORT: &str = "/api/telesales/calls/export";

async fn post(client: &Client, body: &Value) -> Answer {
    client.send(client.post(EXPORT).json(body)).await
}

async fn order(client: &Client, body: &Value) -> String {
    let answer = post(client, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let data = answer.json()["data"].clone();
    assert_eq!(data["report_type"], "calls");
    data["job_id"].as_str().expect("an id").to_owned()
}

async fn settle(test: &TestApp) {
    let stop = CancellationToken::new();
    while worker::next(&test.app, &stop).await.expect("a queue") {}
}

/// The file of an order.
async fn file(test: &TestApp, body: &Value) -> Answer {
    let id = order(test, body).await;
    settle(test).await;
    let ready = test.data(&format!("{EXPORT}/{id}")).await;
    assert_eq!(ready["status"], "ready", "{ready}");
    let link = ready["download_url"].as_str().expect("a link");
    let link = &link[link.find("/api/").expect("a link of ours")..];
    let answer = test.request(Method::GET, link, None).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

#[tokio::test]
async fn an_ordered_file_is_the_file_of_the_list() {
    let (test, world) = (TestApp::new().await, World::random(51, 200));
    test.ingest(&world.lines).await;
    let calls = world.sales_calls();
    let lead = calls[0].number("lead_id");
    for (query, body) in [
        (
            &*format!("phone=03{lead:08}"),
            json!({"phone": format!("+84 3{lead:08}"), "format": "csv"}),
        ),
        (
            "date_from=2025-10-20&date_to=2025-11-03&timezone=Europe/Berlin",
            json!({"date_from": "2025-10-20", "date_to": "2025-11-03", "timezone": "Europe/Berlin"}),
        ),
        (
            "date_from=2025-10-20&date_to=2025-11-03&campaign_id=2&agent_ids=1,2,3,4,5,6&result=answered,abandoned&has=disposition",
            json!({"date_from": "2025-10-20", "date_to": "2025-11-03", "campaign_id": 2, "agent_ids": [1, 2, "3", 4, 5, 6],
                   "result": ["answered", "abandoned"], "has": "disposition"}),
        ),
        (
            "date_from=2025-10-20&date_to=2025-11-03&source[]=website&source[]=%2B84&conversion=false&talk_over=8",
            json!({"date_from": "2025-10-20", "date_to": "2025-11-03", "source": ["website", "+84"], "conversion": false,
                   "talk_over": 8, "limit": 3, "unknown": {}}),
        ),
    ] {
        let mut body = body;
        body["format"] = "csv".into();
        let direct = test.ok(&format!("{EXPORT}?{query}&format=csv")).await;
        let ordered = file(&test, &body).await;
        assert!(direct.text().lines().count() > 1, "{query}");
        assert_eq!(ordered.text(), direct.text(), "{query}");
    }
}

#[tokio::test]
async fn an_order_takes_any_window_and_fills_more_than_a_sheet() {
    let (mut test, world) = (TestApp::new().await, World::random(52, 100));
    test.app.exports.rows_a_sheet = 30;
    test.ingest(&world.lines).await;
    let year = json!({"date_from": "2025-01-01", "date_to": "2025-12-31"});
    for body in [json!({}), year] {
        let workbook = file(&test, &body).await;
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(workbook.bytes)).expect("a workbook");
        assert_eq!(
            workbook.sheet_names(),
            ["calls", "calls 2", "calls 3", "calls 4", "About"]
        );
        let mut uuids = Vec::new();
        for at in 0..4 {
            let sheet = workbook
                .worksheet_range_at(at)
                .expect("a sheet")
                .expect("rows");
            let mut rows = sheet.rows().map(|row| row[0].to_string());
            assert_eq!(rows.next().as_deref(), Some("UUID"));
            uuids.extend(rows);
        }
        let mut distinct = uuids.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!((uuids.len(), distinct.len()), (100, 100));
    }
}

#[tokio::test]
async fn every_fault_of_an_order_is_named() {
    let test = TestApp::new().await;
    let faulty = json!({"date_from": "x", "date_to": 7, "campaign_id": "a", "agent_ids": [[1]], "hour": 24, "stage": "x",
                        "conversion": "maybe", "format": "pdf", "cid": 5});
    let answer = post(&test, &faulty).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    let errors = answer.json()["errors"].clone();
    let names: Vec<&String> = errors.as_object().expect("faults").keys().collect();
    assert_eq!(
        names,
        [
            "agent_ids",
            "campaign_id",
            "cid",
            "conversion",
            "date_from",
            "date_to",
            "format",
            "hour",
            "stage"
        ]
    );
    assert_eq!(post(&test, &json!({"campaign_id": 9})).await.status, 404);
    assert_eq!(post(&test, &json!([])).await.status, 400);
    let listed = test.ok("/api/telesales/calls/exports").await.json();
    assert_eq!(listed["total"], 0);
}

#[tokio::test]
async fn exports_of_calls_are_listed_cancelled_and_nobody_else_s() {
    let (test, world) = (TestApp::new().await, World::random(53, 20));
    test.ingest(&world.lines).await;
    let (first, second) = (
        order(&test, &json!({})).await,
        order(&test, &json!({})).await,
    );
    let listed = test.ok("/api/telesales/calls/exports").await.json();
    let ids: Vec<&Value> = listed["data"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| &row["job_id"])
        .collect();
    assert!(ids.contains(&&json!(first)) && ids.contains(&&json!(second)));
    assert_eq!((ids.len(), &listed["total"]), (2, &json!(2)));
    let of_campaign = "/api/autocall/campaigns/1/reports/export";
    assert_eq!(test.ok(of_campaign).await.json()["total"], 0);
    assert_eq!(
        test.get(&format!("{of_campaign}/{first}")).await.status,
        404
    );

    let path = format!("{EXPORT}/{first}");
    let cancel = async || {
        test.request(Method::DELETE, &path, Some(&test.token))
            .await
            .status
    };
    assert_eq!(cancel().await, 204);
    let cancelled = test.data(&path).await;
    assert_eq!(
        cancelled,
        json!({"job_id": first, "status": "failed", "report_type": "calls", "progress_pct": 0, "error": "Cancelled."})
    );
    assert_eq!(cancel().await, 409);
    settle(&test).await;
    assert_eq!(
        test.data(&format!("{EXPORT}/{second}")).await["status"],
        "ready"
    );

    let theirs = Client::new(test.url.clone(), test.account(2).await);
    let reader = test.user(TENANT, "reader", Role::ReadOnly).await;
    let reader = Client::new(test.url.clone(), reader);
    for (client, status) in [(&theirs, 404), (&reader, 403)] {
        assert_eq!(client.get(&path).await.status, status);
        let answer = client
            .request(Method::DELETE, &path, Some(&client.token))
            .await;
        assert_eq!(answer.status, status);
    }
    assert_eq!(
        theirs.ok("/api/telesales/calls/exports").await.json()["total"],
        0
    );
    assert_eq!(reader.get("/api/telesales/calls/exports").await.status, 403);
    assert_eq!(post(&reader, &json!({})).await.status, 403);
}

#[tokio::test]
async fn every_order_is_in_the_log_without_its_phone() {
    let (test, world) = (TestApp::new().await, World::random(54, 60));
    test.ingest(&world.lines).await;
    let body = json!({"phone": "0300000007", "format": "csv"});
    let id = order(&test, &body).await;
    let rows = test
        .ok("/api/telesales/calls?phone=0300000007")
        .await
        .json()["total"]
        .clone();
    let log = test.ok("/api/audit?action=calls.downloaded").await.json();
    assert_eq!(log["total"], 1);
    let entry = &log["data"][0];
    assert_eq!(entry["target"]["kind"], "calls", "{entry}");
    assert_eq!(entry["target"]["name"], id.as_str(), "{entry}");
    assert_eq!(
        entry["changes"]["rows"],
        json!([null, rows.to_string()]),
        "{entry}"
    );
    assert!(!log.to_string().contains("300000007"), "{log}");
    // A repeat by its key is the same order.
    for _ in 0..2 {
        let send = test.post(EXPORT).header("Idempotency-Key", "k").json(&body);
        assert_eq!(test.send(send).await.status, 202);
    }
    let log = test.ok("/api/audit?action=calls.downloaded").await.json();
    assert_eq!(log["total"], 2);
}

#[tokio::test]
async fn an_ordered_file_has_the_layout_and_the_language_of_its_order() {
    let (test, world) = (TestApp::new().await, World::random(52, 60));
    test.ingest(&world.lines).await;
    let template = json!({"report": "telesales.calls", "title": "Calls", "sort": [{"field": "uuid", "desc": true}],
        "columns": [{"field": "uuid", "label": "No."}, {"field": "result"}]});
    put_valid(&test, "short", &template).await;
    let other = json!({"report": "autocall.attempts", "columns": [{"field": "uuid"}]});
    put_valid(&test, "other", &other).await;
    let dates = "date_from=2025-10-20&date_to=2025-11-03&format=csv";
    for (query, layout) in [
        ("lang=vi", json!({"lang": "vi"})),
        ("template=short", json!({"template": "short"})),
        (
            "template=short&lang=vi",
            json!({"template": "short", "lang": "vi"}),
        ),
    ] {
        let mut body = layout;
        for (name, value) in [
            ("date_from", "2025-10-20"),
            ("date_to", "2025-11-03"),
            ("format", "csv"),
        ] {
            body[name] = value.into();
        }
        let direct = test.ok(&format!("{EXPORT}?{dates}&{query}")).await;
        let plain = test.ok(&format!("{EXPORT}?{dates}")).await;
        let ordered = file(&test, &body).await;
        assert!(direct.text().lines().count() > 1, "{query}");
        assert_ne!(direct.text(), plain.text(), "{query}");
        assert_eq!(ordered.text(), direct.text(), "{query}");
    }
    for (layout, field) in [
        (json!({"template": "none"}), "template"),
        (json!({"template": "other"}), "template"),
        (json!({"lang": "de"}), "lang"),
    ] {
        let answer = post(&test, &layout).await;
        assert_eq!(answer.status, 422, "{layout}: {}", answer.text());
        let faults = answer.json()["errors"].take();
        assert!(faults.get(field).is_some(), "{layout}: {faults}");
    }
}
