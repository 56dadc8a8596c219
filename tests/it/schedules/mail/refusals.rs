//! What servers refuse, now or for good, and servers that are not there.

use std::time::Duration;

use callboard::mail::settings::Pace;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::server::{MailServer, settings};
use super::{mailing, work};
use crate::schedules::Schedules;

fn error(run: &Value) -> &str {
    run["error"]
        .as_str()
        .unwrap_or_else(|| panic!("no reason: {run}"))
}

#[tokio::test]
async fn those_who_are_refused_are_named_and_the_others_get_it_once() {
    let server = MailServer::start().await;
    let test = mailing(&server).await;
    let to = [
        "an@example.com",
        "refused@example.com",
        "later1@example.com",
        "busy@example.com",
    ];
    let made = test.mailed(&json!({}), &to).await;
    let _workers = work(&test.hooks.app);
    let run = test.tried(&made, 1).await;
    assert_eq!(run["status"], "queued", "{run}");
    let (busy, refused) = (
        "451 4.7.1 Greylisted , try again",
        "refused@example.com: 550 5.1.1 No such mailbox here",
    );
    let both = format!("later1@example.com, busy@example.com: {busy}; {refused}");
    assert_eq!(error(&run), both);
    for (tries, minutes) in [(2, 1), (3, 5), (4, 30)] {
        test.hooks
            .pass(TimeDelta::minutes(minutes) - TimeDelta::seconds(30));
        let due = "select to_jsonb(count(*)) from schedule_runs where next_try_at > '{now}'";
        let due = due.replace("{now}", &test.hooks.app.clock.now().to_rfc3339());
        assert_eq!(
            test.hooks.test.query(1, &due).await,
            [json!(1)],
            "not before its time"
        );
        test.hooks.pass(TimeDelta::seconds(30));
        test.tried(&made, tries).await;
    }
    let run = test.finished(&made, 1).await.remove(0);
    assert_eq!(run["status"], "delivered", "some have it: {run}");
    assert_eq!(error(&run), format!("busy@example.com: {busy}; {refused}"));
    let messages = server.messages();
    let got: Vec<Vec<&str>> = messages.iter().map(|message| message.to()).collect();
    assert_eq!(got, [vec!["an@example.com"], vec!["later1@example.com"]]);
    assert_eq!(
        messages[0].header("message-id"),
        messages[1].header("message-id")
    );
    let asked = to.map(|address| server.asked(address));
    assert_eq!(asked, [1, 1, 2, 4]);
}

#[tokio::test]
async fn refusals_for_good_of_everybody_fail_at_once() {
    let server = MailServer::start().await;
    let test = mailing(&server).await;
    let _workers = work(&test.hooks.app);
    for (to, said) in [
        (
            ["refused1@example.com", "refused2@example.com"],
            "550 5.1.1 No such mailbox here",
        ),
        (
            ["denied@example.com", "an@example.com"],
            "554 5.7.1 Message looks like spam",
        ),
    ] {
        let made = test.mailed(&json!({}), &to).await;
        let run = test.finished(&made, 1).await.remove(0);
        assert_eq!(run["status"], "failed", "{run}");
        assert_eq!(error(&run), format!("{}: {said}", to.join(", ")));
        assert_eq!(server.asked(to[0]), 1);
    }
    assert!(server.messages().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_four_times() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let mail = settings(&format!("smtp://127.0.0.1:{port}"));
    let test = Schedules::with(|app| app.schedules.mail = Some(mail)).await;
    let made = test.mailed(&json!({}), &["an@example.com"]).await;
    let _workers = work(&test.hooks.app);
    for (tries, minutes) in [(1, 1), (2, 5), (3, 30)] {
        let run = test.tried(&made, tries).await;
        assert_eq!(run["status"], "queued", "{run}");
        assert!(error(&run).contains("refused"), "{run}");
        test.hooks.pass(TimeDelta::minutes(minutes));
    }
    let run = test.finished(&made, 1).await.remove(0);
    assert_eq!(run["status"], "failed", "{run}");
    assert!(error(&run).starts_with("an@example.com: "), "{run}");
}

#[tokio::test]
async fn servers_that_say_nothing_hold_up_no_webhook_and_no_other_account() {
    // One that says nothing at all, and one that says nothing to a recipient.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silent = settings(&format!(
        "smtp://{}",
        silent.local_addr().expect("an address")
    ));
    let mute = MailServer::start().await;
    for (mut mail, to) in [
        (silent, "an@example.com"),
        (mute.settings(), "mute@example.com"),
    ] {
        let long = Duration::from_secs(600);
        mail.pace = Pace {
            connect: long,
            step: long,
            message: long,
        };
        let test = Schedules::with(|app| app.schedules.mail = Some(mail.clone())).await;
        let held = [
            test.mailed(&json!({}), &[to]).await,
            test.mailed(&json!({}), &[to]).await,
            test.mailed(&json!({}), &[to]).await,
        ];
        let workers = work(&test.hooks.app);
        let held_up = "select to_jsonb(count(*)) from schedule_runs where mail is not null and claim is not null";
        test.hooks
            .until("the workers that mail wait", async || {
                test.hooks.test.query(1, held_up).await == [json!(2)]
            })
            .await;
        // Files are made and announced meanwhile.
        let made = test.create(&json!({"active": false})).await;
        test.order(&made).await;
        let run = test.finished(&made, 1).await.remove(0);
        assert_eq!(run["status"], "delivered", "{run}");
        drop(workers);
        // A stop gives back what is under way.
        test.hooks
            .until("they are given back", async || {
                test.hooks.test.query(1, held_up).await == [json!(0)]
            })
            .await;
        // With a patience that ends, the try fails and says why.
        mail.pace.step = Duration::from_millis(50);
        mail.pace.connect = Duration::from_millis(50);
        let mut app = test.hooks.app.clone();
        app.schedules.mail = Some(mail);
        let _workers = work(&app);
        for schedule in &held {
            let run = test.tried(schedule, 1).await;
            assert_eq!(run["status"], "queued", "{run}");
            assert_eq!(
                error(&run),
                format!("{to}: The mail server does not answer.")
            );
        }
    }
}

#[tokio::test]
async fn passwords_go_over_tls_only_and_certificates_are_checked() {
    let login = json!(["me@example.com", "open/sesame"]);
    let encoded = "me%40example.com:open%2Fsesame@";
    let starttls = MailServer::with_tls(json!({"login": login})).await;
    let wrapped = MailServer::with_tls(json!({"login": login, "wrapped": true})).await;
    let offered = MailServer::with_tls(json!({})).await;
    let plain = MailServer::start().await;
    let lacks = "The mail server does not offer STARTTLS, and a password is only sent over TLS.";
    let test = mailing(&plain).await;
    for (server, url, outcome) in [
        (&starttls, starttls.url("smtp", encoded), None),
        (&wrapped, wrapped.url("smtps", encoded), None),
        (&offered, offered.url("smtp", ""), None),
        (&plain, plain.url("smtp", ""), None),
        (&plain, plain.url("smtp", encoded), Some(lacks)),
        (
            &starttls,
            starttls.url("smtp", "me:wrong@"),
            Some("535 5.7.8 Authentication credentials invalid"),
        ),
    ] {
        let before = server.messages().len();
        let mut app = test.hooks.app.clone();
        app.schedules.mail = Some(settings(&url));
        let made = test.mailed(&json!({}), &["an@example.com"]).await;
        let _workers = work(&app);
        let run = test.tried(&made, 1).await;
        match outcome {
            Some(reason) => assert_eq!(error(&run), format!("an@example.com: {reason}"), "{url}"),
            None => assert_eq!(run["status"], "delivered", "{url} {run}"),
        }
        let messages = server.messages();
        assert_eq!(
            messages.len() - before,
            usize::from(outcome.is_none()),
            "{url}"
        );
        if let Some(message) = messages.get(before) {
            assert_eq!(
                message.value("tls"),
                url.contains('%') || server.port == offered.port
            );
        }
    }
    // An authority that is not trusted: nothing is sent.
    let from = "reports@callboard.test".parse().expect("a sender");
    let read = callboard::mail::settings::Server::read(&offered.url("smtp", ""));
    let mail = callboard::mail::settings::Settings::new(read.expect("a server"), from);
    let mut app = test.hooks.app.clone();
    app.schedules.mail = Some(mail);
    let made = test.mailed(&json!({}), &["an@example.com"]).await;
    let _workers = work(&app);
    let run = test.tried(&made, 1).await;
    assert_eq!(run["status"], "queued", "{run}");
    assert!(error(&run).contains("certificate"), "{run}");
    assert_eq!(offered.messages().len(), 1);
}
