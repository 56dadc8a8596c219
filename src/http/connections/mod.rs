//! Everything that bounds what clients can hold open: connections, waits on a socket, bodies that do not end.
//!
//! Owns the numbers ([`Limits`]) and the counting. Must not know routes or what is answered.

mod bodies;
mod connection;
mod limits;
mod occasionally;
mod registry;
mod socket;
mod upload;

pub use bodies::Bodies;
pub use connection::{Closing, Connection};
pub use limits::{Limits, raise_descriptors};
pub use occasionally::Occasionally;
pub use registry::Registry;
pub use socket::Socket;
pub use upload::Upload;
