//! Commands of operators: `check`, `healthy`, and secrets that come as files.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::TestApp;
use crate::support::program::{Program, words};

/// Lines of `check` by what they are about, each with its first word.
fn lines(told: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for line in told.lines() {
        let (word, rest) = line.split_once(' ').expect(line);
        let (about, _) = rest.trim_start().split_once(':').expect(line);
        found.push((about, word));
    }
    found
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

#[tokio::test]
async fn check_tells_what_a_server_would_find_a_line_each() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let told = program.ok(&["check"], "").await;
    let expected = [
        "settings",
        "database",
        "rights",
        "clock",
        "data directory",
        "store",
        "free space",
        "time zones",
        "mail",
    ];
    let about: Vec<&str> = lines(&told).into_iter().map(|(about, _)| about).collect();
    assert_eq!(about, expected, "{told}");
    let exports = std::fs::metadata(program.data().join("exports")).expect("a store");
    assert_eq!(
        exports.permissions().mode() & 0o777,
        0o700,
        "as a server makes it"
    );

    // One fault hides no other.
    let file = written(program.place(), "a-file", "");
    let wrong = Program::beside(&test)
        .with("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
        .with("CALLBOARD_EXPORT_STORE", &format!("{file}/store"))
        .with("CALLBOARD_SMTP_URL", "smtp://mail.example.com");
    let output = wrong.run(&["check"]).await;
    let told = words(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let failed = lines(&told).into_iter().filter(|(_, word)| *word == "FAIL");
    let failed: Vec<&str> = failed.map(|(about, _)| about).collect();
    assert_eq!(failed, ["database", "store", "mail"], "{told}");
}

#[tokio::test]
async fn healthy_asks_the_server_of_its_settings() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let server = program.serve().await;
    let listens = server.url.trim_start_matches("http://").to_owned();
    let asking = Program::new().with("CALLBOARD_LISTEN", &listens);
    asking.ok(&["healthy"], "").await;
    assert!(!asking.data().exists(), "it starts no database");
    server.stop().await;
    let told = asking.refused(&["healthy"], "").await;
    assert!(told.contains(&listens), "{told}");
}

#[tokio::test]
async fn secrets_may_come_as_files_and_not_in_both_ways() {
    let program = Program::new();
    let secret = "a-secret-of-at-least-thirty-two-bytes";
    let file = written(program.place(), "secret", &format!("{secret}\n"));
    let with_file = program.with("CALLBOARD_SECRET_FILE", &file);
    let server = with_file.serve().await;
    let client = with_file.client(&server).await;
    assert_eq!(client.get("/api/auth/me").await.status, 200);
    assert!(!with_file.data().join("secret").exists(), "it made one");
    server.stop().await;

    let both = Program::new()
        .with("CALLBOARD_SECRET", secret)
        .with("CALLBOARD_SECRET_FILE", &file);
    let told = both.refused(&["serve"], "").await;
    assert!(
        told.contains("CALLBOARD_SECRET and CALLBOARD_SECRET_FILE"),
        "{told}"
    );
    for (setting, path) in [
        ("DATABASE_URL_FILE", "/nowhere/url".to_owned()),
        (
            "CALLBOARD_SMTP_URL_FILE",
            written(both.place(), "empty", "\n"),
        ),
    ] {
        let told = Program::new()
            .with(setting, &path)
            .refused(&["serve"], "")
            .await;
        assert!(told.contains(setting) && told.contains(&path), "{told}");
    }
}
