//! Pages of leads: their order, what changes between them, bad values, and who sees what.

use std::collections::BTreeSet;

use callboard::auth::{Permission, Role};
use reqwest::Method;
use serde_json::{Value, json};

use super::{AUTOCALL, TELESALES, ids, world};
use crate::support::{Client, TENANT, TestApp};

const LISTS: [(&str, &str); 2] = [(AUTOCALL, "autocall_leads"), (TELESALES, "telesales_leads")];

#[tokio::test]
async fn a_lead_that_stays_comes_once_whatever_comes_and_goes() {
    let (test, world) = (TestApp::new().await, world(43, 300));
    test.ingest(&world.lines).await;
    for (list, table) in LISTS {
        let before: BTreeSet<i64> = ids(&test, list, 200).await.into_iter().collect();
        let (mut seen, mut after, mut page) = (Vec::new(), String::new(), 0);
        loop {
            let answer = test.ok(&format!("{list}&limit=9{after}")).await.json();
            let rows = answer["data"].as_array().expect("rows").clone();
            seen.extend(rows.iter().map(|row| row["id"].as_i64().expect("an id")));
            let Some(next) = answer["next"].as_str() else {
                break;
            };
            after = format!("&after={next}");
            page += 1;
            // The row that the cursor names goes, and others come before and behind it.
            let last = &rows[rows.len() - 1]["id"];
            for sql in [
                format!("delete from {table} where tenant_id = 1 and id = {last}"),
                format!(
                    "insert into {table} (tenant_id, id, campaign_id, phone, phone_as_sent)
                     select 1, 1000 * {page} + n * 7 - 20000, 1, '8490', '090' from generate_series(1, 5) n
                     on conflict do nothing"
                ),
            ] {
                test.execute(TENANT, &sql).await;
            }
        }
        assert!(page > 10, "{list}: {page} pages");
        let once: BTreeSet<i64> = seen.iter().copied().collect();
        assert_eq!(once.len(), seen.len(), "{list}: a row came twice");
        let now: BTreeSet<i64> = ids(&test, list, 200).await.into_iter().collect();
        let stayed = before.intersection(&now).count();
        assert!(stayed > 50, "{list}: {stayed} stayed");
        assert!(
            before.intersection(&now).all(|id| once.contains(id)),
            "{list}"
        );
    }
}

#[tokio::test]
async fn a_page_of_leads_tells_its_window_and_is_a_304_until_a_row_changes() {
    let (test, world) = (TestApp::new().await, world(44, 50));
    test.ingest(&world.lines).await;
    for (list, table) in LISTS {
        let bounded =
            format!("{list}timezone=Europe/Berlin&date_from=2025-10-20&date_to=2025-11-03");
        let answer = test.ok(&bounded).await;
        let window = "2025-10-19T22:00:00Z/2025-11-03T23:00:00Z";
        assert_eq!(answer.header("callboard-window"), window);
        assert_eq!(
            test.ok(list).await.header("callboard-window"),
            "",
            "all time"
        );
        let tag = answer.header("etag").to_owned();
        let again = async || test.get_with(&bounded, "if-none-match", &tag).await.status;
        assert_eq!(again().await, 304);
        let sql = format!("update {table} set phone_as_sent = '0900' where tenant_id = 1");
        test.execute(TENANT, &sql).await;
        assert_eq!(again().await, 200);
    }
    let like_reports = format!("{AUTOCALL}from=2025-10-20&to=2025-11-03");
    assert_eq!(
        test.ok(&like_reports).await.header("callboard-window"),
        "2025-10-19T17:00:00Z/2025-11-03T17:00:00Z",
        "in the account's zone, as reports on a campaign read them"
    );
}

#[tokio::test]
async fn every_bad_value_of_a_list_of_leads_is_a_fault_of_its_parameter() {
    let (test, world) = (TestApp::new().await, world(45, 20));
    test.ingest(&world.lines).await;
    let of_call = test.ok("/api/autocall/attempts?limit=1").await.json()["next"].clone();
    let of_call = of_call.as_str().expect("a cursor");
    let both = [
        ("created", "never"),
        ("calls", "always"),
        ("min_attempts", "-1"),
        ("min_attempts", "x"),
        ("stage", "answered"),
        ("lost_after", "x"),
        ("hour", "24"),
        ("phone", "%00"),
        ("after", "x"),
        ("after", of_call),
        ("limit", "201"),
        ("count", "maybe"),
        ("date_from", "x"),
        ("date_to", "x"),
        ("window", "tomorrow"),
        ("timezone", "Mars"),
    ];
    let autocall = [
        ("status", "open"),
        ("progress", "backlog"),
        ("external_ref", "%00"),
        ("payload_filters", "[]"),
        ("lost_after", "Agent+disposed"),
        ("stage", "Converted"),
        ("from", "2025-01-01&date_to=2025-02-01"),
        ("to", "2025-01-01&from=2025-01-02"),
        ("max_duration", "1&min_duration=2"),
    ];
    let telesales = [
        ("lost_after", "Converted"),
        ("stage", "BACKLOG"),
        ("date_to", "2025-01-01&date_from=2025-01-02"),
    ];
    for (list, cases) in [
        (AUTOCALL, [&both[..], &autocall[..]].concat()),
        (TELESALES, [&both[..], &telesales[..]].concat()),
    ] {
        for (name, value) in cases {
            let answer = test.get(&format!("{list}{name}={value}")).await;
            assert_eq!(
                answer.status,
                422,
                "{list}{name}={value}: {}",
                answer.text()
            );
            let errors = answer.json()["errors"].clone();
            let names: Vec<&String> = errors.as_object().expect("faults").keys().collect();
            assert_eq!(names, [name], "{value}");
        }
        for (name, value) in [
            ("campaign_id", "99"),
            ("campaign_ids", "1,99"),
            ("team_id", "99"),
        ] {
            let is_known = list == TELESALES && name != "campaign_ids"
                || list == AUTOCALL && name != "team_id";
            let answer = test.get(&format!("{list}{name}={value}")).await;
            assert_eq!(
                answer.status == 404,
                is_known,
                "{list}{name}: {}",
                answer.text()
            );
        }
    }
}

#[tokio::test]
async fn leads_are_masked_for_those_who_may_not_read_calls() {
    let (test, world) = (TestApp::new().await, world(46, 60));
    test.ingest(&world.lines).await;
    test.execute(
        TENANT,
        "update telesales_leads set full_name = 'An', payload = '{\"a\": 1}' where tenant_id = 1",
    )
    .await;
    let reader = test.user(TENANT, "reader", Role::ReadOnly).await;
    let reader = Client::new(test.url.clone(), reader);
    for (list, hidden, module) in [
        (AUTOCALL, &["external_ref"][..], "autocall_api_access"),
        (TELESALES, &["full_name", "payload"], "telesales_api_access"),
    ] {
        let (clear, masked) = (test.data(list).await, reader.data(list).await);
        let (clear, masked) = (
            clear.as_array().expect("rows"),
            masked.as_array().expect("rows"),
        );
        assert!(clear.len() > 20 && clear.len() == masked.len(), "{list}");
        for (clear, masked) in clear.iter().zip(masked) {
            let phone = clear["phone_number"].as_str().expect("a phone");
            let mut expected = clear.clone();
            expected["phone_number"] = format!("+84*****{}", &phone[phone.len() - 4..]).into();
            for member in hidden {
                expected[*member] = Value::Null;
            }
            assert_eq!(*masked, expected, "{list}");
        }
        let answer = reader.get(&format!("{list}phone=0900000001")).await;
        let scope = format!("Bearer error=\"insufficient_scope\", scope=\"{module} calls_read\"");
        assert_eq!(
            (answer.status.as_u16(), answer.header("www-authenticate")),
            (403, scope.as_str())
        );
    }
    let theirs = Client::new(test.url.clone(), test.account(2).await);
    for (list, _) in LISTS {
        assert_eq!(
            theirs.ok(list).await.json(),
            json!({"data": [], "next": null, "total": 0})
        );
    }
    for (permission, open) in [
        (Permission::AutocallApiAccess, [true, false]),
        (Permission::AnalyticsApiAccess, [true, false]),
        (Permission::TelesalesApiAccess, [false, true]),
        (Permission::CallsRead, [false, false]),
    ] {
        let token = test.issue(TENANT, "admin-1", &[permission]).await;
        for ((list, _), open) in LISTS.into_iter().zip(open) {
            let status = test.request(Method::GET, list, Some(&token)).await.status;
            assert_eq!(
                status,
                if open { 200 } else { 403 },
                "{} {list}",
                permission.name()
            );
        }
    }
}

#[tokio::test]
async fn a_row_is_that_of_the_campaign_s_own_list() {
    let (test, world) = (TestApp::new().await, world(49, 60));
    test.ingest(&world.lines).await;
    let of_campaign = test.data("/api/autocall/campaigns/1/leads").await;
    assert_eq!(
        test.data(&format!("{AUTOCALL}campaign_id=1")).await,
        of_campaign
    );
    let one = test.data(&format!("{TELESALES}phone=0300000007")).await;
    let dials = world.sales_calls();
    let mut dials: Vec<_> = dials
        .iter()
        .filter(|call| call.number("lead_id") == 7 && call.is_dial())
        .collect();
    dials.sort_by_key(|call| call.place());
    assert_eq!(one[0]["id"], 7);
    assert_eq!(one[0]["total_dials"], dials.len());
    let result = dials.first().map(|call| call.line["result"].clone());
    let result = result.filter(|result| *result != "").unwrap_or_default();
    assert_eq!(one[0]["last_result"], result);
}
