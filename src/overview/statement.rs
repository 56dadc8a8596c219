//! Statements about the calls of either product, from one text: products differ in the names of tables and sums.

use crate::rollups::{self, Module};
use crate::template::fill;

/// The statement of a product, from the text of both.
pub fn filled(text: &str, module: Module) -> String {
    let [campaigns, calls, totals, dials, answers, in_progress] = match module {
        Module::Autocall => [
            "autocall_campaigns",
            "autocall_attempts",
            "{{rolled autocall_totals scope=campaign campaign=campaign.id}}",
            "dialed",
            "answered",
            "dialed - answered - no_answer - busy - failed - abandoned",
        ],
        Module::Telesales => [
            "telesales_campaigns",
            "telesales_calls",
            "{{rolled telesales_totals scope=campaign campaign=campaign.id}}",
            "dials",
            "answers",
            "in_progress",
        ],
    };
    let text = fill(text, |hole| {
        let name = match hole {
            "campaigns" => campaigns,
            "calls" => calls,
            "totals" => totals,
            "dials" => dials,
            "answers" => answers,
            "in_progress" => in_progress,
            _ => return None,
        };
        Some(name.to_owned())
    });
    rollups::statement(text)
}

/// The statement of a product from the text of both, filled once.
macro_rules! statement_of_calls {
    ($module:expr, $text:expr) => {{
        static SQL: std::sync::LazyLock<[String; 2]> = std::sync::LazyLock::new(|| {
            $crate::rollups::Module::ALL
                .map(|module| $crate::overview::statement::filled($text, module))
        });
        let [autocall, telesales] = &*SQL;
        match $module {
            $crate::rollups::Module::Autocall => autocall.as_str(),
            $crate::rollups::Module::Telesales => telesales.as_str(),
        }
    }};
}
pub(super) use statement_of_calls;
