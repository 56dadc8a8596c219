//! Analytics: twelve questions, ten filters, and what they are held against.

mod accounts;
mod answers;
mod forms;
mod refused;
mod samples;
