//! Sessions in cookies, and attacks on them.

mod carried;
mod ends;
mod origins;
mod signing_in;

use reqwest::StatusCode;
use serde_json::json;

use crate::support::Answer;

const SESSION: &str = "/api/auth/session";
const SESSIONS: &str = "/api/auth/sessions";
const ME: &str = "/api/auth/me";
const DAY: i64 = 24 * 3_600_000;

fn refused(answer: &Answer) -> bool {
    answer.status == StatusCode::FORBIDDEN
        && answer.json() == json!({"message": "This action is unauthorized."})
        && answer.header("www-authenticate").is_empty()
}
