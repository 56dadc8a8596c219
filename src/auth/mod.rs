//! Who is calling, and what they may do.
//!
//! Owns accounts, users, sessions, tokens, the list of permissions, how often a token may ask, and the log of who
//! came in. Must not know HTTP: where a token comes from, and what a refusal looks like, is decided in `http`.

pub mod audit;
mod hs256;
pub mod limit;
pub mod login;
pub mod password;
pub mod permission;
pub mod prune;
pub mod secret;
pub mod session;
pub mod settings;
pub mod tenant;
pub mod token;
mod turns;
pub mod user;
pub mod username;

pub use permission::{Permission, Role};
pub use session::Caller;
pub use tenant::Tenant;
