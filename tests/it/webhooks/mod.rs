//! Webhooks.

mod addresses;
mod delivery;
mod events;
mod hooks;
mod instances;
mod measured;
mod receiver;
mod routes;
mod signatures;
mod upkeep;
