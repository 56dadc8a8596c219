//! Use of everything that runs statements.

use callboard::auth::sign_in_link;
use callboard::dialers;
use callboard::dialers::leg::Source;
use callboard::dialers::quarantine::{self, Door};
use callboard::rollups::compact;
use callboard::webhooks::{sweep, worker};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::calls::encoded;
use crate::calls::filters::{self, Filter};
use crate::exports;
use crate::sheets;
use crate::support::program::eventually;
use crate::support::{TENANT, TestApp, world};
use crate::templates::put_valid;

/// Ingests, compacts, asks every report, question and list from both sources, makes files, logs in, and delivers events.
pub async fn use_everything(app: &TestApp) {
    let subscribe =
        "insert into webhooks (tenant_id, id, url, events, secret, created_at, updated_at)
                     values (1, 1, 'https://example.com/', '{*}', '', now(), now())";
    app.execute(TENANT, subscribe).await;
    app.ingest(&world::random(77, crate::rollups::size(200, 200)))
        .await;
    crate::rollups::compare_with_raw(app, TENANT, 77, 20, "in the journal").await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    crate::rollups::compare_with_raw(app, TENANT, 78, 20, "compacted").await;
    app.ingest(&world::random(78, crate::rollups::size(50, 50)))
        .await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    for path in [
        "/api/autocall/campaigns",
        "/api/telesales/campaigns?search=a",
        "/api/autocall/campaigns/1/reports/export",
        "/api/auth/me",
        "/api/overview?module=autocall",
        "/api/overview?module=telesales",
        "/api/telesales/reports/abandon-rate/breaches",
        "/api/exports",
        "/api/me/settings",
        "/api/teams?q=a",
        "/api/agents?q=a&ids=1,2",
        "/api/dispositions?q=a",
        "/api/caller-ids?q=a",
        "/api/search?q=a",
        "/api/ingest/causes",
        "/api/ingest/quarantine?source=freeswitch",
    ] {
        app.ok(path).await;
    }
    let warning = json!({"module": "telesales", "code": "no_calls", "campaign_id": 1});
    let put_aside = app.post("/api/overview/put-aside").json(&warning);
    let put_aside = app.send(put_aside).await;
    assert_eq!(put_aside.status, 200, "{}", put_aside.text());
    let order = json!({"report_type": "full", "from": "2026-06-01", "to": "2026-06-30"});
    let ordered = app
        .send(
            app.post("/api/autocall/campaigns/1/reports/export")
                .json(&order),
        )
        .await;
    assert_eq!(ordered.status, 202, "{}", ordered.text());
    let mapping = json!({"kind": "team", "columns": {"id": "Id", "name": "Name"}});
    for _ in 0..2 {
        sheets::put_valid(app, "teams", &mapping).await;
    }
    app.ok(&format!("{}/teams", sheets::MAPPINGS)).await;
    app.ok(sheets::MAPPINGS).await;
    use_lists(app).await;
    exports::settle(&app.app).await;
    let question =
        json!({"query_type": "top_outcomes", "filters": {"payload_filters": {"city": "Hanoi"}}});
    app.ask(&question).await;
    let login = json!({"username": format!("admin-{TENANT}"), "password": "correct horse"});
    app.send(app.post("/api/auth/login").json(&login)).await;
    let settings = app.with_method(Method::PUT, "/api/me/settings");
    let kept = app.send(settings.json(&json!({"theme": "dark"}))).await;
    assert_eq!(kept.status, 200, "{}", kept.text());
    let (db, now) = (&app.app.db, app.app.clock.now());
    let user = (TENANT, "admin-1");
    let code = sign_in_link::make(db, user, now + TimeDelta::hours(1), now).await;
    let code = json!({"code": code.expect("a code")});
    let signed_in = app.send(app.post("/api/auth/session").json(&code)).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.text());
    use_webhooks(app).await;
    use_dialers(app).await;
}

async fn use_dialers(app: &TestApp) {
    let routing = json!({"rules": [{"when": {"x": "2"}, "to": "telesales"}]});
    let put = app.with_method(Method::PUT, "/api/ingest/routing");
    let put = app.send(put.json(&routing)).await;
    assert_eq!(put.status, 200, "{}", put.text());
    for (uuid, began) in [
        ("2", 1_780_000_000),
        ("1", 1_770_000_000),
        ("2", 1_780_000_000),
    ] {
        let document = json!({"variables": {"uuid": uuid, "x": uuid, "direction": "outbound", "answer_epoch": "0",
            "start_epoch": began.to_string(), "end_epoch": (began + 9).to_string(), "hangup_cause": "USER_BUSY",
            "cc_agent": "agent01", "origination_caller_id_number": "0281234567", "destination_number": "0987654321"}});
        let posted = app
            .send(app.post("/api/ingest/freeswitch").json(&document))
            .await;
        assert_eq!(posted.json()["data"]["calls"], 1, "{}", posted.text());
    }
    app.ok("/api/ingest/routing").await;
    let other = json!({"rules": [{"when": {"x": "1"}, "to": "telesales"}]});
    let put = app.with_method(Method::PUT, "/api/ingest/routing");
    let put = app.send(put.json(&other)).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let apply = "/api/ingest/routing/apply";
    let applied = app.request(Method::POST, apply, Some(&app.token)).await;
    assert_eq!(applied.status, 202, "{}", applied.text());
    dialers::remap::all(&app.app).await.expect("placed anew");
    app.ok("/api/ingest/unmapped").await;
    let keep = std::time::Duration::ZERO;
    dialers::raw::empty(&app.app, keep).await.expect("emptied");
    let own = json!({"causes": {"USER_BUSY": "failed"}});
    let causes = app.with_method(Method::PUT, "/api/ingest/causes");
    let put = app.send(causes.json(&own)).await;
    assert_eq!(put.status, 200, "{}", put.text());
    dialers::remap::all(&app.app).await.expect("mapped anew");
    let now = app.app.clock.now();
    let mut scope = app.app.db.write(TENANT).await.expect("a scope");
    let (source, door) = (Source::Freeswitch, Door::default());
    let kept = quarantine::keep(&mut scope, source, door, "no JSON", b"{", now).await;
    let id = kept.expect("kept");
    let due = quarantine::due(&mut scope, Uuid::nil(), id).await;
    assert_eq!(due.expect("read").map(|kept| kept.id), Some(id));
    let refused = quarantine::refuse(&mut scope, id, "no JSON yet").await;
    refused.expect("noted");
    scope.commit().await.expect("committed");
    dialers::sweep::sweep(&app.app, 10).await.expect("swept");
    let path = format!("/api/ingest/quarantine/{id}");
    app.ok(&path).await;
    for retry in [
        format!("{path}/retry"),
        "/api/ingest/quarantine/retry".to_owned(),
    ] {
        let retried = app.request(Method::POST, &retry, Some(&app.token)).await;
        assert_eq!(retried.status, 200, "{}", retried.text());
    }
    let deleted = app.request(Method::DELETE, &path, Some(&app.token)).await;
    assert_eq!(deleted.status, 204, "{}", deleted.text());
}

const DATES: &str = "date_from=2026-06-01&date_to=2026-06-30";

/// Lists of a product, its filters on calls, and parameters of its leads.
type Lists = (
    &'static [&'static str],
    &'static [&'static [Filter]],
    &'static [&'static str],
);

const LISTS: [Lists; 2] = [
    (
        &[
            "/api/autocall/campaigns/1/attempts",
            "/api/autocall/attempts",
            "/api/autocall/leads",
        ],
        &[filters::BOTH, filters::AUTOCALL, filters::OF_ANALYTICS],
        &[
            "external_ref=x",
            "status=pending",
            "progress=BACKLOG",
            "progress=RETRY",
            "min_attempts=2",
            "stage=FINISHED",
            "lost_after=Dialed",
        ],
    ),
    (
        &["/api/telesales/calls", "/api/telesales/leads"],
        &[filters::BOTH, filters::TELESALES],
        &[
            "team_id=1",
            "min_attempts=2",
            "created=in_window&stage=Converted",
            "lost_after=Dialed",
        ],
    ),
];

/// Asks every list with each of its filters, for a second page, for its first row alone, and for its file in both orders.
async fn use_lists(app: &TestApp) {
    let sorted = |report: &str| json!({"report": report, "columns": [{"field": "uuid"}], "sort": [{"field": "uuid"}]});
    for (lists, filters, more) in LISTS {
        let filters = filters.iter().copied().flatten();
        let of_calls = filters.map(|(name, values, _)| format!("{name}={}", encoded(values[0])));
        let of_calls: Vec<String> = of_calls.collect();
        for list in lists {
            let of_leads = more.iter().filter(|_| list.ends_with("leads"));
            for query in of_calls.iter().map(String::as_str).chain(of_leads.copied()) {
                app.ok(&format!("{list}?{DATES}&{query}")).await;
            }
            let page = app.ok(&format!("{list}?{DATES}&limit=1")).await.json();
            let next = page["next"].as_str().expect("a second page");
            app.ok(&format!("{list}?{DATES}&after={next}&count=true"))
                .await;
            let Some(uuid) = page["data"][0]["uuid"].as_str() else {
                continue; // there are no files of leads
            };
            if !list.contains("campaigns") {
                app.ok(&format!("{list}/{uuid}")).await;
            }
            let report = match list.contains("telesales") {
                true => "telesales.calls",
                false => "autocall.attempts",
            };
            put_valid(app, "sorted", &sorted(report)).await;
            for more in ["", "&template=sorted"] {
                app.ok(&format!("{list}/export?{DATES}&format=csv{more}"))
                    .await;
            }
        }
    }
    let order = json!({"date_from": "2026-06-01", "date_to": "2026-06-30", "format": "csv"});
    let ordered = app.post("/api/telesales/calls/export").json(&order);
    let ordered = app.send(ordered).await;
    assert_eq!(ordered.status, 202, "{}", ordered.text());
    app.ok("/api/telesales/calls/exports").await;
    let evidence = app.post("/api/telesales/reports/compliance/export");
    let ordered = app.send(evidence.json(&json!({"format": "csv"}))).await;
    assert_eq!(ordered.status, 202, "{}", ordered.text());
    app.ok("/api/telesales/reports/compliance/exports").await;
}

/// Nothing leaves for webhook 1: its secret cannot be decrypted.
async fn use_webhooks(app: &TestApp) {
    let stop = CancellationToken::new();
    let worker = tokio::spawn(worker::run(app.app.clone(), stop.clone()));
    eventually("deliveries were tried", async || {
        let deliveries = app.data("/api/webhooks/1/deliveries").await;
        deliveries[0]["attempts"].as_i64() > Some(0)
    })
    .await;
    stop.cancel();
    worker.await.expect("an end");
    let delivery = app.data("/api/webhooks/1/deliveries").await;
    let delivery = delivery[0]["id"].as_str().expect("an id").to_owned();
    sweep::bound(&app.app).await.expect("swept");
    sweep::prune(&app.app).await.expect("swept");
    app.ok("/api/webhooks").await;
    app.ok(&format!("/api/webhooks/1/deliveries/{delivery}"))
        .await;
    for (path, body) in [
        ("", json!({"url": "https://1.1.1.1", "events": ["*"]})),
        ("/1/test", json!({})),
        ("/1/replay", json!({"from": "2020-01-01"})),
        (&format!("/1/deliveries/{delivery}/replay"), json!({})),
        ("/1/rotate-secret", json!({})),
    ] {
        let post = app.post(&format!("/api/webhooks{path}")).json(&body);
        let answer = app.send(post).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
    }
    let url = format!("{}/api/webhooks/1", app.url);
    for (method, body) in [
        (Method::PATCH, json!({"status": "paused"})),
        (Method::PATCH, json!({"status": "active"})),
        (Method::DELETE, json!({})),
    ] {
        let request = reqwest::Client::new()
            .request(method, &url)
            .bearer_auth(&app.token);
        let answer = app.send(request.json(&body)).await;
        assert!(answer.status.is_success(), "{}", answer.text());
    }
}
