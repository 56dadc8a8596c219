//! Addresses of mail, and domains: the common ASCII form, without quotes, comments and address literals.
//!
//! It has no blanks, line ends or commas, so that an address cannot add a header or another recipient.

/// Pattern of an address. Besides, the part before the `@` has at most [`MAX_LOCAL`] characters, and each label of the domain
/// [`MAX_LABEL`].
pub const PATTERN: &str = r"^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$";
/// Maximum length of an address.
pub const MAX: usize = 254;
const MAX_LOCAL: usize = 64;
const MAX_LABEL: usize = 63;
const MAX_DOMAIN: usize = 253;

pub const FAULT: &str = "must be an address such as an@example.com.";

/// True for an address such as `an@example.com`.
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_atom = |atom: &str| {
        let is_letter =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_{|}~-".contains(&byte);
        !atom.is_empty() && atom.bytes().all(is_letter)
    };
    text.len() <= MAX
        && local.len() <= MAX_LOCAL
        && local.split('.').all(is_atom)
        && is_domain(domain)
}

/// True for a domain such as `example.com`.
pub fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= MAX_DOMAIN && text.split('.').all(is_label)
}

/// The domain of an address, in lower case.
pub fn domain(address: &str) -> String {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    domain.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use lettre::Address;

    use super::*;

    #[test]
    fn addresses_are_those_that_can_be_sent_to_and_nothing_else() {
        let long = |local: usize, label: usize| {
            format!("{}@{}.example", "a".repeat(local), "b".repeat(label))
        };
        for address in [
            "an@example.com",
            "An.Nguyen+daily@mail.example.co.uk",
            "o'brien@example.com",
            "root@localhost",
            "a@xn--bcher-kva.example",
            "1@2.3",
            &long(64, 63),
        ] {
            assert!(is_address(address), "{address}");
            assert!(address.parse::<Address>().is_ok(), "{address}");
        }
        for address in [
            "",
            "an",
            "@example.com",
            "an@",
            "an@example..com",
            "an@.com",
            "an@-example.com",
            "an@example-.com",
            ".an@example.com",
            "an.@example.com",
            "a..n@example.com",
            "an@example.com,b@example.com",
            "an@example.com\r\nBcc: b@example.com",
            "an @example.com",
            "an@exam ple.com",
            "an@b@example.com",
            "\"an\"@example.com",
            "<an@example.com>",
            "An <an@example.com>",
            "an@[127.0.0.1]",
            "bücher@example.com",
            "an@bücher.example",
            &long(65, 1),
            &long(1, 64),
            &format!("a@{}", "b.".repeat(127)),
        ] {
            assert!(!is_address(address), "{address:?}");
        }
    }

    #[test]
    fn the_domain_of_an_address_is_compared_in_lower_case() {
        assert_eq!(domain("An@Example.COM"), "example.com");
    }
}
