//! The demo's users. All have the same password.

use super::{PASSWORD, USERNAME};
use crate::app::App;
use crate::auth::Role;
use crate::auth::user::{self, NewUser};
use crate::error::Result;

/// A colleague who orders files.
pub const ANALYST: &str = "demo-lan";
/// A colleague who only looks.
pub const READER: &str = "demo-minh";

const USERS: [(&str, Role, Option<&str>); 3] = [
    (USERNAME, Role::Admin, None),
    (ANALYST, Role::Supervisor, Some("lan@example.com")),
    (READER, Role::ReadOnly, Some("minh@example.com")),
];

/// Adds those that are not there.
pub async fn put(app: &App, tenant: i64) -> Result<()> {
    for (username, role, email) in USERS {
        if user::exists(&app.db, tenant, username).await? {
            continue;
        }
        let new = NewUser {
            tenant,
            username,
            password: PASSWORD,
            role,
            email,
            team: None,
        };
        user::create(&app.db, new).await?;
    }
    Ok(())
}
