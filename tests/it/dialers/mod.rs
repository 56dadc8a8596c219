//! Calls from dialers: their records, read, and their legs, which are one call in whatever order they come.

mod anew;
mod asterisk;
mod disorder;
mod doors;
mod files;
mod freeswitch;
mod legs;
mod oddities;
mod remapped;
mod reports;
mod switches;
