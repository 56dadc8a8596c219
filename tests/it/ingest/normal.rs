//! Unicode normal form C of ingested, stored and searched text.

use callboard::auth::Role;
use callboard::ingest::normal;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use super::{TABLES, one_of_each_kind, tally};
use crate::support::{Client, TENANT, TestApp, body, database};

fn decomposed(text: &str) -> String {
    text.nfd().collect()
}

/// A line of each kind with "é" in every text field but uuids.
fn lines() -> Vec<Value> {
    let mut lines = one_of_each_kind();
    let more = [
        json!({"name": "Té"}),
        json!({"name": "Té", "username": "té"}),
        json!({"code": "salé", "label": "Té"}),
        json!({"cid": "0900é", "display_name": "Té"}),
        json!({"name": "Té"}),
        json!({"name": "Té"}),
        json!({"name": "Té", "template_text": "Té", "template_id": "té", "status": "té",
            "dtmf_actions": [{"digit": "1", "label": "Té", "action_type": "té", "té": [{"é": "é", "n": 1.50}]}]}),
        json!({"name": "Té", "script_id": 1}),
        json!({"external_ref": "té", "payload": {"clé": ["é", {"é": "é"}], "n": 12.50, "nl": "a\n\u{300}"}}),
        json!({"script_path": ["é", "b"], "hangup_cause": "é", "agent_disposition": "é", "caller_id": "é",
            "provider": "é", "outcome": "é", "result": "answered"}),
        json!({"name": "Té"}),
        json!({"source": "té", "full_name": "Té", "payload": {"é": "é"}}),
        json!({"cid": "0900é", "hangup_cause": "é", "disposition": "salé", "result": "answered"}),
    ];
    for (line, more) in lines.iter_mut().zip(more) {
        line.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        if line.get("payload").is_some()
            || line["kind"] == "media_file"
            || line["kind"] == "telesales_campaign"
            || line["kind"] == "autocall_campaign"
        {
            line["created_at"] = "2026-05-01T00:00:00Z".into();
        }
    }
    lines
}

/// All rows of a tenant as text, keys included, without instants of writing.
async fn everything(test: &TestApp, tenant: i64) -> Vec<Value> {
    let all: Vec<String> = TABLES
        .map(|table| {
            format!(
                "select '{table}' as of, to_jsonb(t) - 'tenant_id' - 'updated_at'
                     - case '{table}' when 'autocall_scripts' then 'created_at' else '' end as t
                 from {table} t"
            )
        })
        .into();
    test.query(
        tenant,
        &format!(
            "select jsonb_build_array(of, t) from ({}) t order by 1",
            all.join(" union all ")
        ),
    )
    .await
}

/// Rewrites every text of a tenant into the decomposed form, as an older version stored it.
async fn decompose(test: &TestApp, tenant: i64) {
    let columns = "select to_jsonb(array[table_name::text, column_name::text, data_type::text])
        from information_schema.columns where table_schema = 'public' and column_name <> 'uuid'
        and data_type in ('text', 'jsonb', 'ARRAY') and column_name not in ('phone', 'phone_as_sent', 'color')";
    let mut changed = 0;
    for column in test.query(tenant, columns).await {
        let [table, column, data_type] =
            [0, 1, 2].map(|at| column[at].as_str().expect("a name").to_owned());
        if !TABLES.contains(&table.as_str()) {
            continue;
        }
        let value = match data_type.as_str() {
            "text" => format!("normalize({column}, nfd)"),
            "jsonb" => format!("normalize({column}::text, nfd)::jsonb"),
            _ => format!("array(select normalize(item, nfd) from unnest({column}) item)"),
        };
        test.execute(tenant, &format!("update {table} set {column} = {value}"))
            .await;
        changed += 1;
    }
    assert!(changed > 30, "{changed} columns were found");
}

/// Marks a tenant's tables for normalization, as the upgrade of a database with data does.
async fn list(test: &TestApp, tenant: i64) {
    for table in TABLES.iter().chain(&["tenants"]) {
        test.execute(
            tenant,
            &format!("insert into unnormalised values ({tenant}, '{table}')"),
        )
        .await;
    }
}

#[tokio::test]
async fn ingested_text_is_stored_in_normal_form_c() {
    let test = TestApp::new().await;
    test.ingest(&lines()).await;
    let composed = everything(&test, TENANT).await;
    for line in lines() {
        let sent = decomposed(&line.to_string());
        assert_ne!(sent, line.to_string());
        let reported = tally(&test, sent).await;
        assert_eq!(reported["stored"], 1, "{reported}");
    }
    assert_eq!(everything(&test, TENANT).await, composed);
    // Call ids are compared as sent and never normalized.
    let mut call = lines().pop().expect("a call");
    for uuid in ["\u{e9}", "e\u{301}"] {
        call["uuid"] = uuid.into();
        test.ingest(&[call.clone()]).await;
    }
    assert_eq!(super::count(&test, "telesales_calls").await, 3);
}

#[tokio::test]
async fn denormalized_rows_are_rewritten_once_and_others_left_alone() {
    let test = TestApp::new().await;
    let theirs = test.account(2).await;
    test.ingest(&lines()).await;
    test.ingest_as(&theirs, &lines()).await;
    let composed = everything(&test, TENANT).await;
    decompose(&test, TENANT).await;
    let name = "update tenants set name = normalize('Té', nfd)";
    test.execute(TENANT, name).await;
    assert_ne!(everything(&test, TENANT).await, composed);
    let versions = "select jsonb_agg(xmin::text) from autocall_leads";
    let before = test.query(2, versions).await;

    list(&test, TENANT).await;
    list(&test, 2).await;
    normal::run(&test.app.db).await.expect("normalised");
    for tenant in [TENANT, 2] {
        assert_eq!(everything(&test, tenant).await, composed, "{tenant}");
    }
    assert_eq!(
        test.query(2, versions).await,
        before,
        "rows in normal form are left alone"
    );
    assert_eq!(
        test.query(TENANT, "select to_jsonb(name) from tenants")
            .await,
        ["Té"]
    );

    decompose(&test, TENANT).await;
    let other = everything(&test, TENANT).await;
    normal::run(&test.app.db).await.expect("done");
    assert_eq!(
        everything(&test, TENANT).await,
        other,
        "a table is gone through once"
    );
}

#[tokio::test]
async fn calls_move_to_the_normalized_key_when_both_forms_exist() {
    let test = TestApp::new().await;
    test.ingest(&lines()).await;
    let add = "insert into dispositions select tenant_id, normalize(code, nfd), 'Old', category, color, is_conversion
               from dispositions;
               insert into caller_ids (tenant_id, cid, display_name, carrier, cli_type)
               values (1, normalize('0900é', nfd), 'Old', 'other', 'mobile'),
                      (1, normalize('0901é', nfd), 'Only', 'other', 'mobile');
               insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, started_at, cid, disposition)
               select 1, 'old-' || n, 1, 1, '2026-06-01', normalize('0900é', nfd), normalize('salé', nfd)
               from generate_series(1, 12000) n";
    test.execute(TENANT, add).await;
    list(&test, TENANT).await;
    normal::run(&test.app.db).await.expect("normalised");
    let found = |sql: &'static str| test.query(TENANT, sql);
    let dispositions = found("select jsonb_build_array(code, label) from dispositions").await;
    assert_eq!(dispositions, [json!(["salé", "Té"])]);
    let lines =
        found("select jsonb_build_array(cid, display_name) from caller_ids order by cid").await;
    assert_eq!(lines, [json!(["0900é", "Té"]), json!(["0901é", "Only"])]);
    let calls = found(
        "select jsonb_build_array(cid, disposition, count(*)) from telesales_calls group by cid, disposition",
    );
    assert_eq!(calls.await, [json!(["0900é", "salé", 12_001])]);
    let report =
        "/api/telesales/reports/disposition-breakdown?date_from=2026-05-31&date_to=2026-06-02";
    let reported = test.data(report).await;
    assert_eq!(reported[0]["count"], 12_001, "{reported}");
}

#[tokio::test]
async fn text_of_the_first_release_is_normalized_and_found() {
    let account = "insert into tenants (id, name) values (1, normalize('Té', nfd));
        insert into telesales_campaigns (tenant_id, id, name) values (1, 1, normalize('Té', nfd));
        insert into dispositions values (1, normalize('salé', nfd), 'Sold', 'contact', '#000000', true);
        insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, started_at, disposition)
        values (1, 'a', 1, 1, '2026-06-01', normalize('salé', nfd));";
    let database = database::released(account).await;
    callboard::boot::migrate(&database).await.expect("migrated");
    let test = TestApp::on(database).await;
    normal::run(&test.app.db).await.expect("normalised");
    let client = Client::new(
        test.url.clone(),
        test.user(TENANT, "admin", Role::Admin).await,
    );
    assert_eq!(
        client.ok("/api/telesales/campaigns?q=té").await.json()["total"],
        1
    );
    let line = json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0987654321"});
    let call = json!({"kind": "telesales_call", "uuid": "b", "campaign_id": 1, "lead_id": 1, "disposition": "salé",
        "started_at": "2026-06-01"});
    client.ingest(&[line, call]).await;
    let report =
        "/api/telesales/reports/disposition-breakdown?date_from=2026-05-31&date_to=2026-06-02";
    assert_eq!(client.data(report).await[0]["count"], 2);
    for left in ["unnormalised", "tenants where name is not nfc normalized"] {
        assert_eq!(
            test.query(TENANT, &format!("select to_jsonb(1) from {left}"))
                .await,
            Vec::<Value>::new()
        );
    }
}

#[tokio::test]
async fn filters_and_searches_match_text_in_either_form() {
    let test = TestApp::new().await;
    test.ingest(&lines()).await;
    for text in ["é", &decomposed("é")] {
        for path in ["/api/autocall/campaigns", "/api/telesales/campaigns"] {
            let found = test.ok(&format!("{path}?q={text}")).await.json();
            assert_eq!(found["total"], 1, "{path} {text}");
        }
        for filters in [
            json!({"template_id": format!("t{text}")}),
            json!({"payload_filters": {format!("cl{text}"): "none"}}),
            json!({"payload_filters": {"nl": "a\n\u{300}"}}),
        ] {
            let rows = test
                .rows(&json!({"query_type": "call_count", "filters": filters}))
                .await;
            let expected = u8::from(filters.to_string().find("none").is_none());
            assert_eq!(rows[0]["count"], expected, "{filters}");
        }
    }
    let lead = json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0987654321", "payload": {"clé": "é"}});
    assert_eq!(tally(&test, body(&[lead])).await["stored"], 1);
    for text in ["é", &decomposed("é")] {
        let filters = json!({"payload_filters": {format!("cl{text}"): text}});
        let rows = test
            .rows(&json!({"query_type": "call_count", "filters": filters}))
            .await;
        assert_eq!(rows[0]["count"], 1, "{filters}");
    }
}
