//! Callboard: a self-hosted server that reports on outbound-call campaigns, on Postgres.
//!
//! Modules are listed in order of dependency: a later one may use earlier ones, never the reverse
//! (`tests/it/layers` checks this).
//!
//! - [`envelope`], [`error`], [`json`], [`keys`], [`percent`], [`supervise`], [`text`],
//!   [`encoded`], [`time`], [`table`], [`page`]: shared types. [`input`]: input of clients and the
//!   texts of its faults. [`files`]: tables as CSV and workbooks.
//! - [`config`]: settings. [`db`]: Postgres, and the tenant scope of every query. [`cache`]:
//!   short-lived query results; [`answers`]: response bodies, by query. [`idempotency`]: answers to
//!   repeated requests. [`store`]: finished files.
//! - [`auth`]: tenants, users, sessions, tokens, permissions.
//! - [`rollups`]: the sums that reports read. [`asked`]: a request for figures as a value, and its
//!   answer.
//! - [`mail`]: letters, and the conversation with a mail server.
//! - [`app`]: state shared by requests. [`boot`]: start and stop of a process.
//! - [`reports`]: all reports, each defined once. [`analytics`]: twelve queries of one form.
//!   [`ingest`]: incoming call data.
//! - [`calls`]: lists of calls, with the filters that figures imply.
//! - [`exports`]: reports as files, created in the background. [`resources`]: scripts,
//!   campaigns and what else clients create and change.
//! - [`verify`]: comparison of roll-ups with raw rows. [`webhooks`]: events, sent to a tenant's
//!   URLs.
//! - [`schedules`]: reports that are made at certain times, and delivered.
//! - [`http`]: all routes. [`cli`]: the commands.

pub mod closed;
pub mod envelope;
pub mod error;
pub mod figure;
pub mod json;
pub mod keys;
pub mod percent;
pub mod supervise;
mod template;
pub mod templates;
pub mod text;
pub mod words;

pub mod encoded;
pub mod time;

pub mod input;
pub mod metrics;
pub mod table;

pub mod files;
pub mod page;

pub mod config;
pub mod db;
pub mod store;

pub mod cache;
pub mod idempotency;

pub mod answers;

pub mod auth;

pub mod rollups;

pub mod mail;

pub mod app;
pub mod asked;

pub mod boot;

pub mod analytics;
pub mod ingest;
pub mod reports;

pub mod calls;

pub mod catalogue;
pub mod dialers;
pub mod exports;
pub mod leads;
pub mod overview;
pub mod resources;
pub mod verify;
pub mod webhooks;

pub mod schedules;

pub mod http;

pub mod cli;
