//! Webhooks: events of a tenant, sent to its URLs.
//!
//! Must not know HTTP routes, nor who makes events: triggers write them (`migrations/0022_events.sql`) in transactions that
//! ask for it ([`Scope::make_events`](crate::db::Scope::make_events)).

pub mod event;
pub mod guard;
pub mod secret;
pub mod settings;
pub mod signature;
