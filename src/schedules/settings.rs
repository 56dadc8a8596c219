//! Settings of schedules: the intervals of the workers, and the lifetime of files.

use std::time::Duration;

use chrono::TimeDelta;

/// Settings of schedules.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub pace: Pace,
    /// Lifetime of a file, and of links to it.
    pub link_ttl: TimeDelta,
}

/// Intervals of the workers. Tests shorten them.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Time after which another instance takes over a claimed run. A try that takes longer is given up.
    pub lease: Duration,
    /// Interval of polling for what is due.
    pub look_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pace: Pace {
                lease: Duration::from_secs(300),
                look_every: Duration::from_secs(2),
            },
            link_ttl: TimeDelta::days(7),
        }
    }
}
