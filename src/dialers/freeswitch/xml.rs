//! XML of mod_xml_cdr, in the shape that mod_json_cdr gives the same data.
//!
//! Attributes are members, repeated variables a list, and elements that repeat elsewhere the list that JSON has for them.
//! Entities other than those of XML itself stay as they stand, and document types are passed over: nothing expands.

use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::node::Node;

const MAX_DEPTH: usize = 32;

/// Elements that may occur more than once, and the list of them in JSON. Callflows repeat their name in both.
const LISTS: &[(&str, &str)] = &[
    ("application", "applications"),
    ("origination_caller_profile", "origination_caller_profiles"),
    ("originatee_caller_profile", "originatee_caller_profiles"),
    ("originator_caller_profile", "originator_caller_profiles"),
];

/// An element that has not ended.
#[derive(Default)]
struct Open {
    name: String,
    members: Vec<(String, Node)>,
    text: String,
}

/// Reads a document. The error is a sentence.
pub fn read(text: &str) -> Result<Node, String> {
    let mut reader = Reader::from_str(text);
    // Names of variables are those of elements, whatever letters they have.
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_dangling_amp = true;
    let mut open: Vec<Open> = Vec::new();
    loop {
        let event = reader.read_event();
        match event.map_err(|error| format!("The body is not XML: {error}."))? {
            Event::Start(start) if open.len() < MAX_DEPTH => open.push(opened(&start)),
            Event::Start(_) => return Err(format!("The XML has more than {MAX_DEPTH} levels.")),
            Event::Empty(start) => {
                if let Some(document) = close(opened(&start), &mut open) {
                    return Ok(document);
                }
            }
            Event::End(_) => {
                let last = open.pop().unwrap_or_default();
                if let Some(document) = close(last, &mut open) {
                    return Ok(document);
                }
            }
            Event::Text(text) => add(&mut open, &text),
            Event::CData(text) => add(&mut open, &text),
            Event::GeneralRef(entity) => add(&mut open, &resolved(&entity)),
            Event::Eof => return Err("The XML ends before it is complete.".into()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn opened(start: &BytesStart<'_>) -> Open {
    let mut attributes = start.attributes();
    let members = attributes.with_checks(false).flatten();
    let member = |(name, raw): (&str, &str)| {
        let value = unescape(raw).map_or_else(|_| raw.to_owned(), Into::into);
        (name.to_owned(), Node::Text(value))
    };
    Open {
        name: start.name().as_ref().to_owned(),
        members: members
            .map(|attribute| member((attribute.key.as_ref(), &attribute.value)))
            .collect(),
        text: String::new(),
    }
}

fn add(open: &mut [Open], text: &str) {
    if let Some(last) = open.last_mut() {
        last.text.push_str(text);
    }
}

fn resolved(entity: &BytesRef<'_>) -> String {
    let letter = entity.resolve_char_ref().ok().flatten();
    let known = || resolve_predefined_entity(entity).map(str::to_owned);
    letter
        .map(String::from)
        .or_else(known)
        .unwrap_or_else(|| format!("&{};", &**entity))
}

/// Adds an element that has ended to the one around it. Returns the outermost.
fn close(element: Open, open: &mut [Open]) -> Option<Node> {
    let Open {
        name,
        members,
        text,
    } = element;
    let node = if members.is_empty() {
        Node::Text(text)
    } else {
        Node::Object(shaped(&name, members))
    };
    let Some(parent) = open.last_mut() else {
        return Some(node);
    };
    parent.members.push((name, node));
    None
}

/// Members of an element as JSON has them.
fn shaped(name: &str, members: Vec<(String, Node)>) -> Vec<(String, Node)> {
    let mut shaped: Vec<(String, Node)> = Vec::with_capacity(members.len());
    for (member, node) in members {
        let list = LISTS.iter().find(|(item, _)| *item == member);
        let name_of_list = list.map_or(member.as_str(), |(_, list)| list);
        // Values of a list stand together.
        match shaped.last_mut() {
            Some((last, Node::List(items))) if last == name_of_list => items.push(node),
            Some((last, first)) if name == "variables" && *last == member => {
                let first_item = std::mem::replace(first, Node::Nothing);
                *first = Node::List(vec![first_item, node]);
            }
            _ if list.is_some() => shaped.push((name_of_list.into(), Node::List(vec![node]))),
            _ => shaped.push((member, node)),
        }
    }
    shaped
}

#[cfg(test)]
mod tests {
    use super::super::node::joined;
    use super::*;

    fn value(xml: &str) -> String {
        let document = read(&format!("<cdr><variables><a>{xml}</a></variables></cdr>"));
        let document = document.expect(xml);
        let variables = document.get("variables").expect("variables");
        let texts: Vec<String> = variables
            .values()
            .map(|(_, texts)| joined(&texts))
            .collect();
        texts.concat()
    }

    #[test]
    fn entities_of_xml_are_resolved_and_no_others() {
        for (xml, text) in [
            ("a&amp;b&lt;c&gt;&quot;&apos;", "a&b<c>\"'"),
            ("&#65;&#x1F600;", "A\u{1f600}"),
            ("&bomb;", "&bomb;"),
            ("&#xd800;&#99999999;", "&#xd800;&#99999999;"),
            ("<![CDATA[<&>]]>", "<&>"),
        ] {
            assert_eq!(value(xml), text, "{xml}");
        }
        let bomb = r#"<!DOCTYPE cdr [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><cdr><v>&b;</v></cdr>"#;
        let read = read(bomb).expect("a document");
        assert_eq!(read.get("v"), Some(&Node::Text("&b;".into())));
    }

    #[test]
    fn a_repeated_variable_is_a_list() {
        assert_eq!(value("1</a><a>2</a><a>3"), "ARRAY::1|:2|:3");
    }

    #[test]
    fn what_is_not_complete_is_refused() {
        for xml in [
            "<cdr><a>",
            "",
            "<",
            "<cdr",
            "</cdr>x</b>",
            "<?xml version=\"1.0\"?>",
        ] {
            let _ = read(xml);
        }
        assert_eq!(
            read("<cdr><a>"),
            Err("The XML ends before it is complete.".into())
        );
        assert_eq!(
            read(&"<a>".repeat(100)),
            Err("The XML has more than 32 levels.".into())
        );
    }
}
