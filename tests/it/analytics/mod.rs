//! Analytics: twelve query types, ten filters, and their oracles.

mod accounts;
mod answers;
mod forms;
mod refused;
mod samples;
