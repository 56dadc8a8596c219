//! Failures of runs: what becomes of the run, and the reason that the client is shown.

use crate::error::{Error, Faults};

/// The end of a try that delivered nothing, with a reason for the client.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The maker may no longer have the report: the schedule stops.
    #[error("{0}")]
    Forbidden(String),
    /// Another try would fail too.
    #[error("{0}")]
    Permanent(String),
    /// Another try may succeed.
    #[error("{0}: {1}")]
    Transient(&'static str, Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::Permanent("The campaign does not exist any more.".into()),
            Error::Invalid(faults) | Error::Missing(faults) => Self::Permanent(refusal(&faults)),
            error => Self::Transient("The report could not be made", error),
        }
    }
}

impl Failure {
    /// The reason for the client, who sees no internals.
    pub fn reason(&self) -> String {
        match self {
            Self::Forbidden(reason) | Self::Permanent(reason) => reason.clone(),
            Self::Transient(reason, _) => format!("{reason}."),
        }
    }
}

fn refusal(faults: &Faults) -> String {
    let faults: Vec<String> = faults
        .iter()
        .map(|(field, messages)| format!("{field}: {}", messages.join(" ")))
        .collect();
    format!("The report refuses its parameters. {}", faults.join(" "))
}
