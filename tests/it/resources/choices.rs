//! Lists to choose from, and the search over names.

use callboard::auth::Permission;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TENANT, TestApp};

fn rows() -> Vec<Value> {
    let disposition = |code: &str, label: &str| json!({"kind": "disposition", "code": code, "label": label, "category": "contact", "color": "#10B981"});
    let caller_id = |cid: &str, name: Value| json!({"kind": "caller_id", "cid": cid, "display_name": name, "carrier": "viettel", "cli_type": "mobile"});
    vec![
        json!({"kind": "team", "id": 2, "name": "Đà Nẵng"}),
        json!({"kind": "team", "id": 1, "name": "Hà Nội"}),
        json!({"kind": "agent", "id": 7, "name": "Nguyễn Văn An", "username": "an.nv", "team_id": 2}),
        json!({"kind": "agent", "id": 8, "name": "NGUYỄN Thị Bình", "username": "binh", "team_id": 1}),
        json!({"kind": "agent", "id": 9, "name": "Ann_50%", "username": "ann"}),
        disposition("CB", "Gọi lại"),
        disposition("OK", "Đồng ý"),
        caller_id("0900000008", json!("Tổng đài")),
        caller_id("0900000001", Value::Null),
        json!({"kind": "autocall_campaign", "id": 1, "name": "Nguyễn Huệ"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "Đường Nguyễn"}),
    ]
}

/// Values of a member of all rows of a list.
async fn listed(test: &TestApp, path: &str, member: &str) -> Vec<Value> {
    let page = test.ok(path).await.json();
    let rows = page["data"].as_array().expect("rows");
    assert_eq!(page["total"], rows.len(), "{path}");
    rows.iter().map(|row| row[member].clone()).collect()
}

#[tokio::test]
async fn choices_are_listed_by_name_and_found_without_marks() {
    let test = TestApp::new().await;
    test.ingest(&rows()).await;
    for (path, member, expected) in [
        ("/api/teams", "id", json!([1, 2])),
        ("/api/teams?q=da%20nang", "id", json!([2])),
        ("/api/teams?q=%C4%90%C3%80", "id", json!([2])),
        ("/api/agents", "id", json!([9, 8, 7])),
        ("/api/agents?q=nguyen", "id", json!([8, 7])),
        ("/api/agents?q=Nguy%E1%BB%85n", "id", json!([8, 7])),
        ("/api/agents?q=Nguye%CC%82%CC%83n", "id", json!([8, 7])),
        ("/api/agents?q=an.", "id", json!([7])),
        ("/api/agents?q=_5", "id", json!([9])),
        ("/api/agents?q=%25", "id", json!([9])),
        ("/api/agents?team_id=1", "id", json!([8])),
        ("/api/agents?ids=9,7,404", "id", json!([9, 7])),
        (
            "/api/agents?ids[]=9&ids[]=7&q=an&team_id=2",
            "id",
            json!([7]),
        ),
        ("/api/dispositions", "code", json!(["CB", "OK"])),
        ("/api/dispositions?q=dong", "code", json!(["OK"])),
        ("/api/dispositions?q=cb", "code", json!(["CB"])),
        (
            "/api/caller-ids",
            "cid",
            json!(["0900000001", "0900000008"]),
        ),
        ("/api/caller-ids?q=tong%20dai", "cid", json!(["0900000008"])),
        ("/api/caller-ids?q=0001", "cid", json!(["0900000001"])),
        (
            "/api/search?q=nguyen",
            "kind",
            json!(["agent", "autocall_campaign", "agent", "telesales_campaign"]),
        ),
        (
            "/api/search?q=0900",
            "name",
            json!(["0900000001", "Tổng đài"]),
        ),
        ("/api/search?q=D%C3%A0", "id", json!(["0900000008", "2"])),
        ("/api/search?q=nobody", "id", json!([])),
    ] {
        assert_eq!(json!(listed(&test, path, member).await), expected, "{path}");
    }
    let agent = json!({"id": 7, "name": "Nguyễn Văn An", "username": "an.nv", "team_id": 2});
    assert_eq!(test.data("/api/agents?ids=7").await[0], agent);
    let second = test
        .ok("/api/search?q=nguyen&per_page=3&page=2")
        .await
        .json();
    assert_eq!(second["total"], 4);
    assert_eq!(
        second["data"],
        json!([{"kind": "telesales_campaign", "id": "1", "name": "Đường Nguyễn"}])
    );
    for (path, status, field) in [
        ("/api/agents?team_id=404", StatusCode::NOT_FOUND, "team_id"),
        (
            "/api/agents?team_id=x",
            StatusCode::UNPROCESSABLE_ENTITY,
            "team_id",
        ),
        ("/api/agents?ids=x", StatusCode::UNPROCESSABLE_ENTITY, "ids"),
        ("/api/agents?q=%00", StatusCode::UNPROCESSABLE_ENTITY, "q"),
        ("/api/search", StatusCode::UNPROCESSABLE_ENTITY, "q"),
        ("/api/search?q=", StatusCode::UNPROCESSABLE_ENTITY, "q"),
        ("/api/search?q=%00", StatusCode::UNPROCESSABLE_ENTITY, "q"),
    ] {
        let answer = test.get(path).await;
        let body = answer.json();
        let named: Vec<&String> = body["errors"].as_object().expect("errors").keys().collect();
        assert_eq!(
            (answer.status, named),
            (status, vec![&field.to_owned()]),
            "{path}"
        );
    }
}

#[tokio::test]
async fn choices_are_the_tenants_own_and_those_it_may_read() {
    let test = TestApp::new().await;
    let neighbour = test.account(2).await;
    test.ingest_as(&neighbour, &rows()).await;
    for path in [
        "/api/teams",
        "/api/agents",
        "/api/dispositions",
        "/api/caller-ids",
        "/api/search?q=n",
    ] {
        assert_eq!(test.ok(path).await.json()["total"], 0, "{path}");
    }
    test.ingest(&rows()).await;
    for (permission, kinds) in [
        (Permission::AutocallApiAccess, json!(["autocall_campaign"])),
        (
            Permission::TelesalesApiAccess,
            json!(["agent", "agent", "telesales_campaign"]),
        ),
        (Permission::AnalyticsApiAccess, json!([])),
    ] {
        let token = test.issue(TENANT, "admin-1", &[permission]).await;
        let found = test
            .request(Method::GET, "/api/search?q=nguyen", Some(&token))
            .await
            .json();
        let found: Vec<&Value> = found["data"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| &row["kind"])
            .collect();
        assert_eq!(json!(found), kinds);
    }
}

#[tokio::test]
async fn a_search_has_a_bound_for_each_kind() {
    let test = TestApp::new().await;
    let agents = (0..60).map(|id| json!({"kind": "agent", "id": id, "name": format!("Lan {id:02}"), "username": format!("u{id}")}));
    let teams = (0..3).map(|id| json!({"kind": "team", "id": id, "name": format!("Lan {id}")}));
    test.ingest(&teams.chain(agents).collect::<Vec<_>>()).await;
    let found = test.ok("/api/search?q=lan&per_page=200").await.json();
    assert_eq!(found["total"], 53);
    assert_eq!(
        test.ok("/api/agents?q=lan").await.json()["total"],
        60,
        "a list is complete"
    );
}
