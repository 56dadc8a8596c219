//! JSON bodies, value by value; faults are reported by path.
//!
//! Owns the distinction between a body of the wrong shape (400) and invalid values of the right shape (422).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::fault;
use crate::error::{Error, Faults, Result};
use crate::json::{self, Type};
use crate::text::nfc;
use crate::time::instant::GivenInstant;

/// The members of an object, by name.
pub type Fields = BTreeMap<String, Box<RawValue>>;

/// The value of that name. Null is treated as absent, and so is an empty text where a text is expected.
pub fn present<'a>(fields: &'a Fields, name: &str) -> Option<&'a RawValue> {
    fields
        .get(name)
        .map(Box::as_ref)
        .filter(|value| Type::of(value.get()) != Type::Null)
}

/// The faults of one body so far.
#[derive(Default)]
pub struct Reader {
    faults: Faults,
    misshapen: bool,
}

impl Reader {
    pub fn finish<T>(self, read: Option<T>) -> Result<T> {
        if self.misshapen {
            Err(Error::Misshapen(self.faults))
        } else {
            self.faults.into_result(read)
        }
    }

    /// Records a fault of the body's shape.
    pub fn misshape(&mut self, place: &str, message: impl Into<String>) {
        self.misshapen = true;
        self.faults.add(place, message);
    }

    /// Records an invalid value.
    pub fn fail(&mut self, place: &str, message: impl Into<String>) {
        self.faults.add(place, message);
    }

    pub fn object(&mut self, place: &str, value: &RawValue) -> Option<Fields> {
        let fields = serde_json::from_str(value.get()).ok();
        if fields.is_none() {
            self.misshape(place, fault::OBJECT);
        }
        fields
    }

    pub fn text(&mut self, place: &str, value: &RawValue) -> Option<String> {
        let text = serde_json::from_str(value.get()).ok();
        if text.is_none() {
            self.misshape(place, fault::STRING);
        }
        text
    }

    /// A text that the database can search for.
    pub fn storable(&mut self, place: &str, value: &RawValue) -> Option<String> {
        let text = self.text(place, value)?;
        if text.contains('\0') {
            self.fail(place, fault::NUL);
            return None;
        }
        Some(nfc(&text).into_owned())
    }

    pub fn moment(&mut self, place: &str, value: &RawValue) -> Option<GivenInstant> {
        let moment = GivenInstant::parse(&self.text(place, value)?);
        if moment.is_none() {
            self.fail(place, fault::MOMENT);
        }
        moment
    }

    /// An integer; 7.0 is one in JSON.
    pub fn integer(
        &mut self,
        place: &str,
        value: &RawValue,
        range: RangeInclusive<i64>,
    ) -> Option<i64> {
        if Type::of(value.get()) != Type::Number {
            self.misshape(place, fault::INTEGER);
            return None;
        }
        let number = json::decimal(value.get());
        if number.is_some_and(|number| !number.is_integer()) {
            self.misshape(place, fault::INTEGER);
            return None;
        }
        let integer = number
            .and_then(|number| i64::try_from(number).ok())
            .filter(|number| range.contains(number));
        if integer.is_none() {
            self.fail(place, fault::integer_within(&range));
        }
        integer
    }

    pub fn fraction(&mut self, place: &str, value: &RawValue) -> Option<Decimal> {
        if Type::of(value.get()) != Type::Number {
            self.misshape(place, "must be a number.");
            return None;
        }
        let fraction = json::decimal(value.get())
            .filter(|number| (Decimal::ZERO..=Decimal::ONE).contains(number));
        if fraction.is_none() {
            self.fail(place, fault::FRACTION);
        }
        fraction.map(|fraction| fraction.normalize())
    }
}
