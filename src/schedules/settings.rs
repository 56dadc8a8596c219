//! Settings of schedules: the intervals of the workers, the lifetime of files, and the mail server.

use std::time::Duration;

use chrono::TimeDelta;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::mail::settings::Settings as Mail;

/// Settings of schedules. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Settings {
    pub pace: Pace,
    /// Lifetime of a file, and of links to it.
    pub link_ttl: TimeDelta,
    /// `None`: no mail is sent.
    pub mail: Option<Mail>,
}

impl Settings {
    /// `Setup` if the mail server or the sender cannot be used.
    pub fn of(config: &Config) -> Result<Self> {
        Ok(Self {
            link_ttl: TimeDelta::from_std(config.mail_link_ttl).map_err(Error::internal)?,
            mail: Mail::of(config)?,
            ..Self::default()
        })
    }
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
            mail: None,
        }
    }
}
