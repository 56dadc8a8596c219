//! Failures of an attempt at a job: retry or give up, and the reason shown to the client, who sees neither disks nor logs.
//!
//! The reason is determined where the error occurs, never guessed afterwards from its class.

use std::fmt;

use tokio::task::JoinError;

use crate::error::Error;
use crate::files::workbook::panic_cause;
use crate::supervise;

/// A failed attempt at a job.
#[derive(Debug)]
pub enum Failure {
    /// Every attempt would fail, for this reason.
    Permanent(String),
    /// The next attempt may succeed.
    Transient(&'static str, Error),
    /// The store or the database is unreachable. Not counted as an attempt: the job waits.
    Outage(&'static str, Error),
}

pub const NO_DATABASE: &str = "The database could not be reached.";
const NO_STORE: &str = "The place where finished files are kept could not be reached.";
const NO_ROOM: &str = "There was no room left on the server's disk.";
const TOO_LONG: &str = "Reading the data took too long.";
const UNKNOWN: &str = "Something went wrong on the server, whose log has the details.";

impl Failure {
    /// A failure to read the data.
    pub fn reading(error: Error) -> Self {
        match error {
            Error::Unavailable(_) | Error::GaveWay(_) => Self::Outage(NO_DATABASE, error),
            Error::TimedOut => Self::Transient(TOO_LONG, error),
            error => Self::making(error),
        }
    }

    /// A failure to find the campaign.
    pub fn finding(error: Error) -> Self {
        match error {
            Error::NotFound => Self::Permanent("The campaign is no longer there.".into()),
            Error::Missing(_) => {
                Self::Permanent("A campaign, team or agent of the order is no longer there.".into())
            }
            error => Self::reading(error),
        }
    }

    /// A failure to make the file.
    pub fn making(error: Error) -> Self {
        match error {
            // Its messages are meant for clients.
            Error::Invalid(faults) => {
                let messages: Vec<&str> = faults
                    .iter()
                    .flat_map(|(_, messages)| messages)
                    .map(String::as_str)
                    .collect();
                Self::Permanent(messages.join(" "))
            }
            Error::NoRoom(_) => Self::Transient(NO_ROOM, error),
            error => Self::Transient(UNKNOWN, error),
        }
    }

    /// A failure to store the file. The store worked when the server started.
    pub fn storing(error: Error) -> Self {
        match error {
            Error::NoRoom(_) => Self::Transient(NO_ROOM, error),
            error => Self::Outage(NO_STORE, error),
        }
    }

    /// A lease that could not be renewed in time.
    pub fn lease() -> Self {
        Self::Outage(NO_DATABASE, Error::internal("could not renew the lease"))
    }

    /// A panic of the task, which is counted.
    pub fn panicked(ended: JoinError) -> Self {
        supervise::count_restart(super::TASK);
        Self::making(panic_cause(ended))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permanent(reason) => f.write_str(reason),
            Self::Transient(_, error) | Self::Outage(_, error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_that_of_the_place_where_the_error_occurred() {
        let unavailable = || Error::Unavailable("gone".into());
        assert!(matches!(
            Failure::reading(unavailable()),
            Failure::Outage(NO_DATABASE, _)
        ));
        assert!(matches!(
            Failure::storing(unavailable()),
            Failure::Outage(NO_STORE, _)
        ));
        assert!(matches!(
            Failure::making(unavailable()),
            Failure::Transient(UNKNOWN, _)
        ));
        assert!(matches!(
            Failure::reading(Error::NotFound),
            Failure::Transient(UNKNOWN, _)
        ));
        assert!(matches!(
            Failure::finding(Error::NotFound),
            Failure::Permanent(_)
        ));
        for place in [
            Failure::reading,
            Failure::finding,
            Failure::making,
            Failure::storing,
        ] {
            assert!(matches!(
                place(Error::NoRoom("full".into())),
                Failure::Transient(NO_ROOM, _)
            ));
        }
        let invalid = Error::invalid("to", "The to field must not be after the year 9999.");
        let Failure::Permanent(reason) = Failure::reading(invalid) else {
            panic!("it would fail every time")
        };
        assert_eq!(reason, "The to field must not be after the year 9999.");
    }
}
