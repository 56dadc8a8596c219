//! `docs/quickstart.md`: its commands run as printed, and give the answers it shows.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::database;
use crate::support::program::Program;

const PAGE: &str = include_str!("../../docs/quickstart.md");

/// Printed before the output of each block.
const MARK: &str = "--- next block ---";

/// Fenced blocks in order: language and text.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let mut blocks = Vec::new();
    let mut rest = PAGE;
    while let Some((_, opened)) = rest.split_once("\n```") {
        let (language, text) = opened.split_once('\n').expect("a block");
        let (text, after) = text.split_once("\n```\n").expect("the end of a block");
        blocks.push((language, text));
        rest = after;
    }
    blocks
}

/// True if `shown` is a part of `whole`: members may be left out, nothing else.
fn is_part(shown: &Value, whole: &Value) -> bool {
    match (shown, whole) {
        (Value::Object(shown), Value::Object(whole)) => shown
            .iter()
            .all(|(name, value)| whole.get(name).is_some_and(|whole| is_part(value, whole))),
        _ => shown == whole,
    }
}

#[tokio::test]
async fn the_commands_of_the_quick_start_give_the_answers_it_shows() {
    let program = Program::on(&database::create().await);
    let server = program.serve().await;
    let blocks = blocks();
    let commands = blocks.iter().filter(|(language, _)| *language == "sh");
    let commands: String = commands
        .map(|(_, text)| format!("echo; echo '{MARK}'\n{text}\n"))
        .collect();
    let callboard = Path::new(env!("CARGO_BIN_EXE_callboard"));
    let folder = callboard.parent().expect("a folder").display();
    let commands = format!("PATH='{folder}':$PATH\n{commands}");
    let mut shell = tokio::process::Command::new("bash");
    for (name, value) in program.command(&[]).as_std().get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
        .args(["-euo", "pipefail", "-c", &commands])
        .env("CALLBOARD_URL", &server.url)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = shell.output().await.expect("an output");
    let said = String::from_utf8(output.stdout).expect("text");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complaints}");

    let mut said = said.split(MARK).skip(1);
    let (mut last, mut compared) = ("", 0);
    for (language, text) in blocks {
        if language == "sh" {
            last = said.next().expect("an output");
            continue;
        }
        let shown: Value = serde_json::from_str(text).expect("JSON");
        let answer: Value =
            serde_json::from_str(last.trim()).unwrap_or_else(|error| panic!("{error}: {last}"));
        assert!(is_part(&shown, &answer), "{text}\nis not a part of\n{last}");
        compared += 1;
    }
    assert!(compared >= 8, "{compared} answers were compared");
}
