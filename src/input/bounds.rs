//! The ends of a window as a client gives them: two dates or times, or the name of a window in their place (contract,
//! section 11).
//!
//! Shared by reports and lists. Must not know their defaults and limits.

use chrono::{DateTime, Utc};

use super::parameter::{Choice, Kind, Parameter};
use super::query::Query;
use crate::error::Faults;
use crate::time::instant::GivenInstant;
use crate::time::{NamedWindow, Window, Zone};

pub const WINDOW: Parameter = Parameter::optional(
    "window",
    Kind::Choice(NamedWindow::NAMES),
    "A window by name, in place of both dates: whole days in the request's zone. The last 7 and 30 days end yesterday.",
);

impl Choice for NamedWindow {
    const ALL: &'static [Self] = Self::ALL;

    fn name(self) -> &'static str {
        self.name()
    }
}

/// Both ends as given. Equal for equal requests: a name means other days tomorrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bounds {
    Given(Ends),
    Named(NamedWindow),
}

/// Ends, each as it was given.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ends {
    pub from: Option<GivenInstant>,
    pub to: Option<GivenInstant>,
}

impl Ends {
    /// The window, if both are given; an end before the start is the start.
    pub fn window(self, zone: Zone) -> Option<Window> {
        let from = self.from?.start(zone);
        let to = self.to?.end(zone).max(from);
        Some(Window { from, to, zone })
    }

    /// Reads both; an end before the start, as given, is a fault of the end.
    pub fn read(query: &mut Query, from: &Parameter, to: &Parameter, zone: Zone) -> Self {
        let ends = Self {
            from: query.moment(from),
            to: query.moment(to),
        };
        if let Some(fault) = ends.fault(zone, from.name) {
            query.fail(to.name, fault);
        }
        ends
    }

    /// An end before the start, as given, is a fault of the end. Both by their names.
    pub fn check_order(self, zone: Zone, [from, to]: [&str; 2], faults: &mut Faults) {
        if let Some(fault) = self.fault(zone, from) {
            faults.add(to, fault);
        }
    }

    /// The fault of an end before the start, whose name is `from`.
    pub fn fault(self, zone: Zone, from: &str) -> Option<String> {
        let (start, end) = self.from.zip(self.to)?;
        end.ends_before(start, zone)
            .then(|| format!("must not be before {from}."))
    }
}

impl Bounds {
    /// Reads two optional ends, or the window's name. Both are a fault of the name.
    pub fn read(query: &mut Query, from: &Parameter, to: &Parameter) -> Self {
        let named = query.choice::<NamedWindow>(&WINDOW);
        let ends = Ends {
            from: query.moment(from),
            to: query.moment(to),
        };
        let has_ends = query.text(from).or(query.text(to)).is_some();
        if query.text(&WINDOW).is_some() && has_ends {
            let (from, to) = (from.name, to.name);
            query.fail(WINDOW.name, format!("stands in place of {from} and {to}."));
        }
        named.map_or(Self::Given(ends), Self::Named)
    }

    /// Like [`Bounds::read`]; without a name, both ends are required.
    pub fn read_required(query: &mut Query, from: &Parameter, to: &Parameter) -> Self {
        let bounds = Self::read(query, from, to);
        if !query.is_given(&WINDOW) {
            query.require(from);
            query.require(to);
        }
        bounds
    }

    /// The ends at that time.
    pub fn ends(self, zone: Zone, now: DateTime<Utc>) -> Ends {
        match self {
            Self::Given(ends) => ends,
            Self::Named(window) => {
                let (from, to) = window.ends(zone, now);
                Ends {
                    from: Some(from),
                    to: Some(to),
                }
            }
        }
    }

    /// The parameter that says an end: `of`, or the window's name.
    pub fn field(self, of: &'static str) -> &'static str {
        match self {
            Self::Given(_) => of,
            Self::Named(_) => WINDOW.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: Parameter = Parameter::optional("from", Kind::Moment, "");
    const TO: Parameter = Parameter::optional("to", Kind::Moment, "");

    fn faults(raw: &str, read: fn(&mut Query, &Parameter, &Parameter) -> Bounds) -> String {
        let mut query = Query::parse(raw, [&FROM, &TO, &WINDOW]);
        read(&mut query, &FROM, &TO);
        let faults = query.into_faults();
        let fields: Vec<&str> = faults.iter().map(|(field, _)| field).collect();
        fields.join(",")
    }

    #[test]
    fn a_name_stands_in_place_of_both_ends() {
        for (raw, optional, required) in [
            ("", "", "from,to"),
            ("from=2026-06-01", "", "to"),
            ("from=2026-06-01&to=2026-06-02", "", ""),
            ("window=today", "", ""),
            ("window=today&from=", "", ""),
            ("window=today&to=2026-06-02", "window", "window"),
            ("window=today&from=x", "from,window", "from,window"),
            ("window=tomorrow", "window", "window"),
            ("window.0=today", "window", "window"),
        ] {
            assert_eq!(faults(raw, Bounds::read), optional, "{raw}");
            assert_eq!(faults(raw, Bounds::read_required), required, "{raw}");
        }
    }
}
