//! A report read in-process: from the start of the scope to the JSON, like the server.

use std::time::Instant;

use callboard::auth::Tenant;
use callboard::db::Database;
use callboard::reports::report::Context;

use super::rolled::Source;
use super::windows::{Question, Window};

/// The server's statement timeout.
const PATIENCE: f64 = 29.0;

pub async fn tenant(db: &Database, id: i64) -> Tenant {
    let mut scope = db.read(id).await.expect("a scope");
    let tenant = Tenant::load(&mut scope).await.expect("an account");
    let _ = scope.commit().await;
    tenant
}

/// A response and its duration.
pub struct Answer {
    pub ms: f64,
    /// `None` if the statement timed out.
    pub json: Option<String>,
}

pub async fn ask(
    db: &Database,
    tenant: &Tenant,
    question: &Question,
    window: &Window,
    source: Source,
) -> Answer {
    let query = question.query(window);
    let started = Instant::now();
    let mut scope = db.read(tenant.id).await.expect("a scope");
    let occasion = Context {
        tenant,
        now: window.now,
    };
    let request = question.request(&query);
    let answered = request.answer(&mut scope, occasion, source).await;
    let written = answered.and_then(|answer| answer.outcome.json());
    let took = started.elapsed().as_secs_f64();
    let json = match written {
        Ok(json) => Some(json),
        Err(error) if took > PATIENCE => {
            println!("  {} gave up: {error}", question.name());
            None
        }
        Err(error) => panic!("{} {query}: {error}", question.name()),
    };
    // Returned before the next request, so that all use one connection.
    let _ = scope.commit().await;
    Answer {
        ms: 1000.0 * took,
        json,
    }
}
