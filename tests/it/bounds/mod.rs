//! Responses of bounded size for any stored data, and instants outside the calendar.

mod agents;
mod calendar;
mod lists;
mod memory;
