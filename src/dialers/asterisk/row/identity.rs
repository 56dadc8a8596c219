//! The call that a row belongs to, and what tells the row from others of that call.

use sha2::{Digest, Sha256};

use super::super::columns::Fields;
use super::super::value::text;
use crate::dialers::leg::call_id;

pub struct Identity {
    pub key: String,
    pub call: String,
    pub family: Vec<String>,
}

impl Identity {
    /// A row without `uniqueid` and `linkedid` is a call of its own, told by what it says.
    pub fn read(fields: &Fields) -> Self {
        let known = |name: &str| {
            fields
                .get(name)
                .filter(|id| *id != "0")
                .map(|id| call_id(id))
        };
        let (linked, unique) = (known("linkedid"), known("uniqueid"));
        let mut family: Vec<String> = linked.into_iter().chain(unique.clone()).collect();
        family.dedup();
        let digest = || digest(fields);
        if family.is_empty() {
            family.push(format!("row-{}", digest()));
        }
        let call = family[0].clone();
        let sequence = fields.get("sequence").filter(|text| text.len() <= 20);
        let row = sequence
            .filter(|_| unique.is_some())
            .cloned()
            .unwrap_or_else(digest);
        Self {
            key: format!("{}/{row}", unique.unwrap_or_else(|| call.clone())),
            call,
            family,
        }
    }
}

/// Digest of what tells one row from another, in whatever form it comes.
fn digest(fields: &Fields) -> String {
    const NAMES: [&[&str]; 10] = [
        &["start", "calldate"],
        &["src"],
        &["dst"],
        &["channel"],
        &["dstchannel"],
        &["lastapp"],
        &["lastdata"],
        &["disposition"],
        &["duration"],
        &["billsec"],
    ];
    let mut digest = Sha256::new();
    for names in NAMES {
        digest.update(text(fields, names).unwrap_or_default());
        digest.update([0]);
    }
    digest
        .finalize()
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
