//! How a number is opened: section 13 of the contract, and nothing else. It knows no report, no list and no parameter.

use std::collections::BTreeMap;

use serde_json::Value;

/// Parameters of a request by their canonical names, each with its values.
pub type Parameters = BTreeMap<String, Vec<String>>;

/// A number of an answer.
#[derive(Debug, Clone)]
pub struct Figure<'a> {
    pub value: &'a Value,
    /// The name of the member that it is.
    name: String,
    /// The objects around it, the nearest first.
    around: Vec<&'a Value>,
}

/// The figures of `data` at an entry's `at`.
pub fn figures<'a>(data: &'a Value, at: &str) -> Vec<Figure<'a>> {
    let all = Figure {
        value: data,
        name: String::new(),
        around: Vec::new(),
    };
    at.split('/').skip(1).fold(vec![all], |found, step| {
        found.iter().flat_map(|outer| outer.step(step)).collect()
    })
}

impl<'a> Figure<'a> {
    /// What stands in it by that step of a pointer.
    fn step(&self, step: &str) -> Vec<Self> {
        let mut around = self.around.clone();
        if self.value.is_object() {
            around.insert(0, self.value);
        }
        let inside: Vec<(String, &Value)> = match (self.value, step) {
            (Value::Array(rows), "*") => rows.iter().map(|row| (self.name.clone(), row)).collect(),
            (Value::Object(members), "*") => members
                .iter()
                .map(|(name, value)| (name.clone(), value))
                .collect(),
            (value, name) => value
                .get(name)
                .map(|value| (name.to_owned(), value))
                .into_iter()
                .collect(),
        };
        let figure = |(name, value)| Self {
            value,
            name,
            around: around.clone(),
        };
        inside.into_iter().map(figure).collect()
    }

    /// The request that opens it by an entry's `calls`, from the parameters of the report's request.
    pub fn open(&self, calls: &Value, asked: &Parameters) -> String {
        let mut parameters = asked.clone();
        for (name, value) in calls["set"].as_object().expect("a set") {
            let values = value.as_str().and_then(|value| self.put_in(value, asked));
            match values {
                Some(values) => parameters.insert(name.clone(), values),
                None => parameters.remove(name),
            };
        }
        let list = calls["list"].as_str().expect("a route");
        let steps: Vec<String> = list
            .split('/')
            .map(|step| self.put_in(step, asked).expect("a value").join(","))
            .collect();
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, values) in &parameters {
            match values.as_slice() {
                [value] => query.append_pair(name, value),
                values => {
                    query.extend_pairs(values.iter().map(|value| (format!("{name}[]"), value)))
                }
            };
        }
        format!("{}?{}", steps.join("/"), query.finish())
    }

    /// A value in which one name in braces is replaced by what it names. `None`: it names nothing.
    fn put_in(&self, value: &str, asked: &Parameters) -> Option<Vec<String>> {
        let name = value
            .strip_prefix('{')
            .and_then(|value| value.strip_suffix('}'));
        match name {
            None => Some(vec![value.to_owned()]),
            Some("*") => Some(vec![self.name.clone()]),
            Some(name) => match self.around.iter().find_map(|object| object.get(name)) {
                Some(Value::Null) => None,
                Some(Value::String(text)) => Some(vec![text.clone()]),
                Some(other) => Some(vec![other.to_string()]),
                None => asked.get(name).cloned(),
            },
        }
    }
}
