//! Statements about either product, from one text: products differ in the names of tables, and in what a lead holds.

use crate::rollups::Module;
use crate::template::fill;

/// The statement of a product, from the text of both.
pub fn filled(text: &str, module: Module) -> String {
    let [campaigns, leads, calls, unchanged] = match module {
        Module::Autocall => [
            "autocall_campaigns",
            "autocall_leads",
            "autocall_attempts",
            "lead.status = 'pending' and lead.external_ref is null and lead.payload = '{}'",
        ],
        Module::Telesales => [
            "telesales_campaigns",
            "telesales_leads",
            "telesales_calls",
            "lead.source is null and lead.full_name is null and lead.payload = '{}'",
        ],
    };
    fill(text, |hole| {
        let value = match hole {
            "product" => module.name(),
            "campaigns" => campaigns,
            "leads" => leads,
            "calls" => calls,
            "unchanged" => unchanged,
            _ => return None,
        };
        Some(value.to_owned())
    })
}

/// The statement of a product from the text of both, filled once.
macro_rules! of_product {
    ($module:expr, $text:expr) => {{
        static SQL: std::sync::LazyLock<[String; 2]> = std::sync::LazyLock::new(|| {
            $crate::rollups::Module::ALL
                .map(|module| $crate::dialers::store::statement::filled($text, module))
        });
        let [autocall, telesales] = &*SQL;
        match $module {
            $crate::rollups::Module::Autocall => autocall.as_str(),
            $crate::rollups::Module::Telesales => telesales.as_str(),
        }
    }};
}
pub(super) use of_product;
