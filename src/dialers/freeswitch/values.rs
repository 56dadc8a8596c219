//! Values of channel variables: percent-encoded or not, which no document tells.
//!
//! mod_json_cdr escapes each value unless told otherwise, mod_xml_cdr always does, events never. The switch escapes blanks,
//! colons, `@`, brackets and more, so a document that holds one of them bare was not encoded, and a `%20` in it is a text of
//! somebody's. The stamps decide, for each holds a blank; without stamps, all values do. In a document that was encoded,
//! whatever is no escape stays as it stands, and so does a value that holds a character which would have been escaped: it was
//! added later.

use percent_encoding::percent_decode_str;

/// Characters that the switch escapes, but for `%` itself.
const ESCAPED: &[char] = &[
    '\r', '\n', ' ', '#', '&', '+', ':', ';', '<', '=', '>', '?', '@', '[', '\\', ']', '^', '`',
    '{', '|', '}', '"',
];

/// Decodes the values of a document's variables if they were encoded.
pub fn decode(variables: &mut [(String, Vec<String>)]) {
    if !are_encoded(variables) {
        return;
    }
    for value in variables.iter_mut().flat_map(|(_, values)| values) {
        if value.contains('%') && !value.contains(ESCAPED) {
            *value = percent_decode_str(value).decode_utf8_lossy().into_owned();
        }
    }
}

fn are_encoded(variables: &[(String, Vec<String>)]) -> bool {
    let stamps = || {
        let stamps = variables
            .iter()
            .filter(|(name, _)| name.ends_with("_stamp"));
        stamps.flat_map(|(_, values)| values)
    };
    if stamps().any(|stamp| stamp.contains(ESCAPED)) {
        return false;
    }
    let mut values = variables.iter().flat_map(|(_, values)| values);
    stamps().any(|stamp| stamp.contains("%20")) || !values.any(|value| value.contains(ESCAPED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(values: &[(&str, &str)]) -> String {
        let variable = |(name, value): &(&str, &str)| (name.to_string(), vec![value.to_string()]);
        let mut variables: Vec<(String, Vec<String>)> = values.iter().map(variable).collect();
        decode(&mut variables);
        variables.remove(0).1.concat()
    }

    #[test]
    fn stamps_tell_whether_values_are_encoded() {
        let encoded = ("start_stamp", "2026-01-01%2008%3A00%3A00");
        let plain = ("start_stamp", "2026-01-01 08:00:00");
        for (value, of_encoded, of_plain) in [
            ("%2B8490", "+8490", "%2B8490"),
            ("a+b", "a+b", "a+b"),
            ("%25(2000", "%(2000", "%25(2000"),
            ("%(2000,%zz%4", "%(2000,%zz%4", "%(2000,%zz%4"),
            ("added later %41", "added later %41", "added later %41"),
            ("%ff", "\u{fffd}", "%ff"),
        ] {
            assert_eq!(decoded(&[("a", value), encoded]), of_encoded, "{value}");
            assert_eq!(decoded(&[("a", value), plain]), of_plain, "{value}");
        }
    }

    #[test]
    fn without_stamps_all_values_tell() {
        assert_eq!(decoded(&[("a", "%41"), ("b", "sofia/x/1@host")]), "%41");
        assert_eq!(decoded(&[("a", "%41"), ("b", "sofia/x/1%40host")]), "A");
    }
}
