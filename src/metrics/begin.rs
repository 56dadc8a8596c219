//! Counters at 0, before anything is counted: a rate over a counter that appears with its first event misses that event.

use super::{DELIVERED, DONE, FAILED, READY, metrics};
use crate::auth::limit::Group;
use crate::cache::Origin;
use crate::ingest::counted::{OTHER, REJECTED, STORED};
use crate::ingest::kind::NAMES;

/// Shows every counter whose labels are known. `requests`: method, route, status and cache of requests that may come.
pub fn begin(requests: impl IntoIterator<Item = [&'static str; 4]>) {
    let metrics = metrics();
    for labels in requests {
        metrics.requests.add(labels, 0);
    }
    for origin in Origin::ALL {
        metrics.cache_requests.add([origin.name()], 0);
    }
    for kind in NAMES.iter().copied().chain([OTHER]) {
        for outcome in [STORED, REJECTED] {
            metrics.ingest_lines.add([kind, outcome], 0);
        }
    }
    for group in Group::OF_TOKENS.into_iter().chain(Group::OF_ADDRESSES) {
        metrics.rate_limited.add([group.name()], 0);
    }
    for (counters, outcome) in [
        (&metrics.exports_finished, READY),
        (&metrics.webhook_deliveries, DELIVERED),
        (&metrics.schedule_runs, DONE),
    ] {
        counters.add([outcome], 0);
        counters.add([FAILED], 0);
    }
}
