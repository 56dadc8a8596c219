//! Mail: letters as MIME, and the conversation with a mail server.
//!
//! Owns the server's address, the timeouts of every step and the verdict on each recipient. Must not know who sends, nor
//! when a letter is tried again.

pub mod letter;
pub mod settings;
pub mod smtp;
