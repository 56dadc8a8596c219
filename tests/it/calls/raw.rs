//! What a dialer said about a call: shown with it, to those who may read calls, as long as it is kept.

use callboard::auth::Role;
use serde_json::{Value, json};

use crate::support::{Client, TENANT, TestApp};

const CALLS: [&str; 2] = ["/api/autocall/attempts/one", "/api/telesales/calls/two"];

/// A document of a call, with a text of its own.
fn document(uuid: &str, number: &str, said: &str) -> Value {
    json!({"variables": {"uuid": uuid, "direction": "outbound", "start_epoch": "1780000000", "answer_epoch": "0",
        "end_epoch": "1780000020", "hangup_cause": "USER_BUSY", "accountcode": uuid, "said": said,
        "caller_id_number": "1001", "destination_number": number, "origination_caller_id_number": "0281234567"}})
}

async fn post(client: &Client, document: &Value) {
    let answer = client
        .send(client.post("/api/ingest/freeswitch").json(document))
        .await;
    assert_eq!(answer.json()["data"]["calls"], 1, "{answer:?}");
}

/// An attempt `one` and a Telesales call `two`, in two accounts.
async fn with_calls() -> (TestApp, Client) {
    let app = TestApp::new().await;
    let other = Client::new(app.url.clone(), app.account(2).await);
    for (client, number) in [(&*app, "0987654321"), (&other, "0912345678")] {
        let rules = json!({"rules": [{"when": {"accountcode": "two"}, "to": "telesales"}]});
        let put = client.with_method(reqwest::Method::PUT, "/api/ingest/routing");
        assert_eq!(client.send(put.json(&rules)).await.status, 200);
        post(client, &document("one", number, "something")).await;
        post(client, &document("two", number, "something")).await;
    }
    (app, other)
}

#[tokio::test]
async fn a_call_tells_what_its_records_said() {
    let (app, other) = with_calls().await;
    for path in CALLS {
        for (client, number) in [(&*app, "0987654321"), (&other, "0912345678")] {
            let raw = client.data(path).await["raw"].take();
            let records = raw.as_array().expect("records");
            assert_eq!(records.len(), 1, "those of the account only: {raw}");
            let record = &records[0];
            assert_eq!(record["source"], "freeswitch");
            assert_eq!(record["received_at"], "2026-06-30T08:00:00+00:00");
            assert_eq!(record["fields"]["destination_number"], number);
            assert_eq!(record["fields"]["said"], "something");
        }
    }
    let empty = "update dialer_legs set fields = null";
    let before = app.ok(CALLS[0]).await;
    app.execute(TENANT, empty).await;
    for path in CALLS {
        assert_eq!(app.data(path).await["raw"], json!([]), "{path}");
        assert_ne!(other.data(path).await["raw"], json!([]), "{path}");
    }
    let tag = before.header("etag");
    let now = app.get_with(CALLS[0], "if-none-match", tag).await;
    assert_eq!(now.status, 200, "the tag is another");
}

#[tokio::test]
async fn who_may_not_read_calls_sees_nothing_of_it() {
    let (app, _) = with_calls().await;
    let reader = app.user(TENANT, "reader", Role::ReadOnly).await;
    let reader = Client::new(app.url.clone(), reader);
    for path in CALLS {
        let shown = reader.ok(path).await;
        assert_eq!(shown.json()["data"].get("raw"), None, "{shown:?}");
        for secret in ["0987654321", "84987654321", "something"] {
            assert!(!shown.text().contains(secret), "{shown:?}");
        }
    }
}

#[tokio::test]
async fn records_are_of_one_call_in_one_product_and_bounded() {
    let (app, _) = with_calls().await;
    let raw = async |path: &str| app.data(path).await["raw"].take();
    let count = async |path: &str| raw(path).await.as_array().map(Vec::len);
    app.ingest(&[
        json!({"kind": "autocall_campaign", "id": 7, "name": "Plain", "created_at": "2026-01-01T00:00:00Z"}),
        json!({"kind": "autocall_lead", "id": 7, "campaign_id": 7, "phone": "0987654322", "created_at": "2026-01-01T00:00:00Z"}),
        json!({"kind": "autocall_attempt", "uuid": "two", "campaign_id": 7, "lead_id": 7, "attempt_number": 1,
            "started_at": "2026-06-01T00:00:00Z"}),
    ])
    .await;
    assert_eq!(
        raw("/api/autocall/attempts/two").await,
        json!([]),
        "the other product's is not its own"
    );
    let more = "insert into dialer_legs (tenant_id, source, key, call, leg, fields, received_at)
                select tenant_id, source, key || n, call, leg, fields, received_at
                from dialer_legs, generate_series(1, 130) n where call = 'one'";
    app.execute(TENANT, more).await;
    assert_eq!(count(CALLS[0]).await, Some(100));
    let large = "update dialer_legs set fields = fields || jsonb_build_object('said', repeat('x', 600000)) where call = 'one'";
    app.execute(TENANT, large).await;
    assert_eq!(
        count(CALLS[0]).await,
        Some(2),
        "none after the first mebibyte"
    );
}
