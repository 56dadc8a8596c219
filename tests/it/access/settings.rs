//! Settings of a user for the page.

use callboard::auth::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, TENANT, TestApp};

const SETTINGS: &str = "/api/me/settings";

async fn put(test: &TestApp, token: &str, body: &Value) -> Answer {
    let request = reqwest::Client::new().put(format!("{}{SETTINGS}", test.url));
    test.send(request.bearer_auth(token).json(body)).await
}

#[tokio::test]
async fn settings_are_kept_with_the_user() {
    let test = TestApp::new().await;
    let nothing = json!({"language": null, "theme": null, "zone": null, "pins": [],
        "wall": {"views": [], "seconds": 20, "names": false}});
    assert_eq!(test.data(SETTINGS).await, nothing);
    let ann = test.user(TENANT, "ann", Role::Agent).await;
    let wanted = json!({"language": "vi", "theme": "dark", "zone": "asia/tokyo", "pins": ["telesales/43", "autocall/12"],
        "wall": {"views": ["#/autocall/12?w=today"], "seconds": 30, "names": true}});
    let answer = put(&test, &ann, &wanted).await;
    assert_eq!(
        (answer.status, answer.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    let mut kept = wanted.clone();
    kept["zone"] = json!("Asia/Tokyo");
    assert_eq!(answer.json()["data"], kept);
    let again = test.issue(TENANT, "ann", &[]).await;
    for token in [&ann, &again] {
        let shown = test.request(Method::GET, SETTINGS, Some(token)).await;
        assert_eq!(shown.json()["data"], kept, "in every browser");
        let me = test.request(Method::GET, "/api/auth/me", Some(token)).await;
        assert_eq!(me.json()["data"]["settings"], kept, "with the session");
        assert_eq!(me.json()["data"]["language"], "vi");
    }
    assert_eq!(
        test.data(SETTINGS).await,
        nothing,
        "another user's are others"
    );
    let refused = put(
        &test,
        &ann,
        &json!({"theme": "dark", "pins": ["x"], "colour": "red"}),
    )
    .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let errors = json!({"colour": ["is no member of this resource."],
        "pins.0": ["The pins.0 field must be autocall/ID or telesales/ID."]});
    assert_eq!(refused.json()["errors"], errors);
    let shown = test.request(Method::GET, SETTINGS, Some(&ann)).await;
    assert_eq!(shown.json()["data"], kept, "nothing of it is kept");
    let cleared = put(&test, &ann, &json!({})).await;
    assert_eq!(
        cleared.json()["data"],
        nothing,
        "they are stated as a whole"
    );
}

#[tokio::test]
async fn settings_of_another_version_are_the_defaults() {
    let test = TestApp::new().await;
    for stored in ["[]", "{\"wall\": 5}", "\"x\"", "null"] {
        test.execute(
            TENANT,
            &format!("update users set page_settings = '{stored}'"),
        )
        .await;
        assert_eq!(test.data(SETTINGS).await["wall"]["seconds"], 20, "{stored}");
    }
    test.execute(
        TENANT,
        "update users set page_settings = '{\"theme\": \"dark\", \"new\": 1}'",
    )
    .await;
    assert_eq!(test.data(SETTINGS).await["theme"], "dark");
}
