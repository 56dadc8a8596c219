//! Files: for how long they are kept.

use callboard::exports::sweep;
use callboard::time::Clock;
use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::super::{june, order, path, settle, show};
use super::{at, files, follow, link, with_export};
use crate::support::{TENANT, TestApp};

#[tokio::test]
async fn an_expired_link_is_refused_and_its_file_deleted() {
    let (test, ready) = with_export("xlsx").await;
    let (id, link) = (ready["job_id"].as_str().expect("an id"), link(&ready));
    assert_eq!(
        show(&at(&test, 3599).await, id).await["expires_in_seconds"],
        1
    );
    assert_eq!(
        follow(&at(&test, 3599).await, &link).await.status,
        StatusCode::OK
    );
    let over = at(&test, 3600).await;
    let expired = json!({"job_id": id, "status": "expired", "report_type": "funnel"});
    assert_eq!(show(&over, id).await, expired, "before it is swept");
    let gone = follow(&over, &link).await;
    assert_eq!(
        (gone.status, gone.json()),
        (
            StatusCode::GONE,
            json!({"message": "This link has expired."})
        )
    );

    sweep::sweep(&test.app, true).await.expect("swept");
    assert_eq!(files(test.files.path()).len(), 1, "its time is not over");
    let mut then = test.app.clone();
    then.clock = Clock::Fixed(then.clock.now() + TimeDelta::seconds(3600));
    sweep::sweep(&then, false).await.expect("swept");
    assert_eq!(files(test.files.path()), Vec::<String>::new());
    assert_eq!(show(&test, id).await, expired, "after it is swept");
    assert_eq!(
        follow(&test, &link).await.status,
        StatusCode::GONE,
        "even where a clock is late"
    );
}

#[tokio::test]
async fn file_lifetime_is_configurable() {
    let mut test = TestApp::new().await;
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 1, "name": "C"})])
        .await;
    test.app.exports.ttl = std::time::Duration::from_secs(7200);
    let id = order(&test, &june("kpis", "csv")).await;
    settle(&test.app).await;
    assert_eq!(show(&test, &id).await["expires_in_seconds"], 7200);
}

#[tokio::test]
async fn the_sweep_deletes_orphaned_files_and_keeps_foreign_ones() {
    let (test, ready) = with_export("csv").await;
    let dir = test.files.path();
    let of_tenant = dir.join(TENANT.to_string());
    std::fs::create_dir_all(of_tenant.join("export_dead")).expect("made");
    let left = [
        of_tenant.join("export_dead/claim.xlsx"),
        of_tenant.join("export_dead/claim.xlsx#1"),
    ];
    let kept = [dir.join("notes.txt"), of_tenant.join("notes.txt")];
    for file in left.iter().chain(&kept) {
        std::fs::write(file, "x").expect("written");
    }
    let mut then = test.app.clone();
    // File times come from the system clock, which may be before or after the tests' clock.
    then.clock = Clock::Fixed(Clock::System.now());
    test.execute(TENANT, "update exports set expires_at = '2100-01-01'")
        .await;
    sweep::sweep(&then, true).await.expect("swept");
    assert!(left.iter().all(|file| file.exists()), "too young to go");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3700);
    for file in &left {
        std::fs::File::options()
            .append(true)
            .open(file)
            .expect("a file")
            .set_modified(old)
            .expect("aged");
    }
    sweep::sweep(&then, true).await.expect("swept");
    assert!(left.iter().all(|file| !file.exists()));
    assert!(kept.iter().all(|file| file.exists()));
    let link = link(&ready);
    assert_eq!(follow(&test, &link).await.status, StatusCode::OK);
}

#[tokio::test]
async fn files_of_a_deleted_campaign_are_gone_with_it() {
    let test = TestApp::new().await;
    test.ingest(&[json!({"kind": "autocall_campaign", "id": 1, "name": "C", "status": "draft"})])
        .await;
    let order_kpis = json!({"report_type": "kpis", "from": "2026-06-01", "to": "2026-06-02"});
    let ready = {
        let id = order(&test, &order_kpis).await;
        settle(&test.app).await;
        show(&test, &id).await
    };
    let stored = async || {
        let files = test.app.exports.store.list();
        let files: Vec<_> = futures_util::TryStreamExt::try_collect(files)
            .await
            .expect("files");
        files.len()
    };
    assert_eq!(stored().await, 1, "{ready}");
    let campaign = "/api/autocall/campaigns/1";
    let deleted = test
        .request(Method::DELETE, campaign, Some(&test.token))
        .await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(stored().await, 0);
    let link = path(ready["download_url"].as_str().expect("a link"));
    let gone = test.request(Method::GET, link, None).await;
    assert_eq!(gone.status, StatusCode::GONE);
}
