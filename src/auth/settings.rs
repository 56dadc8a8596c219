//! Settings of a tenant. Each is defined once: name, default, range and meaning.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::input::email;
use crate::words::Language;

const LANGUAGE: &str = "language";
/// No language of the account's own.
pub const AUTO: &str = "auto";
const MAIL_DOMAINS: &str = "mail_domains";
/// Mail goes to any domain.
const ANY: &str = "any";
const ABANDON_BASIS: &str = "abandon_basis";
/// Maximum number of domains.
const MAX_DOMAINS: usize = 100;

/// Calls that a limit of abandoned ones is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbandonBasis {
    /// All dials.
    Dials,
    /// Dials answered by the customer, the legal basis in some countries.
    Answers,
}

impl AbandonBasis {
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Dials, Self::Answers];
        all.into_iter().find(|basis| basis.name() == name)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Dials => "dials",
            Self::Answers => "answers",
        }
    }
}

macro_rules! settings {
    ($( $(#[doc = $about:literal])* $name:ident = $default:literal, $min:literal to $max:literal $($whole:ident)?; )*) => {
        /// Settings of one tenant, with defaults for those it has not set.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Settings {
            $( $(#[doc = $about])* pub $name: Decimal, )*
            /// Language of labels; `None`: that of the request.
            pub language: Option<Language>,
            /// Domains that mail goes to, in lower case; empty for all.
            pub mail_domains: Vec<String>,
            /// Calls that limits of abandoned ones are a share of.
            pub abandon_basis: AbandonBasis,
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $( $name: Decimal::from($default), )* language: None, mail_domains: Vec::new(), abandon_basis: AbandonBasis::Dials }
            }
        }

        impl Settings {
            /// All settings: name, default, meaning.
            pub const ALL: &'static [(&'static str, &'static str, &'static str)] = &[
                $( (stringify!($name), stringify!($default), concat!($($about),*)), )*
                (LANGUAGE, AUTO, " Language of labels and files: en, vi, or auto, that of the request."),
                (MAIL_DOMAINS, ANY, " Domains that schedules may mail to, separated by commas, or any."),
                (ABANDON_BASIS, "dials", " Calls that limits of abandoned ones are a share of: dials or answers."),
            ];

            /// Numeric settings by name, with this account's values.
            pub fn numbers(&self) -> Vec<(&'static str, Decimal)> {
                vec![$( (stringify!($name), self.$name) ),*]
            }

            /// Sets one setting. Returns a message if the name is unknown or the value out of
            /// range.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
                match name {
                    $( stringify!($name) => {
                        let read = number(value, $min, $max)$( .and_then($whole) )?;
                        self.$name = read.map_err(|fault| format!("{name}: {fault}"))?;
                    } )*
                    LANGUAGE if value == AUTO => self.language = None,
                    LANGUAGE => {
                        let known = Language::named(value);
                        self.language = Some(known.ok_or("language: must be en, vi or auto")?);
                    }
                    ABANDON_BASIS => {
                        let known = AbandonBasis::named(value);
                        self.abandon_basis = known.ok_or("abandon_basis: must be dials or answers")?;
                    }
                    MAIL_DOMAINS if value == ANY => self.mail_domains.clear(),
                    MAIL_DOMAINS => {
                        let read = domains(value);
                        self.mail_domains = read.map_err(|fault| format!("{name}: {fault}"))?;
                    }
                    _ => return Err(format!("{name}: unknown setting")),
                }
                Ok(())
            }
        }
    };
}

settings! {
    /// Minimum number of calls to rate a caller ID.
    health_min_calls = 20, 1 to 1_000_000;
    /// ASR in percent below which a caller ID is suspected_block.
    health_block_asr_pct = 10, 0 to 100;
    /// Share of rejected calls in percent from which a caller ID is suspected_block.
    health_block_rejected_pct = 25, 0 to 100;
    /// ASR in percent below which a caller ID is warning.
    health_warn_asr_pct = 30, 0 to 100;
    /// Share of short calls in percent from which a caller ID is warning.
    health_warn_short_pct = 30, 0 to 100;
    /// Talk time in seconds below which an answered call is short.
    short_call_sec = 10, 0 to 3_600;
    /// Share of an abandon limit in percent from which it is near.
    warn_abandon_near_pct = 80, 1 to 100;
    /// Dials of a campaign below which its abandon limit is not near.
    warn_abandon_near_dials = 100, 1 to 1_000_000 whole;
    /// Seconds without a call that are never too many.
    warn_no_calls_sec = 600, 60 to 86_400 whole;
    /// Usual gaps between two calls after which there should have been one.
    warn_no_calls_gaps = 3, 1 to 100 whole;
    /// Percentage points that the answer rate of an hour may be below what is usual.
    warn_answer_rate_drop_points = 5, 0 to 100;
    /// Dials of an hour below which its answer rate is not judged.
    warn_answer_rate_drop_dials = 50, 1 to 1_000_000 whole;
    /// Days for which leads must last.
    warn_leads_days = 1, 0 to 365;
    /// Minutes after which a call without a result is too old.
    warn_no_result_min = 120, 15 to 7_200 whole;
    /// Hours for which a failed export is told.
    warn_export_failed_hours = 24, 1 to 720 whole;
    /// Country code that replaces the leading 0 of phone numbers.
    country_code = 84, 1 to 999 whole;
    /// Requests per minute and token: /api/autocall, except routes with a limit of their own.
    rate_limit_autocall = 120, 1 to 1_000_000_000;
    /// Requests per minute and token: imports of leads.
    rate_limit_lead_import = 30, 1 to 1_000_000_000;
    /// Requests per minute and token: starts of campaigns.
    rate_limit_start = 5, 1 to 1_000_000_000;
    /// Requests per minute and token: /api/telesales.
    rate_limit_telesales = 120, 1 to 1_000_000_000;
    /// Requests per minute and token: /analytics.
    rate_limit_analytics = 120, 1 to 1_000_000_000;
    /// Requests per minute and token: /api/ingest.
    rate_limit_ingest = 600, 1 to 1_000_000_000;
    /// Requests per minute and token: the doors of switches, which post each call.
    rate_limit_dialers = 6_000, 1 to 1_000_000_000;
    /// Requests per minute and token: /api/webhooks, except tests and replays.
    rate_limit_webhooks = 60, 1 to 1_000_000_000;
    /// Requests per minute and token: tests and replays of webhooks.
    rate_limit_webhook_test = 10, 1 to 1_000_000_000;
    /// Requests per minute and token: runs of schedules outside their times.
    rate_limit_schedule_run = 5, 1 to 1_000_000_000;
    /// Requests per minute and token: /api/auth, except logins.
    rate_limit_auth = 30, 1 to 1_000_000_000;
    /// Requests per minute and token: all other routes under /api.
    rate_limit_other = 120, 1 to 1_000_000_000;
}

impl Settings {
    /// Country code, 1 to 999.
    pub fn country_code(&self) -> u16 {
        u16::try_from(self.country_code).unwrap_or_default()
    }

    /// Thresholds of warnings and of the health of caller IDs, by setting.
    pub fn thresholds(&self) -> impl Iterator<Item = (&'static str, Decimal)> {
        let numbers = self.numbers().into_iter();
        numbers.filter(|(name, _)| name.starts_with("warn_") || name.starts_with("health_"))
    }

    /// True if schedules may mail to that address.
    pub fn allows_mail_to(&self, address: &str) -> bool {
        self.mail_domains.is_empty() || self.mail_domains.contains(&email::domain(address))
    }

    /// Reads the stored settings: text by name, only those the tenant changed. Unknown and invalid
    /// ones are ignored, because another version may have written them.
    pub fn of(stored: &BTreeMap<String, String>) -> Self {
        let mut settings = Self::default();
        for (name, value) in stored {
            if let Err(fault) = settings.set(name, value) {
                tracing::warn!(fault, "ignoring invalid tenant setting");
            }
        }
        settings
    }
}

fn domains(value: &str) -> Result<Vec<String>, String> {
    let domains = value
        .split(',')
        .map(|text| text.trim().to_ascii_lowercase());
    let domains: Vec<String> = domains.collect();
    match domains.iter().find(|domain| !email::is_domain(domain)) {
        Some(wrong) => Err(format!("{wrong:?} is not a domain such as example.com")),
        None if domains.len() > MAX_DOMAINS => {
            Err(format!("must not have more than {MAX_DOMAINS}"))
        }
        None => Ok(domains),
    }
}

/// The number of a setting that is a whole one.
pub fn count(number: Decimal) -> i64 {
    i64::try_from(number).unwrap_or_default()
}

fn whole(number: Decimal) -> Result<Decimal, String> {
    if number.is_integer() {
        Ok(number.normalize())
    } else {
        Err("must be a whole number".into())
    }
}

fn number(value: &str, min: i64, max: i64) -> Result<Decimal, String> {
    let number: Decimal = value
        .parse()
        .map_err(|_| format!("{value:?} is not a number"))?;
    if number < min.into() || number > max.into() {
        return Err(format!("must be between {min} and {max}"));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_outside_its_range_is_refused() {
        let mut settings = Settings::default();
        assert_eq!(settings.set("health_warn_asr_pct", "27.5"), Ok(()));
        assert_eq!(settings.health_warn_asr_pct, Decimal::new(275, 1));
        assert_eq!(
            settings.set("health_min_calls", "0"),
            Err("health_min_calls: must be between 1 and 1000000".into())
        );
        assert_eq!(
            settings.set("colour", "red"),
            Err("colour: unknown setting".into())
        );
        assert!(settings.set("short_call_sec", "soon").is_err());
        assert_eq!(settings.set("country_code", "49.0"), Ok(()));
        assert_eq!(settings.country_code(), 49);
        assert_eq!(settings.set("language", "vi"), Ok(()));
        assert_eq!(settings.language, Some(Language::Vietnamese));
        assert_eq!(settings.set("language", "auto"), Ok(()));
        assert_eq!(settings.language, None);
        assert!(settings.set("language", "de").is_err());
        assert_eq!(settings.set("abandon_basis", "answers"), Ok(()));
        assert_eq!(settings.abandon_basis, AbandonBasis::Answers);
        assert!(settings.set("abandon_basis", "calls").is_err());
        assert!(settings.allows_mail_to("an@anywhere.example"));
        assert_eq!(
            settings.set("mail_domains", "Example.com, b.example"),
            Ok(())
        );
        for (address, is_allowed) in [
            ("an@EXAMPLE.com", true),
            ("an@b.example", true),
            ("an@mail.example.com", false),
            ("an@notexample.com", false),
            ("an", false),
        ] {
            assert_eq!(settings.allows_mail_to(address), is_allowed, "{address}");
        }
        assert_eq!(settings.set("mail_domains", "any"), Ok(()));
        assert!(settings.allows_mail_to("an@anywhere.example"));
        for wrong in ["", "example.com,", "an@example.com", "*.example.com"] {
            assert!(settings.set("mail_domains", wrong).is_err(), "{wrong}");
        }
        for wrong in ["0", "-84", "1000", "8.4", "+", ""] {
            assert!(settings.set("country_code", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn settings_of_another_version_are_ignored() {
        let stored = [
            ("colour", "red"),
            ("short_call_sec", "-1"),
            ("health_min_calls", "5"),
        ];
        let stored = stored.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = Settings {
            health_min_calls: 5.into(),
            ..Settings::default()
        };
        assert_eq!(Settings::of(&stored.into()), expected);
    }
}
