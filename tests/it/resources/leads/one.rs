//! One lead at a time: added, read, changed, deleted.

use callboard::auth::Role;
use callboard::auth::tenant::{Change, Tenant};
use reqwest::Method;
use serde_json::{Value, json};

use super::{FIRST_ID, LEADS, faults, phones, post, send, with_campaign};
use crate::support::{Client, TENANT};

fn lead(id: i64) -> String {
    format!("/api/autocall/leads/{id}")
}

#[tokio::test]
async fn a_lead_is_added_in_either_spelling() {
    let test = with_campaign().await;
    for (number, body) in [
        json!({"phone": "0987 654-321", "external_ref": "a", "payload": {"n": 1.50}}),
        json!({"phone_number": "0912 345-678", "external_ref": "a", "variables": {"n": 1.50}}),
    ]
    .iter()
    .enumerate()
    {
        let text = body.to_string();
        let request = test.post(LEADS).header("content-type", "application/json");
        let answer = test.send(request.body(text)).await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
        let data = answer.json()["data"].take();
        let id = data["id"].as_i64().expect("an id");
        assert_eq!(id, FIRST_ID + number as i64);
        let sent = body.get("phone").or_else(|| body.get("phone_number"));
        assert_eq!(
            [
                &data["phone_number"],
                &data["external_ref"],
                &data["status"],
                &data["campaign_id"]
            ],
            [
                sent.expect("a phone"),
                &json!("a"),
                &json!("pending"),
                &json!(1)
            ]
        );
        assert_eq!(
            [
                &data["total_attempts"],
                &data["last_attempt_at"],
                &data["last_result"]
            ],
            [&json!(0), &Value::Null, &Value::Null]
        );
        assert_eq!(test.data(&lead(id)).await, data);
    }
    assert_eq!(phones(&test).await, ["84987654321", "84912345678"]);
}

#[tokio::test]
async fn numbers_of_a_payload_are_kept_exactly() {
    let test = with_campaign().await;
    let payload = r#"{"due": 1.50, "iccid": 89840200001234567891}"#;
    let body = format!(r#"{{"phone":"0987654321","payload":{payload}}}"#);
    let request = test.post(LEADS).header("content-type", "application/json");
    let answer = test.send(request.body(body)).await;
    assert!(answer.text().contains(payload), "{}", answer.text());
    let path = lead(FIRST_ID);
    let answer = send(&test, Method::PATCH, &path, &json!({"status": "dnc"})).await;
    assert!(answer.text().contains(payload), "{}", answer.text());
    let other = payload.replace("891}", "892}");
    let patch = test
        .with_method(Method::PATCH, &path)
        .header("content-type", "application/json");
    let answer = test
        .send(patch.body(format!(r#"{{"payload":{other}}}"#)))
        .await;
    assert!(answer.text().contains(&other), "{}", answer.text());
}

#[tokio::test]
async fn invalid_leads_are_refused_with_every_fault() {
    let test = with_campaign().await;
    let long = "x".repeat(256);
    for (body, expected) in [
        (json!({}), vec!["phone"]),
        (json!({"phone": "", "phone_number": null}), vec!["phone"]),
        (
            json!({"phone": "12", "external_ref": long, "payload": [], "status": "dnc", "colour": 1, "id": 7}),
            vec!["colour", "external_ref", "id", "payload", "phone", "status"],
        ),
        (
            json!({"phone": "0987654321", "phone_number": "0987654321", "payload": {}, "variables": {}}),
            vec!["phone_number", "variables"],
        ),
        (
            json!({"phone_number": 84_987_654_321_i64, "variables": 1}),
            vec!["phone_number", "variables"],
        ),
        (
            json!({"leads": [], "phone": "0987654321"}),
            vec!["leads", "phone"],
        ),
    ] {
        let answer = post(&test, LEADS, &body).await;
        assert_eq!(answer.status.as_u16(), 422, "{body}: {}", answer.text());
        assert_eq!(faults(&answer), expected, "{body}");
    }
    assert_eq!(phones(&test).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_phone_of_the_campaign_is_a_conflict() {
    let test = with_campaign().await;
    let other = json!({"kind": "autocall_campaign", "id": 2, "name": "D"});
    let theirs = json!({"kind": "autocall_lead", "id": 5, "campaign_id": 2, "phone": "0987654321"});
    test.ingest(&[other, theirs]).await;
    let statuses = |spelling: &'static str, phone: &'static str| {
        let test = &test;
        async move { post(test, LEADS, &json!({spelling: phone})).await }
    };
    assert_eq!(statuses("phone", "0987654321").await.status.as_u16(), 201);
    for (spelling, phone) in [
        ("phone", "+84 987 654 321"),
        ("phone_number", "0084987654321"),
    ] {
        let answer = statuses(spelling, phone).await;
        assert_eq!(answer.status.as_u16(), 409, "{}", answer.text());
        assert_eq!(
            answer.json()["message"],
            "The campaign has a lead with this phone already."
        );
        assert_eq!(faults(&answer), [spelling]);
    }
    assert_eq!(phones(&test).await, ["84987654321"]);
}

#[tokio::test]
async fn a_completed_campaign_takes_no_leads() {
    let test = with_campaign().await;
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 1, "status": "completed"})])
        .await;
    let one = json!({"phone": "0987654321"});
    for path in [LEADS, "/api/autocall/campaigns/1/leads/import"] {
        for body in [one.clone(), json!({"leads": [one]})] {
            let answer = post(&test, path, &body).await;
            assert_eq!(answer.status.as_u16(), 409, "{}", answer.text());
            assert_eq!(
                answer.json()["message"],
                "A completed campaign takes no leads."
            );
        }
    }
    let answer = post(&test, LEADS, &json!({"phone": "1"})).await;
    assert_eq!(
        answer.status.as_u16(),
        422,
        "faults come before the conflict"
    );
}

#[tokio::test]
async fn rows_of_other_accounts_and_unknown_ids_are_not_found() {
    let test = with_campaign().await;
    let neighbour = test.account(2).await;
    let campaign = json!({"kind": "autocall_campaign", "id": 9, "name": "Theirs"});
    let theirs = json!({"kind": "autocall_lead", "id": 9, "campaign_id": 9, "phone": "0987654321"});
    test.ingest_as(&neighbour, &[campaign, theirs]).await;
    let lead_body = json!({"phone": "0987654321"});
    for (method, path, body) in [
        (
            Method::POST,
            "/api/autocall/campaigns/9/leads",
            lead_body.clone(),
        ),
        (
            Method::POST,
            "/api/autocall/campaigns/9/leads",
            json!({"leads": [{}]}),
        ),
        (
            Method::POST,
            "/api/autocall/campaigns/x/leads/import",
            lead_body,
        ),
        (Method::PATCH, "/api/autocall/campaigns/9/leads", json!({})),
        (
            Method::PATCH,
            "/api/autocall/leads/9",
            json!({"status": "x"}),
        ),
        (
            Method::GET,
            "/api/autocall/campaigns/9/leads?status=x",
            json!({}),
        ),
        (Method::GET, "/api/autocall/leads/9", json!({})),
        (Method::DELETE, "/api/autocall/leads/9", json!({})),
    ] {
        let answer = send(&test, method.clone(), path, &body).await;
        assert_eq!(
            answer.status.as_u16(),
            404,
            "{method} {path}: {}",
            answer.text()
        );
    }
    let items = json!({"leads": [{"id": 9, "status": "dnc"}]});
    let answer = send(&test, Method::PATCH, LEADS, &items).await;
    assert_eq!(answer.status.as_u16(), 422, "{}", answer.text());
    assert_eq!(faults(&answer), ["leads.0.id"]);
    let states = "select to_jsonb(status) from autocall_leads";
    assert_eq!(test.query(2, states).await, ["pending"]);
}

#[tokio::test]
async fn a_lead_without_attempts_can_be_deleted() {
    let test = with_campaign().await;
    for number in 1..=2 {
        post(&test, LEADS, &json!({"phone": super::phone(number)})).await;
    }
    test.ingest(&[
        json!({"kind": "autocall_attempt", "uuid": "a", "campaign_id": 1, "lead_id": FIRST_ID,
        "attempt_number": 1, "started_at": "2026-06-01T00:00:00Z"}),
    ])
    .await;
    let delete = async |id: i64| send(&test, Method::DELETE, &lead(id), &json!({})).await;
    let answer = delete(FIRST_ID).await;
    assert_eq!(answer.status.as_u16(), 409, "{}", answer.text());
    assert_eq!(
        answer.json()["message"],
        "A lead with attempts cannot be deleted."
    );
    let answer = delete(FIRST_ID + 1).await;
    assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0));
    assert_eq!(delete(FIRST_ID + 1).await.status.as_u16(), 404);
    // Its id is not given again.
    let answer = post(&test, LEADS, &json!({"phone": super::phone(2)})).await;
    assert_eq!(answer.json()["data"]["id"], FIRST_ID + 2);
    let actions = "select to_jsonb(event) from audit_log where event like 'lead%' order by at, id";
    assert_eq!(
        test.query(TENANT, actions).await,
        [
            "lead.created",
            "lead.created",
            "lead.deleted",
            "lead.created"
        ]
    );
}

/// The bodies never end: the answers come without them.
#[tokio::test]
async fn a_body_is_not_awaited_by_a_request_that_is_refused_anyway() {
    let test = with_campaign().await;
    let reader = test.user(TENANT, "reader", Role::ReadOnly).await;
    let set = |name: &str| Change::Setting(name.into(), "1".into());
    let settings = [set("rate_limit_autocall"), set("rate_limit_lead_import")];
    Tenant::change(&test.app.db, TENANT, &settings)
        .await
        .expect("set");
    let client = test
        .changed(|app| app.limits = callboard::auth::limit::Limits::on(app.clock))
        .await;
    let endless = async |token: &str, path: &str| {
        let client = Client::new(client.url.clone(), token.to_owned());
        let nothing = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let request = client.post(path).header("content-type", "application/json");
        let request = request.body(reqwest::Body::wrap_stream(nothing));
        client.send(request).await.status.as_u16()
    };
    let import = "/api/autocall/campaigns/1/leads/import";
    assert_eq!(endless(&reader, LEADS).await, 403);
    assert_eq!(endless(&reader, LEADS).await, 429, "it was counted");
    let none = "/api/autocall/campaigns/x/leads";
    assert_eq!(endless(&test.token, none).await, 404);
    let refused = post(&client, import, &json!({})).await;
    assert_eq!(refused.status.as_u16(), 422);
    assert_eq!(endless(&test.token, LEADS).await, 429, "both are used up");
    assert_eq!(endless(&test.token, import).await, 429);
}

#[tokio::test]
async fn one_lead_counts_among_120_requests_and_a_list_among_30() {
    let test = with_campaign().await;
    let client = test
        .changed(|app| app.limits = callboard::auth::limit::Limits::on(app.clock))
        .await;
    let limit = async |path: &str, body: Value| {
        let answer = post(&client, path, &body).await;
        let header = |name| answer.header(name).parse::<u32>().expect("a number");
        (header("x-ratelimit-limit"), header("x-ratelimit-remaining"))
    };
    let import = "/api/autocall/campaigns/1/leads/import";
    assert_eq!(
        limit(LEADS, json!({"phone": "0987654321"})).await,
        (120, 119)
    );
    assert_eq!(limit(LEADS, json!({"leads": []})).await, (30, 29));
    assert_eq!(limit(import, json!({"leads": [{}]})).await, (30, 28));
    assert_eq!(
        limit(import, json!({"phone": "0987654322"})).await,
        (30, 27)
    );
    assert_eq!(limit(LEADS, json!([])).await, (120, 118));
}
