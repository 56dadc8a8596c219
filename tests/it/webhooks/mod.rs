//! Webhooks.

mod events;
