//! The URL and the secrets that a try needs.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::attempt::Target;
use super::secret::{Owner, Secret};
use super::signature::Secrets;
use crate::app::App;
use crate::db::Scope;
use crate::error::{Error, Result};

/// A webhook as the worker reads it.
#[derive(Debug, FromRow)]
pub struct Row {
    pub id: i64,
    url: String,
    pub status: String,
    secret: Vec<u8>,
    old_secret: Option<Vec<u8>>,
    old_secret_until: Option<DateTime<Utc>>,
}

impl Row {
    /// Decrypts the secrets that sign at `now`.
    pub fn target(self, app: &App, tenant: i64, now: DateTime<Utc>) -> Target {
        let owner = Owner {
            tenant,
            webhook: self.id,
        };
        let open = |sealed: &[u8]| Secret::open(sealed, &app.keys, owner).map(|(secret, _)| secret);
        let is_rotating = self.old_secret_until.is_some_and(|until| now < until);
        let old = self.old_secret.filter(|_| is_rotating);
        Target {
            tenant,
            url: self.url,
            secrets: open(&self.secret).map(|current| Secrets {
                current,
                old: old.and_then(|sealed| open(&sealed)),
            }),
        }
    }
}

/// One webhook. `NotFound` if the tenant has none with that id.
pub async fn find(scope: &mut Scope, id: i64) -> Result<Row> {
    let find = scope.select::<Row>(include_str!("sql/target.sql")).bind(id);
    let found = find.fetch_optional(scope.connection()).await?;
    found.ok_or(Error::NotFound)
}
