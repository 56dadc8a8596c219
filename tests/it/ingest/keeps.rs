//! Lines of scripts, campaigns and leads for existing rows: absent fields keep their values.

use serde_json::{Value, json};

use super::{one_of_each_kind, reported, rows, tally};
use crate::support::{TENANT, TestApp, body};

async fn lead(test: &TestApp) -> Value {
    let mut lead = rows(test, "autocall_leads").await.remove(0);
    lead.as_object_mut().expect("a row").remove("created_at");
    lead
}

fn full() -> Value {
    json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321", "external_ref": "a",
        "payload": {"tier": "gold"}, "status": "retry"})
}

#[tokio::test]
async fn absent_fields_keep_their_values_and_null_resets_them() {
    let test = TestApp::new().await;
    test.ingest(&one_of_each_kind()).await;
    let stored = json!({"id": 1, "campaign_id": 1, "phone": "84987654321", "phone_as_sent": "0987654321",
        "external_ref": "a", "payload": {"tier": "gold"}, "status": "retry"});
    let with = |changes: Value| {
        let mut row = stored.clone();
        let fields = row.as_object_mut().expect("an object");
        fields.extend(changes.as_object().expect("an object").clone());
        row
    };
    for (sent, changes) in [
        (json!({}), json!({})),
        (json!({"status": "dnc"}), json!({"status": "dnc"})),
        (json!({"status": null}), json!({"status": "pending"})),
        (
            json!({"external_ref": "", "payload": null}),
            json!({"external_ref": null, "payload": {}}),
        ),
        (
            json!({"phone": "+84 912 345 678"}),
            json!({"phone": "84912345678", "phone_as_sent": "+84 912 345 678"}),
        ),
    ] {
        test.ingest(&[full()]).await;
        let mut line = json!({"kind": "autocall_lead", "id": 1});
        let fields = line.as_object_mut().expect("an object");
        fields.extend(sent.as_object().expect("an object").clone());
        test.ingest(&[line]).await;
        assert_eq!(lead(&test).await, with(changes), "{sent}");
    }
}

#[tokio::test]
async fn several_lines_of_a_row_add_up() {
    let lines = [
        full(),
        json!({"kind": "autocall_lead", "id": 1, "status": "dnc", "external_ref": null}),
        json!({"kind": "autocall_lead", "id": 1, "phone": "0912345678"}),
        json!({"kind": "autocall_lead", "id": 1, "external_ref": "b"}),
    ];
    let expected = json!({"id": 1, "campaign_id": 1, "phone": "84912345678", "phone_as_sent": "0912345678",
        "external_ref": "b", "payload": {"tier": "gold"}, "status": "dnc"});
    for is_stored in [false, true] {
        for at_once in [false, true] {
            let test = TestApp::new().await;
            let others: Vec<Value> = one_of_each_kind()
                .into_iter()
                .filter(|line| is_stored || line["kind"] == "autocall_campaign")
                .collect();
            test.ingest(&others).await;
            if at_once {
                test.ingest(&lines).await;
            } else {
                for line in &lines {
                    test.ingest(std::slice::from_ref(line)).await;
                }
            }
            assert_eq!(lead(&test).await, expected, "{is_stored} {at_once}");
        }
    }
}

#[tokio::test]
async fn required_fields_may_be_absent_only_for_an_existing_row() {
    let test = TestApp::new().await;
    let neighbour = test.account(2).await;
    let scripts = |id: i64, more: Value| {
        let mut line = json!({"kind": "autocall_script", "id": id, "tts_tier": "A"});
        let fields = line.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        line
    };
    test.ingest_as(&neighbour, &[scripts(5, json!({"name": "Theirs"}))])
        .await;
    let lines = [
        scripts(1, json!({})),                 // no such row yet
        scripts(1, json!({"name": "Script"})), //
        scripts(1, json!({})),                 // stands earlier
        scripts(1, json!({"name": null})),     // there is no default
        scripts(5, json!({"status": 1})),      // another tenant's, and a fault more
    ];
    let answer = tally(&test, body(&lines)).await;
    let name = || vec!["name".to_owned()];
    assert_eq!(
        reported(&answer),
        [
            (1, name()),
            (4, name()),
            (5, vec!["name".to_owned(), "status".to_owned()])
        ]
    );
    assert_eq!(rows(&test, "autocall_scripts").await.len(), 1);
    let again = tally(&test, body(&[scripts(1, json!({"tts_tier": "B"}))])).await;
    assert_eq!(again["stored"], 1, "{again}");
    assert_eq!(rows(&test, "autocall_scripts").await[0]["tts_tier"], "B");
}

#[tokio::test]
async fn concurrent_lines_of_a_row_change_only_what_they_state() {
    let test = TestApp::new().await;
    test.ingest(&one_of_each_kind()).await;
    let leads = |field: &str, value: Value| -> Vec<Value> {
        let lead = |id: i64| {
            let mut line =
                json!({"kind": "autocall_lead", "id": id, "campaign_id": 1, "phone": "0987654321"});
            line[field] = value.clone();
            line
        };
        (1..=500).map(lead).collect()
    };
    for turn in 0..5 {
        let sent = [
            leads("external_ref", json!(format!("ref {turn}"))),
            leads("status", json!("dnc")),
            leads("payload", json!({"turn": turn})),
        ];
        let bodies = sent.iter().map(|lines| test.ingest(lines));
        futures_util::future::join_all(bodies).await;
        let wrong = format!(
            "select to_jsonb(t) from autocall_leads t
             where (external_ref, status, payload->>'turn') is distinct from ('ref {turn}', 'dnc', '{turn}')"
        );
        assert_eq!(test.query(TENANT, &wrong).await, Vec::<Value>::new());
        test.execute(TENANT, "delete from autocall_leads").await;
    }
}

#[tokio::test]
async fn a_change_of_status_sets_its_instant_where_null() {
    let test = TestApp::new().await;
    let campaign = async |line: Value| {
        let mut sent = json!({"kind": "autocall_campaign", "id": 1, "name": "C"});
        let fields = sent.as_object_mut().expect("an object");
        fields.extend(line.as_object().expect("an object").clone());
        test.ingest(&[sent]).await;
        let state =
            "select jsonb_build_array(status, started_at is not null, completed_at is not null)
                     from autocall_campaigns";
        test.query(TENANT, state).await.remove(0)
    };
    assert_eq!(campaign(json!({})).await, json!(["active", false, false]));
    let draft = json!({"status": "draft"});
    assert_eq!(campaign(draft).await, json!(["draft", false, false]));
    let active = json!({"status": "active"});
    assert_eq!(campaign(active).await, json!(["active", true, false]));
    let completed = json!({"status": "completed", "completed_at": "2026-06-01T00:00:00Z"});
    assert_eq!(campaign(completed).await, json!(["completed", true, true]));
    let instants = "select jsonb_build_array(started_at, completed_at) from autocall_campaigns";
    let before = test.query(TENANT, instants).await;
    assert_eq!(before[0][1], "2026-06-01T00:00:00+00:00");
    campaign(json!({"status": "active"})).await;
    campaign(json!({"status": "completed"})).await;
    assert_eq!(test.query(TENANT, instants).await, before);
}

#[tokio::test]
async fn updated_at_moves_where_a_row_changes() {
    let test = TestApp::new().await;
    test.ingest(&one_of_each_kind()).await;
    for (table, line) in [
        (
            "autocall_scripts",
            json!({"kind": "autocall_script", "id": 1, "name": "S"}),
        ),
        (
            "autocall_campaigns",
            json!({"kind": "autocall_campaign", "id": 1, "name": "C"}),
        ),
    ] {
        let updated = format!("select to_jsonb(updated_at) from {table}");
        let first = test.query(TENANT, &updated).await;
        test.ingest(std::slice::from_ref(&line)).await;
        assert_eq!(test.query(TENANT, &updated).await, first, "{table}");
        let mut changed = line;
        changed["name"] = "Other".into();
        test.ingest(&[changed]).await;
        assert_ne!(test.query(TENANT, &updated).await, first, "{table}");
    }
}
