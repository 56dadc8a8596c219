//! Everything that bounds what clients can hold open: connections, waits on a socket, bodies that do not end.
//!
//! Owns the numbers ([`Limits`]) and the counting. Must not know routes or what is answered.

mod bodies;
mod limits;
mod occasionally;
mod registry;
mod socket;

pub use bodies::{Bodies, Upload};
pub use limits::{Limits, raise_descriptors};
pub use occasionally::Occasionally;
pub use registry::{Closing, Connection, Registry};
pub use socket::Socket;
