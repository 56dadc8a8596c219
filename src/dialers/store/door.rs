//! The door by which legs come.

use super::super::leg::Source;
use crate::auth::Tenant;
use crate::ingest::Locale;
use crate::rollups::Module;

/// Where legs come from and go to.
#[derive(Debug, Clone, Copy)]
pub struct Door {
    pub tenant: i64,
    pub locale: Locale,
    pub source: Source,
    /// Product of calls that no rule names.
    pub unrouted: Module,
    /// Changes make events, which are sent to webhooks.
    pub events: bool,
}

impl Door {
    /// The door of an account for a kind of dialer, where nobody says more.
    pub fn of(tenant: &Tenant, source: Source) -> Self {
        Self {
            tenant: tenant.id,
            locale: Locale {
                zone: tenant.timezone,
                country_code: tenant.settings.country_code(),
            },
            source,
            unrouted: match source {
                Source::Freeswitch | Source::Asterisk => Module::Autocall,
                Source::Vicidial => Module::Telesales,
            },
            events: true,
        }
    }
}
