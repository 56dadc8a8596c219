//! The table as clients see it, and the results that an account states in its place.

use callboard::auth::Permission;
use callboard::dialers::causes::Outcome;
use callboard::dialers::leg::{Ending, Vocabulary};
use callboard::dialers::overrides::{self, Overrides};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TENANT, TestApp};

const TABLE: &str = "/api/meta/hangup-causes";
const CAUSES: &str = "/api/ingest/causes";

async fn put(app: &TestApp, body: &Value) -> Answer {
    let request = app.with_method(Method::PUT, CAUSES).json(body);
    app.send(request).await
}

async fn overrides(app: &TestApp) -> Overrides {
    let mut scope = app.app.db.read(TENANT).await.expect("a scope");
    overrides::of_account(&mut scope).await.expect("overrides")
}

/// Result and refusal of an ending, by the account's own rules.
fn verdict(overrides: &Overrides, vocabulary: Vocabulary, name: &str) -> Option<(Outcome, bool)> {
    let name = name.to_owned();
    let found = overrides.verdict(&Ending { vocabulary, name })?;
    Some((found.result, found.rejected))
}

/// Names whose calls wait to be mapped anew.
async fn remaps(app: &TestApp) -> Vec<Value> {
    let sql = "select to_jsonb(vocabulary || '.' || name) from dialer_remaps
               where tenant_id = 1 order by vocabulary, name";
    app.query(TENANT, sql).await
}

#[tokio::test]
async fn the_table_is_served_in_both_languages_or_one() {
    let app = TestApp::new().await;
    let reader = app
        .issue(TENANT, "admin-1", &[Permission::AnalyticsApiAccess])
        .await;
    let answer = app.request(Method::GET, TABLE, Some(&reader)).await;
    assert_eq!(answer.status, 200, "any token reads it: {}", answer.text());
    let table = answer.json();
    let rows = table["data"].as_array().expect("rows");
    assert_eq!(rows.len(), super::all().count());
    let row = |vocabulary: &str, name: &str| {
        let found = rows
            .iter()
            .find(|row| row["vocabulary"] == vocabulary && row["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is there")).clone()
    };
    assert_eq!(
        row("cause", "USER_BUSY"),
        json!({"vocabulary": "cause", "name": "USER_BUSY", "number": 17, "meaning": {"en": "Busy", "vi": "Máy bận"},
            "result": "busy", "group": "busy", "rejected": false, "retry": true, "amd": null})
    );
    assert_eq!(row("status", "AFAX")["amd"], "fax");
    assert_eq!(row("cause", "CALL_REJECTED")["rejected"], true);
    assert_eq!(row("disposition", "UNKNOWN")["number"], Value::Null);
    for row in rows {
        for language in ["en", "vi"] {
            assert!(
                row["meaning"][language]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{row}"
            );
        }
    }
    let of_one = app.data(&format!("{TABLE}?lang=vi")).await;
    assert_eq!(of_one[0]["meaning"], json!({"vi": "Không rõ lý do"}));
    assert_eq!(app.get(&format!("{TABLE}?lang=de")).await.status, 422);
}

#[tokio::test]
async fn an_account_overrules_the_table_and_calls_are_mapped_anew() {
    let app = TestApp::new().await;
    let none = json!({"causes": {}, "dispositions": {}, "dialstatuses": {}, "statuses": {}});
    assert_eq!(app.data(CAUSES).await, none);
    let body = json!({"causes": {"17": "failed", "decline": "no_answer", "X_OWN": "rejected", "NO_ANSWER": "no_answer"},
        "statuses": {"tptim": "abandoned", "AA": "no_answer", "SVYVM": "busy"}, "dispositions": null});
    let answer = put(&app, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let stored = json!({"causes": {"USER_BUSY": "failed", "DECLINE": "no_answer", "X_OWN": "rejected", "NO_ANSWER": "no_answer"},
        "dispositions": {}, "dialstatuses": {}, "statuses": {"TPTIM": "abandoned", "AA": "no_answer", "SVYVM": "busy"}});
    assert_eq!(answer.json()["data"], stored);
    assert_eq!(app.data(CAUSES).await, stored);

    let own = overrides(&app).await;
    let of_cause = |name| verdict(&own, Vocabulary::Cause, name);
    for name in ["USER_BUSY", "user_busy", "17", "017", "sip:486"] {
        assert_eq!(of_cause(name), Some((Outcome::Failed, false)), "{name}");
    }
    assert_eq!(of_cause("DECLINE"), Some((Outcome::NoAnswer, false)));
    assert_eq!(of_cause("x_own"), Some((Outcome::Failed, true)));
    assert_eq!(
        of_cause("CALL_REJECTED"),
        Some((Outcome::Failed, true)),
        "the table's"
    );
    assert_eq!(of_cause("OTHER"), None);
    let of_status = |name| verdict(&own, Vocabulary::Status, name);
    assert_eq!(of_status("TPTIM"), Some((Outcome::Abandoned, false)));
    assert_eq!(of_status("SVYVM"), Some((Outcome::Busy, false)));
    assert_eq!(of_status("SVYHU"), Some((Outcome::Answered, false)));
    assert_eq!(
        verdict(&own, Vocabulary::Dialstatus, "BUSY"),
        Some((Outcome::Busy, false))
    );

    // NO_ANSWER has the result that it has in the table, so nothing is to be mapped anew.
    let noted = [
        "cause.DECLINE",
        "cause.USER_BUSY",
        "cause.X_OWN",
        "status.AA",
        "status.SVYVM",
        "status.TPTIM",
    ];
    assert_eq!(remaps(&app).await, noted);
    app.execute(TENANT, "delete from dialer_remaps where tenant_id = 1")
        .await;
    assert_eq!(put(&app, &stored).await.status, 200);
    assert_eq!(remaps(&app).await, [""; 0], "nothing changed");
    let less = json!({"causes": {"X_OWN": "busy"}});
    assert_eq!(put(&app, &less).await.status, 200);
    let noted = [
        "cause.DECLINE",
        "cause.USER_BUSY",
        "cause.X_OWN",
        "status.AA",
        "status.SVYVM",
        "status.TPTIM",
    ];
    assert_eq!(
        remaps(&app).await,
        noted,
        "what goes is mapped by the table again"
    );

    let log = app.data("/api/audit?action=dialer_causes.changed").await;
    assert_eq!(log.as_array().map(Vec::len), Some(2), "{log}");
    assert_eq!(
        log[0]["changes"]["cause.X_OWN"],
        json!(["rejected", "busy"])
    );
    assert_eq!(
        log[0]["changes"]["cause.USER_BUSY"],
        json!(["failed", null])
    );
    assert_eq!(log[1]["target"]["kind"], "dialer_causes");
    let other = app.account(2).await;
    let of_other = app.request(Method::GET, CAUSES, Some(&other)).await;
    assert_eq!(
        of_other.json()["data"],
        none,
        "accounts know nothing of each other"
    );
}

#[tokio::test]
async fn every_fault_of_a_result_is_told() {
    let app = TestApp::new().await;
    let long = "x".repeat(256);
    let body = json!({"causes": {"USER_BUSY": "answered", "17": "busy", "": "busy", "A*": "busy", long: "busy", "a\u{1}b": "busy"},
        "dispositions": [], "statuses": {"AA": 1, "X": "answered", "Y": "not_final"}, "colours": {}});
    let answer = put(&app, &body).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    let errors = answer.json()["errors"].as_object().expect("errors").clone();
    let cut = format!("causes.{}", "x".repeat(100));
    let mut expected = vec![
        "causes.",
        "causes.A*",
        "causes.USER_BUSY",
        "causes.a\u{1}b",
        &cut,
        "colours",
        "dispositions",
        "statuses.AA",
    ];
    expected.sort_unstable();
    let mut found: Vec<&str> = errors.keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, expected);
    let fault = "The causes.USER_BUSY field must be one of: no_answer, busy, failed, rejected, blocked, not_an_attempt.";
    assert_eq!(errors["causes.USER_BUSY"], json!([fault]));
    assert_eq!(
        app.data(CAUSES).await["statuses"],
        json!({}),
        "nothing is stored"
    );

    let twice = put(
        &app,
        &json!({"causes": {"17": "busy", "user_busy": "failed"}}),
    )
    .await;
    assert_eq!(twice.status, 422, "{}", twice.text());
    let many = (0..1_001).map(|at| (format!("N{at}"), json!("busy")));
    let many = json!({"causes": Value::Object(many.collect())});
    assert_eq!(put(&app, &many).await.status, 422);
    assert_eq!(put(&app, &json!([])).await.status, 400);
    let reader = app
        .issue(TENANT, "admin-1", &[Permission::AnalyticsApiAccess])
        .await;
    assert_eq!(
        app.request(Method::GET, CAUSES, Some(&reader)).await.status,
        403
    );
}

#[tokio::test]
async fn changes_wait_for_the_calls_of_earlier_ones() {
    let app = TestApp::new().await;
    let waiting = "insert into dialer_remaps (tenant_id, vocabulary, name, requested_at)
                   select 1, 'cause', 'N' || n, now() from generate_series(1, 10000) n";
    app.execute(TENANT, waiting).await;
    let answer = put(&app, &json!({"causes": {"USER_BUSY": "failed"}})).await;
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert_eq!(
        app.data(CAUSES).await["causes"],
        json!({}),
        "nothing is stored"
    );
}
