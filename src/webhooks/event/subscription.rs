//! Subscriptions: patterns that name events.
//!
//! The triggers match them too: `callboard_subscribes` in `migrations/0022_events.sql`.

use super::catalogue::EVENTS;

/// True if the pattern is the event's name, a prefix of it that ends at a dot and is followed by `*`, or `*`.
pub fn matches(pattern: &str, event: &str) -> bool {
    let prefix = pattern
        .strip_suffix('*')
        .filter(|prefix| prefix.ends_with('.'));
    pattern == "*" || pattern == event || prefix.is_some_and(|prefix| event.starts_with(prefix))
}

/// True if the pattern matches an event that exists.
pub fn is_known(pattern: &str) -> bool {
    EVENTS.iter().any(|event| matches(pattern, event.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_name_or_a_prefix_that_ends_at_a_dot() {
        for pattern in [
            "*",
            "autocall.*",
            "autocall.lead.*",
            "autocall.lead.added",
            "report.export.*",
            "webhook.test",
        ] {
            assert!(is_known(pattern), "{pattern}");
        }
        for pattern in [
            "",
            ".*",
            "autocall",
            "autocall*",
            "autocall.",
            "autocall.le*",
            "autocall.lead.added.*",
            "autocall.leads.added",
            "*.added",
            "**",
            "telesales.lead.*",
            "Autocall.*",
            " *",
        ] {
            assert!(!is_known(pattern), "{pattern}");
        }
        assert!(matches("autocall.lead.*", "autocall.lead.added"));
        assert!(!matches("autocall.lead.*", "autocall.leads.imported"));
    }
}
