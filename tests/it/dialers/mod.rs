//! Calls from dialers: their records, read.

mod freeswitch;
