//! Webhooks.

mod delivery;
mod events;
mod hooks;
mod receiver;
