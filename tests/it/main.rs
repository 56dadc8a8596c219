//! Integration tests: one binary with one Postgres, and a database per test.

mod abandon;
mod access;
mod analytics;
mod bounds;
mod cache;
mod cli;
mod connections;
mod durability;
mod exports;
mod health;
mod hostile;
mod ingest;
mod layers;
mod openapi;
mod pools;
mod properties;
mod reference;
mod requests;
mod resources;
mod rollups;
mod routes;
mod samples;
mod support;
mod tenancy;
mod webhooks;
mod zones;
