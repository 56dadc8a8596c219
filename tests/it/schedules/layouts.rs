//! Layouts and languages of schedules: checked when they are saved, applied in runs.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{SCHEDULES, Schedules, path, work};
use crate::exports::records;
use crate::templates::{delete, put, put_valid};

fn dashboard() -> Value {
    json!({"report": "telesales.dashboard", "columns": [{"field": "total_answers", "label": "=Nghe"}, {"field": "total_dials"}]})
}

#[tokio::test]
async fn a_run_has_the_layout_and_the_language_of_its_schedule() {
    let test = Schedules::new().await;
    let (hooks, client) = (&test.hooks, &test.hooks.client);
    put_valid(client, "dashboard", &dashboard()).await;
    put_valid(
        client,
        "other",
        &json!({"report": "telesales.funnel", "columns": [{"field": "count"}]}),
    )
    .await;
    for (over, field) in [
        (json!({"template": "none"}), "template"),
        (json!({"template": "other"}), "template"),
        (json!({"template": 7}), "template"),
        (json!({"lang": "de"}), "lang"),
        (json!({"params": {"lang": "vi"}}), "params.lang"),
        (
            json!({"params": {"template": "dashboard"}}),
            "params.template",
        ),
    ] {
        let answer = hooks.post(SCHEDULES, &test.wanted(&over)).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{over}: {}",
            answer.text()
        );
        let faults = answer.json()["errors"].take();
        assert!(
            faults.as_object().expect("faults").keys().eq([field]),
            "{over}: {faults}"
        );
    }

    let made = test.create(&json!({"template": "dashboard", "lang": "vi", "at": {"time": "00:00", "timezone": "UTC"}})).await;
    assert_eq!(
        (&made["template"], &made["lang"]),
        (&json!("dashboard"), &json!("vi"))
    );
    let _workers = (work(&hooks.app), hooks.work());
    let answer = hooks
        .post(&format!("{}/run", path(&made)), &json!({}))
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let run = test.finished(&made, 1).await.remove(0);
    assert_eq!(run["status"], "delivered", "{run}");
    hooks
        .until("it is announced", async || test.receiver.count() == 1)
        .await;
    let event = test.receiver.seen()[0].json();
    let link = event["data"]["download_url"].as_str().expect("a link");
    let file = client.request(reqwest::Method::GET, link, None).await;
    assert_eq!(records(file.text())[0], ["'=Nghe", "Số cuộc gọi ra"]);
    let export = "/api/telesales/reports/dashboard/export?format=csv&window=yesterday&timezone=UTC&template=dashboard&lang=vi";
    assert_eq!(file.text(), client.ok(export).await.text());

    // While a schedule uses it, a template can be changed, but neither deleted nor moved to another report.
    assert_eq!(
        delete(client, "dashboard").await.status,
        StatusCode::CONFLICT
    );
    let moved = json!({"report": "telesales.funnel", "columns": [{"field": "count"}]});
    assert_eq!(
        put(client, "dashboard", &moved).await.status,
        StatusCode::CONFLICT
    );
    assert_eq!(
        put(client, "dashboard", &dashboard()).await.status,
        StatusCode::OK
    );
    let freed = test
        .patch(&made, &json!({"template": null, "lang": null}))
        .await;
    assert_eq!(
        (freed.status, &freed.json()["data"]["template"]),
        (StatusCode::OK, &Value::Null)
    );
    assert_eq!(
        delete(client, "dashboard").await.status,
        StatusCode::NO_CONTENT
    );
}
