//! Random lines, against a small reference.
