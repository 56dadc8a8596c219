//! Several instances, servers that are killed, and servers that stop: each mail once.

use std::collections::BTreeMap;

use callboard::time::Clock;
use serde_json::{Value, json};

use super::server::MailServer;
use super::{SCHEDULES, mailing, path, work};
use crate::support::program::{Program, eventually};
use crate::support::{Client, TENANT, TestApp};
use crate::webhooks::instances::instance;

/// Messages of each id.
fn ids(server: &MailServer) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    for message in server.messages() {
        *ids.entry(message.header("message-id").to_owned())
            .or_default() += 1;
    }
    ids
}

#[tokio::test]
async fn each_run_is_mailed_once_by_several_instances() {
    let server = MailServer::start().await;
    let test = mailing(&server).await;
    let mut made = Vec::new();
    for number in 0..12 {
        let over = json!({"name": format!("Number {number}")});
        made.push(
            test.mailed(&over, &["an@example.com", "binh@example.com"])
                .await,
        );
    }
    let _workers = [
        work(&test.hooks.app),
        work(&instance(&test.hooks).await),
        work(&instance(&test.hooks).await),
    ];
    for schedule in &made {
        test.finished(schedule, 1).await;
    }
    let ids = ids(&server);
    assert!(
        ids.len() == 12 && ids.values().all(|count| *count == 1),
        "{ids:?}"
    );
    let is_of_run = |id: &String| id.starts_with("<run_") && id.ends_with("@callboard.test>");
    assert!(ids.keys().all(is_of_run), "{ids:?}");
}

/// A program that mails to that server, with a schedule that does.
async fn program(server: &MailServer, to: &[&str]) -> (TestApp, Program, Value) {
    let test = TestApp::at(Clock::System.now()).await;
    let program = Program::beside(&test)
        .with("CALLBOARD_SMTP_URL", &server.url("smtp", ""))
        .with("CALLBOARD_MAIL_FROM", "Reports <reports@callboard.test>")
        .with("CALLBOARD_RATE_LIMIT", "off");
    let running = program.serve().await;
    let client = Client::new(running.url.clone(), test.token.clone());
    let wanted = json!({"name": "Daily", "report": "telesales.dashboard", "window": "yesterday",
        "at": {"time": "07:30", "timezone": "UTC"}, "deliver": {"email": to}, "active": false});
    let made = client.send(client.post(SCHEDULES).json(&wanted)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json()["data"].take();
    let ordered = client
        .send(client.post(&format!("{}/run", path(&made))))
        .await;
    assert_eq!(ordered.status, 202, "{}", ordered.text());
    running.kill_when(&test, server).await;
    (test, program, made)
}

impl crate::support::program::Server {
    /// Kills the server once its first try is over, or its message taken.
    async fn kill_when(self, test: &TestApp, server: &MailServer) {
        eventually("a try", async || {
            let waits = "select to_jsonb(count(*)) from schedule_runs where error is not null and claim is null";
            !server.messages().is_empty() || test.query(TENANT, waits).await == [json!(1)]
        })
        .await;
        self.kill().await;
    }
}

/// The time of the next try comes, and the lease of a server that is gone ends.
const LATER: &str =
    "update schedule_runs set next_try_at = now() - interval '1 second', leased_until = null
                     where status in ('queued', 'running')";

#[tokio::test]
async fn a_try_is_made_up_by_the_next_server_to_those_who_wait_only() {
    let server = MailServer::start().await;
    let (test, program, made) = program(&server, &["later1@example.com"]).await;
    assert!(server.messages().is_empty());
    test.execute(TENANT, LATER).await;
    let running = program.serve().await;
    let client = Client::new(running.url.clone(), test.token.clone());
    eventually("it is delivered", async || {
        client.data(&path(&made)).await["last_run"]["status"] == "delivered"
    })
    .await;
    assert_eq!(ids(&server).into_values().collect::<Vec<_>>(), [1]);
    assert_eq!(server.asked("later1@example.com"), 2);
    running.stop().await;
}

/// The one case in which a mail goes out twice.
#[tokio::test]
async fn a_server_killed_between_acceptance_and_note_repeats_the_same_message() {
    let server = MailServer::start().await;
    let (test, program, _) = program(&server, &["slow@example.com"]).await;
    assert_eq!(server.messages().len(), 1);
    test.execute(TENANT, LATER).await;
    let running = program.serve().await;
    eventually("it is sent again", async || server.messages().len() == 2).await;
    assert_eq!(ids(&server).into_values().collect::<Vec<_>>(), [2]);
    running.kill().await;
}

#[tokio::test]
async fn a_stop_does_not_give_back_what_the_mail_server_may_have() {
    let server = MailServer::start().await;
    let test = mailing(&server).await;
    test.mailed(&json!({}), &["slow@example.com"]).await;
    let workers = work(&test.hooks.app);
    test.hooks
        .until("it is taken", async || server.messages().len() == 1)
        .await;
    drop(workers);
    // Others see the stop at once.
    let _others = work(&test.hooks.app);
    let made = test.create(&json!({"active": false})).await;
    test.order(&made).await;
    test.finished(&made, 1).await;
    let held =
        "select to_jsonb(count(*)) from schedule_runs where mail is not null and claim is not null";
    assert_eq!(test.hooks.test.query(TENANT, held).await, [json!(1)]);
    assert_eq!(server.messages().len(), 1);
}
