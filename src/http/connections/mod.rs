//! Bounds on everything that clients can hold open: connections, blocked writes, unfinished bodies.
//!
//! Owns the limits ([`Limits`]) and the counts. Must not know routes or responses.

mod bodies;
mod connection;
mod limits;
mod occasionally;
mod registry;
mod socket;
mod state;
mod upload;

pub use bodies::Bodies;
pub use connection::{Closing, Connection};
pub use limits::{Limits, raise_descriptors};
pub use occasionally::Occasionally;
pub use registry::Registry;
pub use socket::Socket;
pub use upload::Upload;
