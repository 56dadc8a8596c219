//! Instants, dates and zones, and the conversions between them.
//!
//! [`clock`] reads the current time, [`zone`] has the offsets of zones, [`window`] turns dates and
//! zones into instants, [`exact`] writes them, [`named`] names windows, [`compare`]
//! finds earlier ones, [`bucket`] assigns instants to local hours, days and weeks and labels them.
//! Must not know what is counted in a bucket.

pub mod bucket;
pub mod clock;
pub mod compare;
pub mod exact;
pub mod instant;
pub mod named;
pub mod window;
pub mod zone;

pub use bucket::{Bucket, Granularity};
pub use clock::Clock;
pub use instant::Instant;
pub use named::NamedWindow;
pub use window::Window;
pub use zone::Zone;
