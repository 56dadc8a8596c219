//! Numbers of attempts whose sheet tells none: the rank by start among the attempts of their lead.

use serde_json::Value;

use super::lines::{Lines, Reader};
use crate::db::Database;
use crate::error::Result;
use crate::ingest::Target;

/// Numbers the attempts of a sheet that has been stored.
pub async fn number(db: &Database, target: Target, lines: &Lines) -> Result<()> {
    let ignored = lines.ignored.load(std::sync::atomic::Ordering::Relaxed);
    let mut reader = Reader::new(lines)?;
    loop {
        let (rows, next) = reader.next().await?;
        if rows.is_empty() {
            break;
        }
        reader = next;
        let ids = rows
            .iter()
            .filter_map(|(_, line)| line.get("uuid").and_then(Value::as_str));
        let ids: Vec<String> = ids.map(str::to_owned).collect();
        let mut scope = db.write(target.tenant).await?;
        let number = scope
            .query(include_str!("sql/number_attempts.sql"))
            .bind(ids);
        number.execute(scope.connection()).await?;
        scope.commit().await?;
    }
    lines
        .ignored
        .store(ignored, std::sync::atomic::Ordering::Relaxed);
    Ok(())
}
