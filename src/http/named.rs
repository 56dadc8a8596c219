//! Resources that clients name: `/api/…/{name}`.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use serde_json::Value;

use crate::auth::audit::Changes;
use crate::error::{Error, Result};
use crate::templates::store::is_name;

/// The name in a path. A name that no resource can have is not found.
pub fn path_name(path: Result<Path<String>, PathRejection>) -> Result<String> {
    let Path(name) = path.map_err(|_| Error::NotFound)?;
    if is_name(&name) {
        Ok(name)
    } else {
        Err(Error::NotFound)
    }
}

/// Settable members that differ between two states as they are shown, with both values where they are told: short ones.
pub fn changes(
    (before, after): (Option<&Value>, &Value),
    settable: &[&str],
    is_told: impl Fn(&str, &Value) -> bool,
) -> Changes {
    let of = |shown: Option<&Value>, name: &str| {
        let member = shown.and_then(|shown| shown.get(name));
        member.cloned().unwrap_or_default()
    };
    let told = |name: &str, value: Value| {
        if is_told(name, &value) {
            value
        } else {
            Value::Null
        }
    };
    let all = settable
        .iter()
        .map(|name| (*name, of(before, name), of(Some(after), name)));
    all.filter(|(_, old, new)| old != new)
        .map(|(name, old, new)| (name.to_owned(), (told(name, old), told(name, new))))
        .collect()
}
