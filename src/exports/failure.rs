//! Failures of tries: what follows for the job, and the reason its client is told, who sees neither our disks nor our log.
//!
//! A reason is given where the error occurs and is known, never guessed from the error's class afterwards.

use std::fmt;

use tokio::task::JoinError;

use crate::error::Error;
use crate::files::workbook::panic_cause;
use crate::supervise;

/// Failure of a try at a job.
#[derive(Debug)]
pub enum Failure {
    /// Every try would fail, for this reason.
    Permanent(String),
    /// The next try may succeed.
    Transient(&'static str, Error),
    /// The store or the database is out of reach, which says nothing about the job: it waits.
    Outage(&'static str, Error),
}

pub const NO_DATABASE: &str = "The database could not be reached.";
const NO_STORE: &str = "The place where finished files are kept could not be reached.";
const NO_ROOM: &str = "There was no room left on the server's disk.";
const TOO_LONG: &str = "Reading the data took too long.";
const UNKNOWN: &str = "Something went wrong on the server, whose log has the details.";

impl Failure {
    /// Of reading the data.
    pub fn reading(error: Error) -> Self {
        match error {
            Error::Unavailable(_) | Error::GaveWay(_) => Self::Outage(NO_DATABASE, error),
            Error::TimedOut => Self::Transient(TOO_LONG, error),
            error => Self::making(error),
        }
    }

    /// Of finding what the data is about.
    pub fn finding(error: Error) -> Self {
        match error {
            Error::NotFound => Self::Permanent("The campaign is no longer there.".into()),
            error => Self::reading(error),
        }
    }

    /// Of making the file from the data.
    pub fn making(error: Error) -> Self {
        match error {
            // Says itself what cannot be done, and to whom it may be told.
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

    /// Of keeping the file in its place, which was all right when the server began.
    pub fn storing(error: Error) -> Self {
        match error {
            Error::NoRoom(_) => Self::Transient(NO_ROOM, error),
            error => Self::Outage(NO_STORE, error),
        }
    }

    /// Of a lease that could not be renewed in time.
    pub fn lease() -> Self {
        Self::Outage(NO_DATABASE, Error::internal("a lease could not be renewed"))
    }

    /// Of a task that panicked, which is counted.
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
