//! Callboard: a self-hosted server that reports on outbound-call campaigns, on Postgres.
//!
//! The modules below stand in the order they may use one another: a later one knows earlier ones, never the
//! reverse (`tests/it/layers.rs` holds them to it).
//!
//! - [`envelope`], [`error`], [`json`], [`keys`], [`percent`], [`supervise`], [`text`], [`encoded`], [`time`], [`table`],
//!   [`page`]: what everything else speaks in. [`input`]: input of clients, and the texts of its faults.
//!   [`files`]: tables as CSV and as workbooks.
//! - [`config`]: the settings. [`db`]: Postgres, and the tenant scope no query runs without. [`cache`]: what was
//!   read of it a moment ago, and [`answers`]: answers there, by question. [`store`]: where finished files are kept.
//! - [`auth`]: accounts, users, sessions, tokens, permissions.
//! - [`rollups`]: the sums that reports are read from. [`asked`]: a request for figures as a value, and its answer.
//! - [`app`]: the state that requests share. [`boot`]: start and stop of a process.
//! - [`reports`]: every report, defined once. [`analytics`]: twelve questions over one shape. [`ingest`]: call data
//!   coming in.
//! - [`exports`]: reports as files, made while nobody waits. [`campaigns`]: the campaigns there are.
//! - [`verify`]: roll-ups compared with the rows.
//! - [`http`]: all routes on one page. [`cli`]: the commands.

pub mod closed;
pub mod envelope;
pub mod error;
pub mod json;
pub mod keys;
pub mod percent;
pub mod supervise;
pub mod text;

pub mod encoded;
pub mod time;

pub mod input;
pub mod table;

pub mod files;
pub mod page;

pub mod config;
pub mod db;
pub mod store;

pub mod cache;

pub mod answers;

pub mod auth;

pub mod rollups;

pub mod app;
pub mod asked;

pub mod boot;

pub mod analytics;
pub mod ingest;
pub mod reports;

pub mod campaigns;
pub mod exports;
pub mod verify;

pub mod http;

pub mod cli;
