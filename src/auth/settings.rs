//! What an account may set for itself, each setting stated once: name, default, range and meaning.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

macro_rules! settings {
    ($( $(#[doc = $about:literal])* $name:ident = $default:literal, $min:literal to $max:literal $($whole:ident)?; )*) => {
        /// The settings of one account, with defaults where it has set nothing.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Settings { $( $(#[doc = $about])* pub $name: Decimal ),* }

        impl Default for Settings {
            fn default() -> Self {
                Self { $( $name: Decimal::from($default) ),* }
            }
        }

        impl Settings {
            /// Every setting: its name, its default, its meaning.
            pub const ALL: &'static [(&'static str, i64, &'static str)] =
                &[$( (stringify!($name), $default, concat!($($about),*)) ),*];

            /// Sets one. Err with a sentence where there is no such setting, or the value does not fit it.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
                match name {
                    $( stringify!($name) => {
                        let read = number(value, $min, $max)$( .and_then($whole) )?;
                        self.$name = read.map_err(|fault| format!("{name}: {fault}"))?;
                    } )*
                    _ => return Err(format!("{name}: there is no such setting")),
                }
                Ok(())
            }
        }
    };
}

settings! {
    /// Calls from which a caller ID's health is judged at all.
    health_min_calls = 20, 1 to 1_000_000;
    /// suspected_block below this ASR, in percent.
    health_block_asr_pct = 10, 0 to 100;
    /// suspected_block from this share of rejected calls on, in percent.
    health_block_rejected_pct = 25, 0 to 100;
    /// warning below this ASR, in percent.
    health_warn_asr_pct = 30, 0 to 100;
    /// warning from this share of short calls on, in percent.
    health_warn_short_pct = 30, 0 to 100;
    /// An answer with less talk than this is a short call, in seconds.
    short_call_sec = 10, 0 to 3_600;
    /// Country code that stands for the leading 0 of phone numbers.
    country_code = 84, 1 to 999 whole;
    /// Requests a minute and token: /api/autocall, but for what has a limit of its own.
    rate_limit_autocall = 120, 1 to 1_000_000_000;
    /// Requests a minute and token: imports of leads.
    rate_limit_lead_import = 30, 1 to 1_000_000_000;
    /// Requests a minute and token: starts of campaigns.
    rate_limit_start = 5, 1 to 1_000_000_000;
    /// Requests a minute and token: /api/telesales.
    rate_limit_telesales = 120, 1 to 1_000_000_000;
    /// Requests a minute and token: /analytics.
    rate_limit_analytics = 120, 1 to 1_000_000_000;
    /// Requests a minute and token: /api/ingest.
    rate_limit_ingest = 600, 1 to 1_000_000_000;
    /// Requests a minute and token: /api/auth, logins excepted.
    rate_limit_auth = 30, 1 to 1_000_000_000;
}

impl Settings {
    /// The country code as digits: 1 to 999.
    pub fn country_code(&self) -> u16 {
        u16::try_from(self.country_code).unwrap_or_default()
    }

    /// What is stored of an account: the settings it changed, as text by name. One that this version does not
    /// know, or that does not fit, is passed over: another version may have written it.
    pub fn of(stored: &BTreeMap<String, String>) -> Self {
        let mut settings = Self::default();
        for (name, value) in stored {
            if let Err(fault) = settings.set(name, value) {
                tracing::warn!(fault, "a setting is passed over");
            }
        }
        settings
    }
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
        .map_err(|_| format!("{value:?} is no number"))?;
    if number < min.into() || number > max.into() {
        return Err(format!("must be between {min} and {max}"));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_kept_within_its_range() {
        let mut settings = Settings::default();
        assert_eq!(settings.set("health_warn_asr_pct", "27.5"), Ok(()));
        assert_eq!(settings.health_warn_asr_pct, Decimal::new(275, 1));
        assert_eq!(
            settings.set("health_min_calls", "0"),
            Err("health_min_calls: must be between 1 and 1000000".into())
        );
        assert_eq!(
            settings.set("colour", "red"),
            Err("colour: there is no such setting".into())
        );
        assert!(settings.set("short_call_sec", "soon").is_err());
        assert_eq!(settings.set("country_code", "49.0"), Ok(()));
        assert_eq!(settings.country_code(), 49);
        for wrong in ["0", "-84", "1000", "8.4", "+", ""] {
            assert!(settings.set("country_code", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_another_version_stored_is_passed_over() {
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
