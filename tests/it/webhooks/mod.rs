//! Webhooks.

mod addresses;
mod delivery;
pub mod events;
pub mod hooks;
pub mod instances;
mod measured;
pub mod receiver;
mod routes;
mod signatures;
mod upkeep;
mod warnings;
