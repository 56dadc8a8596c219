//! Records of Asterisk: rows of call records, manager events and lines of queue logs, as legs.
//!
//! Each reader is a function from bytes to records, reads as a stream, and holds a bounded part of it. Must not know
//! accounts, stored legs, or how legs become a call. The rules:
//!
//! - The disposition is the ending. Only a row that is `ANSWERED` has an answer instant and billed seconds: in others the
//!   answer is that of a menu or a queue, and the called party did not answer. `ANSWERED` with no billed second is answered.
//! - A row whose called channel is a Local channel is an artefact, also a Local channel that called none. A row that called
//!   an outside number through another channel is dialed; others are whole.
//! - A row is told from the next by its sequence, else by a digest of what it says: `uniqueid` is not unique.

mod channel;
mod columns;
mod dump;
mod events;
mod form;
mod json;
mod queue;
mod row;
mod rows;
mod split;
mod stamp;
mod value;

pub use columns::parse as parse_columns;
pub use events::events;
pub use form::{Form, form_of};
pub use json::json;
pub use queue::queue_log;
pub use rows::rows;
pub use stamp::DateOrder;

use std::io::{Cursor, Read};

use super::leg::Record;
use super::lines;
use crate::time::Zone;

/// Facts about records that they do not tell themselves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Zone of the switch's clock.
    pub zone: Zone,
    /// Names of the columns of rows without a header, instead of the standard ones.
    pub columns: Option<Vec<String>>,
    /// Order of day and month, where neither the column nor the call's id proves it.
    pub dates: Option<DateOrder>,
}

impl Options {
    pub const fn new(zone: Zone) -> Self {
        Self {
            zone,
            columns: None,
            dates: None,
        }
    }
}

/// Records with the number of their first line, from 1.
pub type Records<'a> = Box<dyn Iterator<Item = (u64, Record)> + Send + 'a>;

/// Reads a body whose form is found by its media type and its first bytes.
pub fn records<'a>(
    media: &str,
    mut input: impl Read + Send + 'a,
    options: &Options,
) -> Records<'a> {
    /// Enough for a header of many columns.
    const START: u64 = 16 << 10;
    let mut start = Vec::new();
    let read = (&mut input).take(START).read_to_end(&mut start);
    let form = form_of(media, &start);
    match read {
        Ok(_) => read_as(form, Cursor::new(start).chain(input), options),
        Err(error) => Box::new(std::iter::once((
            1,
            Record::Unreadable(lines::failed(&error)),
        ))),
    }
}

/// Reads a body of a known form.
pub fn read_as<'a>(form: Form, input: impl Read + Send + 'a, options: &Options) -> Records<'a> {
    match form {
        Form::Rows => Box::new(rows(input, options)),
        Form::Events => Box::new(events(input, options)),
        Form::Json => Box::new(json(input, options)),
        Form::QueueLog => Box::new(queue_log(input, options)),
        Form::Cel => Box::new(std::iter::once((
            1,
            Record::Unreadable(form::NO_CEL.to_owned()),
        ))),
    }
}
