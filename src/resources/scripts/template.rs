//! Placeholders of a script's text: `{{customer_name}}`.

use crate::input::value::Fault;

/// Names of the placeholders, in order of first use. A fault if anything else stands between `{{` and `}}`, because a dialer
/// would read it aloud.
pub fn variables(template: &str) -> Result<Vec<String>, Fault> {
    let mut names: Vec<String> = Vec::new();
    for part in template.split("{{").skip(1) {
        let name = part
            .split_once("}}")
            .map(|(name, _)| name.trim_matches([' ', '\t']));
        match name.filter(|name| is_snake_case(name)) {
            Some(name) if names.iter().any(|known| known == name) => {}
            Some(name) => names.push(name.to_owned()),
            None => return Err("may hold only names in snake_case between {{ and }}.".into()),
        }
    }
    Ok(names)
}

fn is_snake_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_listed_in_order_of_first_use() {
        let text = "Hello {{customer_name}}, {{ due_date }} or {{\tdue_date\t}}: {{a1}} {x} }} {";
        assert_eq!(
            variables(text).unwrap(),
            ["customer_name", "due_date", "a1"]
        );
        assert!(variables("").unwrap().is_empty());
    }

    #[test]
    fn anything_but_a_name_between_braces_is_a_fault() {
        for text in [
            "{{}}",
            "{{ }}",
            "{{Name}}",
            "{{customer name}}",
            "{{customer-name}}",
            "{{1a}}",
            "{{_a}}",
            "{{{a}}}",
            "{{t\u{ea}n}}",
            "{{a",
            "{{a {{b}}",
            "{{a\n}}",
            "{{a}} {{b.c}}",
        ] {
            assert!(variables(text).is_err(), "{text}");
        }
    }
}
