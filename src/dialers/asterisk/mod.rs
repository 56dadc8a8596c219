//! Records of Asterisk: rows of call records, manager events and lines of queue logs, as legs.
