//! The integration tests: one binary, one Postgres of its own, a database for each test.

mod access;
mod cli;
mod durability;
mod ingest;
mod layers;
mod openapi;
mod samples;
mod support;
mod zones;
