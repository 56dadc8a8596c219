//! Records that could not be read, kept as they came until somebody retries or deletes them.
