//! Peak memory of a server under concurrent requests for everything over worst-case rows.

use callboard::analytics;
use callboard::reports::{ALL, report::Place};
use callboard::rollups::compact;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::program::{Program, eventually};
use crate::support::{Client, TENANT, TestApp};

/// Limit on the process's peak memory, in bytes. Measured peaks of this test are 564 to 609 MiB in a build without
/// optimisations; a quarter more is left for the timing of the six requests and for what the allocator keeps. An answer
/// has at most 10,001 rows of one or two texts of 255 characters, four bytes each: 20 MB, held about four times while it
/// is read, written, packed and sent. An answer whose statement has no such bound takes more than the margin alone.
const MEMORY_LIMIT: u64 = 768 << 20;
/// Concurrent requests for each path.
const CONCURRENCY: usize = 6;

/// Texts of a megabyte, more keys than a list holds, paths of thousands of steps.
const WORST_CASE: &[&str] = &[
    "update tenants set name = repeat('𝄞', 1000000) where id = 1",
    "insert into autocall_scripts (tenant_id, id, name, dtmf_actions)
     select 1, 1, repeat('𝄞', 100000), jsonb_agg(jsonb_build_object('digit', (n % 10)::text, 'label', repeat('𝄞', 100000)))
     from generate_series(0, 99) n",
    "insert into autocall_campaigns (tenant_id, id, name, script_id)
     select 1, n, repeat('𝄞', 250000) || n, 1 from generate_series(1, 200) n",
    "insert into telesales_campaigns (tenant_id, id, name) select 1, n, repeat('𝄞', 250000) || n from generate_series(1, 200) n",
    "insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, external_ref, payload, created_at)
     select 1, n, 1, '84', repeat('𝄞', 20000), repeat('𝄞', 20000), jsonb_build_object('city', 'Hanoi', 'more', repeat('x', 1000000)),
            '2026-06-02Z'
     from generate_series(1, 60) n",
    "insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, payload, created_at)
     select 1, n, 1, '84', '84', '{\"city\": \"Hanoi\"}', '2026-06-02Z' from generate_series(61, 60000) n",
    "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, hangup_cause,
         provider, outcome, agent_disposition, caller_id, dtmf, billsec)
     select 1, n::text, 1, n, n, '2026-06-05Z'::timestamptz + n * interval '1 minute', 'answered', n || repeat('𝄞', 5000),
            n || repeat('𝄞', 5000), n || repeat('𝄞', 5000), repeat('𝄞', 5000), repeat('𝄞', 5000), repeat('1', 5000), n
     from generate_series(1, 12000) n",
    "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, script_path)
     select 1, 'p' || n, 1, n, 1, '2026-06-06Z', 'answered', array_fill(n || repeat('𝄞', 300), '{2000}')
     from generate_series(1, 100) n",
    "insert into dispositions (tenant_id, code, label, category, color)
     select 1, n || repeat('𝄞', 255), n || repeat('𝄞', 5000), 'contact', '#00FF00' from generate_series(1, 12000) n",
    "insert into agents (tenant_id, id, name, username)
     select 1, n, n || repeat('𝄞', 5000), n || repeat('𝄞', 5000) from generate_series(1, 12000) n",
    "insert into caller_ids (tenant_id, cid, display_name, carrier, cli_type)
     select 1, n || repeat('𝄞', 255), repeat('𝄞', 5000), 'viettel', 'mobile' from generate_series(1, 12000) n",
    "insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, source, full_name, created_at)
     select 1, n, 1, '84', '84', n || repeat('𝄞', 5000), repeat('𝄞', 5000), '2026-06-05Z' from generate_series(1, 12000) n",
    "insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, cid, started_at, result, talk_sec, disposition)
     select 1, n::text, 1, n, n, n || repeat('𝄞', 255), '2026-06-05Z'::timestamptz + n * interval '1 minute', 'abandoned', 40,
            n || repeat('𝄞', 255)
     from generate_series(1, 12000) n",
    "insert into abandon_breaches (tenant_id, campaign_id, attempts_total, attempts_abandoned, window_minutes, window_from,
         window_to, campaign_name, limit_pct, detected_at)
     select 1, 1, 1, 1, 1, '2026-06-01Z', '2026-06-02Z', repeat('𝄞', 100000), 3, '2026-06-02Z' from generate_series(1, 200) n",
];

fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("Linux");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("a peak");
    line.trim()
        .trim_end_matches("kB")
        .trim()
        .parse::<u64>()
        .expect("a number")
        << 10
}

/// Every request of a tenant: method, target and body. Concurrent ones differ slightly, so that
/// they do not share one query.
fn everything(which: usize) -> Vec<(Method, String, Value)> {
    let end = format!("2026-06-20T00:00:{which:02}Z");
    let mut all = Vec::new();
    for report in ALL {
        let path = report.path().replace("{id}", "1");
        let query = match report.route().place {
            Place::OfCampaign => {
                format!("from=2026-06-01&to={end}&granularity=hour&fill_gaps=true")
            }
            Place::AcrossCampaigns => {
                let ids: Vec<String> = (1..=50).map(|id| id.to_string()).collect();
                format!("campaign_ids={}&to={end}", ids.join(","))
            }
            Place::OfAccount => format!(
                "date_from=2026-06-01&date_to={end}&group_by=hour&campaign_id=1&window_minutes={}",
                100_000 + which
            ),
        };
        all.push((Method::GET, format!("{path}?{query}"), Value::Null));
        if report.route().files {
            for format in ["csv", "xlsx"] {
                all.push((
                    Method::GET,
                    format!("{}?{query}&format={format}", report.export_path()),
                    Value::Null,
                ));
            }
        }
    }
    for question in analytics::ALL {
        for filters in [
            json!({}),
            json!({"payload_filters": {"city": "Hanoi"}}),
            json!({"min_duration": 0}),
        ] {
            for page_size in [1, 1000] {
                let mut body = json!({"query_type": question.about.name, "filters": filters, "page_size": page_size, "granularity": "hour"});
                body["filters"]["date_to"] = end.clone().into();
                all.push((Method::POST, "/analytics".into(), body));
            }
        }
    }
    for list in ["/api/autocall/campaigns", "/api/telesales/campaigns"] {
        all.push((
            Method::GET,
            format!("{list}?per_page=200&page=1&q="),
            Value::Null,
        ));
    }
    all.push((Method::GET, "/api/auth/me".into(), Value::Null));
    all.push((Method::GET, "/openapi.json".into(), Value::Null));
    let export = "/api/autocall/campaigns/1/reports/export".to_owned();
    for (report, format) in [
        ("hangup", "csv"),
        ("dtmf", "xlsx"),
        ("full", "csv"),
        ("full", "xlsx"),
    ] {
        let order =
            json!({"report_type": report, "format": format, "from": "2026-06-01", "to": end});
        all.push((Method::POST, export.clone(), order));
    }
    all
}

async fn ask(client: &Client, (method, target, body): (Method, String, Value)) {
    let url = format!("{}{target}", client.url);
    let request = crate::support::http()
        .request(method, url)
        .bearer_auth(&client.token);
    let request = if body.is_null() {
        request
    } else {
        request.json(&body)
    };
    let answer = request
        .send()
        .await
        .unwrap_or_else(|error| panic!("{target}: {error}"));
    let status = answer.status();
    assert!(
        status.is_success(),
        "{target} {body}: {status} {}",
        answer.text().await.unwrap_or_default()
    );
    drop(
        answer
            .bytes()
            .await
            .unwrap_or_else(|error| panic!("{target}: {error}")),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_bounded_under_worst_case_requests() {
    let test = TestApp::new().await;
    for sql in WORST_CASE {
        test.execute(TENANT, sql).await;
    }
    compact::compact_until_idle(&test.app.db)
        .await
        .expect("compacted");
    let program = Program::beside(&test)
        .with("CALLBOARD_RATE_LIMIT", "off")
        .with("CALLBOARD_EXPORT_WORKERS", "6");
    let server = program.serve().await;
    let client = Client::new(server.url.clone(), test.token.clone());
    let mut asked: Vec<_> = (0..CONCURRENCY)
        .map(|which| everything(which).into_iter())
        .collect();
    let count = asked[0].len();
    for _ in 0..count {
        let at_once: Vec<_> = asked.iter_mut().filter_map(Iterator::next).collect();
        let first = at_once[0].clone();
        let before = peak(server.pid());
        join_all(at_once.into_iter().map(|request| ask(&client, request))).await;
        let after = peak(server.pid());
        if after > before + (8 << 20) {
            eprintln!(
                "{} MiB after {} {} {}",
                after >> 20,
                first.0,
                first.1,
                first.2
            );
        }
        assert!(
            after < MEMORY_LIMIT,
            "{} MiB at {} {} {}",
            after >> 20,
            first.0,
            first.1,
            first.2
        );
    }
    eventually("all exports are made", async || {
        let exports = client
            .ok("/api/autocall/campaigns/1/reports/export?per_page=200")
            .await
            .json();
        let exports = exports["data"].as_array().expect("exports");
        assert!(
            exports.iter().all(|export| export["status"] != "failed"),
            "{exports:?}"
        );
        exports.iter().all(|export| export["status"] == "ready")
    })
    .await;
    let peak = peak(server.pid());
    eprintln!(
        "peak of {count} questions, {CONCURRENCY} at once: {} MiB",
        peak >> 20
    );
    assert!(peak < MEMORY_LIMIT, "{} MiB with the exports", peak >> 20);
    server.stop().await;
}
