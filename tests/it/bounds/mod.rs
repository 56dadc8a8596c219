//! Answers of a bounded size, whatever is stored, and instants that no calendar has.

mod agents;
mod calendar;
mod lists;
mod memory;
