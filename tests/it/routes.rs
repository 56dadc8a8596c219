//! Routes: each with the permissions of its token and the rate-limit groups that count its requests.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// A line for each operation: method, path, permissions, rate-limit groups; `-` where there is none.
fn listed(document: &Value) -> String {
    let mut list = String::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let token = operation["security"].pointer("/0/token");
            let permissions = token.and_then(Value::as_array).map(|names| {
                let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
                if names.is_empty() {
                    "any-token".to_owned()
                } else {
                    names.join("+")
                }
            });
            let instead = operation["security"].pointer("/1/token/0");
            let instead = instead.and_then(Value::as_str);
            let instead = instead.map_or_else(String::new, |name| format!("|{name}"));
            let permissions = permissions.unwrap_or_else(|| "-".to_owned()) + &instead;
            let groups = operation["x-rate-groups"].as_array().map(|names| {
                let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
                names.join(",")
            });
            let groups = groups.unwrap_or_else(|| "-".to_owned());
            let method = method.to_uppercase();
            writeln!(list, "{method} {path} {permissions} {groups}").expect("a line");
        }
    }
    list
}

#[test]
fn the_committed_list_of_routes_is_current() {
    let current = listed(&callboard::http::openapi::generate());
    let written = Path::new(env!("CARGO_TARGET_TMPDIR")).join("routes.txt");
    fs::write(&written, &current).expect("a file");
    assert!(
        include_str!("routes.txt") == current,
        "routes, permissions or rate-limit groups changed; if that is meant: cp {} tests/it/routes.txt",
        written.display()
    );
}
