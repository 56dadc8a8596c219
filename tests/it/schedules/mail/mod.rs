//! Mail of runs, received by a real mail server.

mod refusals;
mod restarts;
pub mod server;

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use callboard::auth::audit::Event;
use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{SCHEDULES, Schedules, path, work};
use crate::support::TENANT;
use crate::templates::put_valid;
use server::MailServer;

/// Schedules of an instance that mails to that server.
async fn mailing(server: &MailServer) -> Schedules {
    let settings = server.settings();
    Schedules::with(|app| app.schedules.mail = Some(settings)).await
}

impl Schedules {
    /// Makes a schedule that mails, orders a run, and returns the schedule.
    async fn mailed(&self, over: &Value, to: &[&str]) -> Value {
        let mut over = over.clone();
        over["active"] = json!(false);
        over["deliver"] = json!({"email": to});
        let made = self.create(&over).await;
        self.order(&made).await;
        made
    }

    async fn order(&self, schedule: &Value) {
        let run = format!("{}/run", path(schedule));
        let ordered = self.hooks.post(&run, &json!({})).await;
        assert_eq!(ordered.status, StatusCode::ACCEPTED, "{}", ordered.text());
    }

    /// Waits until the only run was tried so often and waits, or is finished.
    async fn tried(&self, schedule: &Value, tries: i64) -> Value {
        let tried =
            "select to_jsonb(tries) from schedule_runs where claim is null and schedule_id = ";
        let tried = format!("{tried}{}", schedule["id"]);
        self.hooks
            .until(&format!("{tries} tries"), async || {
                self.hooks.test.query(TENANT, &tried).await == [json!(tries)]
            })
            .await;
        self.runs(schedule).await.remove(0)
    }
}

#[tokio::test]
async fn a_run_is_mailed_as_text_as_html_and_as_the_file_that_the_report_gives() {
    let server = MailServer::start().await;
    let test = mailing(&server).await;
    let (hooks, client) = (&test.hooks, &test.hooks.client);
    let agents: Vec<Value> = (1..=25)
        .map(|agent| json!({"kind": "agent", "id": agent, "name": format!("<b>Ngân</b> {agent}"), "username": format!("a{agent}")}))
        .collect();
    let started = (hooks.app.clock.now() - TimeDelta::days(1)).to_rfc3339();
    let calls = (1..=25).map(|agent| {
        json!({"kind": "telesales_call", "uuid": format!("call {agent}"), "campaign_id": 1, "lead_id": 1, "agent_id": agent,
            "started_at": started, "result": "answered", "talk_sec": agent})
    });
    client.ingest(&agents).await;
    client.ingest(&calls.collect::<Vec<_>>()).await;
    let to = ["an@example.com", "o'brien@mail.example.com"];
    let over = json!({"name": "Đại lý, hằng ngày", "report": "telesales.agent-performance", "format": "xlsx",
        "params": {"compare": "previous_period"}});
    let made = test.mailed(&over, &to).await;
    let _workers = work(&hooks.app);
    let run = test.finished(&made, 1).await.remove(0);
    assert_eq!(
        (&run["status"], &run["error"]),
        (&json!("delivered"), &Value::Null),
        "{run}"
    );
    let message = only(server.messages());
    assert_eq!(message.to(), to);
    assert_eq!(message.value("sender"), "reports@callboard.test");
    assert_eq!(message.header("to"), to.join(", "));
    assert_eq!(message.header("from"), "Reports <reports@callboard.test>");
    let day = (hooks.app.clock.now() - TimeDelta::days(1)).date_naive();
    assert_eq!(
        message.header("subject"),
        format!("Đại lý, hằng ngày, {day}")
    );
    let id = run["id"].as_str().expect("an id");
    assert_eq!(
        message.header("message-id"),
        format!("<{id}@callboard.test>")
    );
    assert_eq!(message.header("auto-submitted"), "auto-generated");

    // Title, window, zone, twenty rows with their changes, and nothing that people wrote as markup.
    let (text, html) = (message.text("text/plain"), message.text("text/html"));
    for shown in [
        "Agent performance".to_owned(),
        format!("From: {day} 00:00:00"),
        "Time zone: UTC".to_owned(),
        "Compared with".to_owned(),
        "(previous)".to_owned(),
        "(change, %)".to_owned(),
        "20 of 2".to_owned(),
        "agent-performance".to_owned(),
    ] {
        assert!(text.contains(&shown), "{shown}\n{text}");
        assert!(html.contains(&shown), "{shown}\n{html}");
    }
    assert!(
        !html.contains("<b>") && html.contains("&lt;b&gt;Ngân&lt;/b&gt;"),
        "{html}"
    );
    assert_eq!(html.matches("<tr>").count(), 21);

    // The attached file is the one that the report gives.
    let (name, attached) = only(message.files());
    assert_eq!(name, format!("agent-performance_{day}_{day}.xlsx"));
    assert_eq!(run["bytes"], attached.len());
    let path = "/api/telesales/reports/agent-performance/export?window=yesterday&timezone=UTC&compare=previous_period";
    let exported = client.ok(path).await.bytes;
    let [attached, exported] = [attached, exported.to_vec()].map(cells);
    assert_eq!(attached, exported);
    let rows = attached.len() - 1;
    assert!(
        rows >= 25 && text.contains(&format!("20 of {rows} rows")),
        "{rows}"
    );

    // Whom it was sent to is in the audit log.
    let entry = client
        .data(&format!(
            "/api/audit?action={}",
            Event::ScheduleMailed.action()
        ))
        .await;
    assert_eq!(entry[0]["changes"]["email"], json!([null, to]), "{entry}");
    assert_eq!(entry[0]["changes"]["run"], json!([null, id]));
}

#[tokio::test]
async fn a_mail_of_a_list_has_the_words_and_the_layout_of_its_file() {
    let server = MailServer::start().await;
    let test = mailing(&server).await;
    let (hooks, client) = (&test.hooks, &test.hooks.client);
    let template = json!({"report": "telesales.calls", "title": "Gọi hôm qua",
        "columns": [{"field": "uuid", "label": "Mã"}, {"field": "result"}]});
    put_valid(client, "calls", &template).await;
    let started = (hooks.app.clock.now() - TimeDelta::days(1)).to_rfc3339();
    let call = json!({"kind": "telesales_call", "uuid": "call 1", "campaign_id": 1, "lead_id": 1,
        "started_at": started, "result": "answered"});
    client.ingest(&[call]).await;
    let over =
        json!({"report": "telesales.calls", "format": "xlsx", "template": "calls", "lang": "vi"});
    let made = test.mailed(&over, &["an@example.com"]).await;
    let _workers = work(&hooks.app);
    let run = test.finished(&made, 1).await.remove(0);
    assert_eq!(run["status"], "delivered", "{run}");
    let message = only(server.messages());
    let day = (hooks.app.clock.now() - TimeDelta::days(1)).date_naive();
    let text = message.text("text/plain");
    for shown in [
        "Gọi hôm qua".to_owned(),
        "Mã".to_owned(),
        "call 1".to_owned(),
        format!("Từ: {day} 00:00:00"),
    ] {
        assert!(text.contains(&shown), "{shown}\n{text}");
    }
    assert!(!text.contains("answered"), "{text}");
    let (_, attached) = only(message.files());
    let path = "/api/telesales/calls/export?window=yesterday&timezone=UTC&lang=vi&template=calls";
    let exported = client.ok(path).await.bytes;
    let [attached, exported] = [attached, exported.to_vec()].map(cells);
    assert_eq!(attached, exported);
}

fn only<T>(all: Vec<T>) -> T {
    assert_eq!(all.len(), 1);
    all.into_iter().next().expect("one")
}

/// The cells of the table in a workbook.
fn cells(file: Vec<u8>) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).expect("a workbook");
    let sheet = book.sheet_names().into_iter().find(|name| name != "About");
    let range = book
        .worksheet_range(&sheet.expect("a sheet"))
        .expect("cells");
    range.rows().map(<[Data]>::to_vec).collect()
}

#[tokio::test]
async fn a_file_over_ten_megabytes_is_linked_and_goes_to_the_webhook_too() {
    let server = MailServer::start().await;
    let test = mailing(&server).await;
    let (hooks, client) = (&test.hooks, &test.hooks.client);
    let deliver = json!({"email": ["later1@example.com"], "webhook": test.webhook});
    let made = test
        .create(&json!({"active": false, "deliver": deliver}))
        .await;
    assert_eq!(
        made["deliver"],
        json!({"webhook": test.webhook, "email": ["later1@example.com"]})
    );
    test.order(&made).await;
    let _workers = (work(&hooks.app), hooks.work());
    test.tried(&made, 1).await;
    // Only the run's size is looked at before the file is.
    let larger = "update schedule_runs set bytes = bytes + 10000001";
    hooks.test.execute(TENANT, larger).await;
    hooks.pass(TimeDelta::minutes(1));
    let run = test.finished(&made, 1).await.remove(0);
    assert_eq!(run["status"], "delivered", "{run}");
    hooks
        .until("it is announced", async || test.receiver.count() == 1)
        .await;
    let message = only(server.messages());
    assert!(message.files().is_empty());
    let text = message.text("text/plain");
    let link = text.lines().find(|line| line.contains("/api/"));
    let link = link.unwrap_or_else(|| panic!("no link: {text}"));
    let escaped = link.replace('&', "&amp;");
    assert!(message.text("text/html").contains(&escaped), "{escaped}");
    let announced = test.receiver.seen()[0].json()["data"]["download_url"].take();
    assert_eq!(link, announced, "until the same time");
    let as_it_was = "update schedule_runs set bytes = bytes - 10000001";
    hooks.test.execute(TENANT, as_it_was).await;
    let follow = async || client.request(Method::GET, link, None).await;
    let file = follow().await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text());
    hooks.pass(TimeDelta::days(7) - TimeDelta::minutes(5));
    assert_eq!(follow().await.status, StatusCode::OK);
    hooks.pass(TimeDelta::minutes(10));
    assert_eq!(follow().await.status, StatusCode::GONE);
}

#[tokio::test]
async fn addresses_are_checked_when_saved_and_their_domains_when_sent_too() {
    let without = Schedules::new().await;
    let post = async |test: &Schedules, deliver: Value| {
        let answer = test
            .hooks
            .post(SCHEDULES, &test.wanted(&json!({"deliver": deliver})))
            .await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            answer.text()
        );
        answer.json()["errors"].take()
    };
    let errors = post(&without, json!({"email": ["an@example.com"]})).await;
    let said = errors["deliver.email"][0]
        .as_str()
        .expect("a fault")
        .to_owned();
    assert!(
        said.contains("sends no mail") && said.contains("CALLBOARD_SMTP_URL"),
        "{said}"
    );

    let server = MailServer::start().await;
    let test = mailing(&server).await;
    let set = async |domains: &str| {
        let set = format!(
            "update tenants set settings = settings || '{{\"mail_domains\": \"{domains}\"}}'"
        );
        test.hooks.test.execute(TENANT, &set).await;
    };
    set("example.com,example.org").await;
    let many: Vec<String> = (0..21).map(|n| format!("a{n}@example.com")).collect();
    for (email, fields) in [
        (json!([]), vec!["deliver.email"]),
        (json!("an@example.com"), vec!["deliver.email"]),
        (json!(many), vec!["deliver.email"]),
        (
            json!([
                "an@example.com",
                "an@example.com\r\nBcc: eve@example.net",
                7,
                "an@example.com",
                "An <an@example.com>"
            ]),
            vec![
                "deliver.email.1",
                "deliver.email.2",
                "deliver.email.3",
                "deliver.email.4",
            ],
        ),
        (
            json!(["an@example.com", "eve@example.net"]),
            vec!["deliver.email.1"],
        ),
    ] {
        let errors = post(&test, json!({"email": email})).await;
        let found: Vec<&String> = errors.as_object().expect("errors").keys().collect();
        assert_eq!(found, fields, "{email}");
    }

    // Narrowed afterwards, the setting holds for what is saved; other members can still be changed.
    let made = test
        .mailed(&json!({}), &["an@example.com", "binh@Example.ORG"])
        .await;
    set("example.org").await;
    let renamed = test.patch(&made, &json!({"name": "Other"})).await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.text());
    let _workers = work(&test.hooks.app);
    let run = test.finished(&made, 1).await.remove(0);
    assert_eq!(run["status"], "delivered", "{run}");
    let error = run["error"].as_str().expect("a reason");
    assert!(
        error.starts_with("an@example.com: ") && error.contains("mail_domains"),
        "{error}"
    );
    let message = only(server.messages());
    assert_eq!(message.to(), ["binh@Example.ORG"]);

    // With nobody left, nothing is sent.
    set("example.net").await;
    test.hooks.pass(TimeDelta::seconds(1));
    test.order(&made).await;
    let run = test.finished(&made, 2).await.remove(1);
    assert_eq!(run["status"], "failed", "{run}");
    assert_eq!(server.messages().len(), 1);
}
