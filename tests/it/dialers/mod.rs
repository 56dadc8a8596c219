//! Calls from dialers: their records, read, and their legs, which are one call in whatever order they come.

mod asterisk;
mod doors;
mod freeswitch;
mod legs;
