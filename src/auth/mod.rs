//! Authentication and permissions.
//!
//! Owns tenants, users, sessions, tokens, the list of permissions, the rate limits, and the audit
//! log. Must not know HTTP: `http` reads tokens from requests and decides what a refusal looks
//! like.

pub mod audit;
mod hs256;
pub mod limit;
pub mod log;
pub mod login;
pub mod opaque;
pub mod password;
pub mod permission;
mod permits;
pub mod prune;
pub mod secret;
pub mod session;
pub mod settings;
pub mod sign_in_link;
pub mod tenant;
pub mod token;
pub mod user;
pub mod user_settings;
pub mod username;

pub use permission::{Permission, Role};
pub use session::Caller;
pub use tenant::Tenant;
