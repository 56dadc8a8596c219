//! Links that are not as they were signed.

use reqwest::StatusCode;
use serde_json::json;

use super::super::{download, june, order, settle, show};
use super::{follow, link, with_export};

#[tokio::test]
async fn file_names_keep_any_script_and_contain_no_path() {
    let (test, ready) = with_export("csv").await;
    let answer = download(&test, &ready).await;
    let disposition = answer.header("content-disposition");
    let name = "Gia%20h%E1%BA%A1n%20_qu%C3%BD_%203_4%20%E2%80%94%20%E9%A1%A7%E5%AE%A2%20%F0%9F%98%80_funnel_2026-06-01_2026-06-07.csv";
    assert!(
        disposition.starts_with("attachment; filename=\"Gia h_n _qu__ 3_4"),
        "{disposition}"
    );
    assert!(
        disposition.ends_with(&format!("filename*=UTF-8''{name}")),
        "{disposition}"
    );
    assert!(
        answer
            .text()
            .starts_with("\u{feff}stage,count,drop_rate_pct\r\n")
    );
    for (header, value) in [
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-store"),
    ] {
        assert_eq!(answer.header(header), value);
    }
}

#[tokio::test]
async fn no_character_of_a_link_can_be_changed() {
    let (test, ready) = with_export("csv").await;
    let link = link(&ready);
    assert_eq!(follow(&test, &link).await.status, StatusCode::OK);
    let mut refused = 0;
    for (at, letter) in link.char_indices().skip("/api/public/exports/".len()) {
        for other in ['0', '1', 'f', 'F', 'g', '-', '%', '=', '&', ' '] {
            let same = other.eq_ignore_ascii_case(&letter) && link[..at].ends_with(['%'])
                || other == letter;
            let percent = link[..at].ends_with('%')
                || link[..at.saturating_sub(1)].ends_with('%')
                || letter == '%'
                || other == '%';
            if same || percent {
                continue;
            }
            let tampered = format!("{}{other}{}", &link[..at], &link[at + letter.len_utf8()..]);
            let status = follow(&test, &tampered.replace(' ', "%20")).await.status;
            assert!(matches!(status.as_u16(), 403 | 404), "{status} {tampered}");
            refused += 1;
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[tokio::test]
async fn tampered_extended_and_swapped_links_are_refused() {
    let (test, ready) = with_export("csv").await;
    let link = link(&ready);
    let (base, query) = link.split_once('?').expect("a query");
    let (expires, signature) = query.split_once('&').expect("two parameters");
    let other = order(&test, &june("kpis", "csv")).await;
    settle(&test.app).await;
    let other = show(&test, &other).await;
    let other = self::link(&other);
    let other_query = other.split_once('?').expect("a query").1;
    let job = ready["job_id"].as_str().expect("an id");
    let stretched = expires.replace("1782810000", "1782813600");
    let zero = expires.replace("expires=", "expires=0");
    let plus = expires.replace("expires=", "expires=%2B");
    for tampered in [
        base.to_owned(),
        format!("{base}?"),
        format!("{base}?{expires}"),
        format!("{base}?{signature}"),
        format!("{base}?{expires}&signature="),
        format!("{base}?{stretched}&{signature}"),
        format!("{base}?{zero}&{signature}"),
        format!("{base}?{plus}&{signature}"),
        format!(
            "{base}?{expires}&{}",
            signature.to_uppercase().replace("SIGNATURE", "signature")
        ),
        format!("{base}?{expires}&{signature}00"),
        format!("{base}?{expires}&{}", &signature[..signature.len() - 2]),
        format!("{base}?{expires}&{}", &signature[..signature.len() - 1]),
        format!(
            "{base}?{link}&{signature}&{expires}&expires=9999999999",
            link = expires
        ),
        format!("{base}?{other_query}"),
        format!("{}?{query}", other.split_once('?').expect("a query").0),
        link.replace(".csv", ".xlsx"),
        link.replace(job, "export_0"),
        link.replace(job, &format!("{job}%0a")),
        format!("{}/x?{query}", base.rsplit_once('/').expect("a path").0),
        link.replace("signature=", "signature=%00"),
    ] {
        let answer = follow(&test, &tampered).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{tampered}");
        assert_eq!(
            answer.json(),
            json!({"message": "This action is unauthorized."})
        );
    }
    let spelled = format!("{base}?{signature}&utm=1&{expires}");
    assert_eq!(
        follow(&test, &spelled).await.status,
        StatusCode::OK,
        "order and what nobody reads do not matter"
    );
    let forged = test
        .changed(|app| app.keys = callboard::auth::token::Keys::new(&[8; 32]).expect("long enough"))
        .await;
    assert_eq!(
        follow(&forged, &link).await.status,
        StatusCode::FORBIDDEN,
        "another secret"
    );
    let rotated = [[8_u8; 32].as_slice(), b",", &[7; 32]].concat();
    let rotated = test
        .changed(|app| app.keys = callboard::auth::token::Keys::new(&rotated).expect("two"))
        .await;
    assert_eq!(
        follow(&rotated, &link).await.status,
        StatusCode::OK,
        "links outlive a change of the secret"
    );
}
