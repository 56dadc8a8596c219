//! Evidence of compliance: campaigns against their limits of abandoned calls, with the days, breaches and calls that show it, in one
//! file whose tables have digests.

pub mod making;
pub mod order;
pub mod ordered;
