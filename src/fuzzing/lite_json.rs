//! Looking into JSON text against a parser that builds the whole of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::base::lite_json::{self, Kind};

/// The deepest nesting whose paths are listed; the parser below would go further.
const DEPTH_MAX: usize = 60;

/// The first line is a path, the rest is the text.
pub fn lite_json(data: &[u8]) {
    let Ok(input) = std::str::from_utf8(data) else { return };
    let (path, text) = input.split_once('\n').unwrap_or(("", input));
    // Of any text and any path: what is found is a piece of the text.
    for found in
        [lite_json::value(text, path), lite_json::item(text, path.len())].into_iter().flatten()
    {
        assert!(text.as_bytes().as_ptr_range().contains(&found.as_ptr()) || found.is_empty());
    }
    lite_json::kind(text);
    let (values, names) = (lite_json::keys(text, true), lite_json::keys(text, false));
    assert!(names.iter().all(|name| values.contains(name)));

    let Ok(whole) = serde_json::from_str::<Value>(text) else { return };
    assert_eq!(lite_json::kind(text.trim_ascii()), kind_of(&whole), "{text}");
    let mut expected = BTreeMap::new();
    let clear = collect(&whole, "", 0, &mut expected);
    // Where two values have one path, it is a matter of taste to which it leads.
    let paths: BTreeSet<&String> = values.iter().collect();
    if !clear || paths.len() < values.len() {
        return;
    }
    assert!(paths.into_iter().eq(expected.keys()), "{values:?} in {text}");
    for (path, value) in expected {
        let found = lite_json::value(text, &path).unwrap_or_else(|| panic!("{path} in {text}"));
        let again = match value {
            Value::String(_) => serde_json::from_str(&format!("\"{found}\"")),
            _ => serde_json::from_str::<Value>(found),
        };
        assert_eq!(again.ok().as_ref(), Some(value), "{path} in {text}");
    }
}

fn kind_of(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::None,
        Value::Bool(_) => Kind::Boolean,
        Value::Number(_) => Kind::Number,
        Value::String(_) => Kind::String,
        Value::Array(_) => Kind::Array,
        Value::Object(_) => Kind::Object,
    }
}

/// The values under their paths; `false` when a name in one looks like a path itself, or when it
/// is nested too deep.
fn collect<'a>(
    value: &'a Value,
    path: &str,
    depth: usize,
    found: &mut BTreeMap<String, &'a Value>,
) -> bool {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            let dot = if path.is_empty() { "" } else { "." };
            members.iter().map(|(name, value)| (format!("{path}{dot}{name}"), value)).collect()
        }
        Value::Array(items) => {
            (1..).zip(items).map(|(number, value)| (format!("{path}[{number}]"), value)).collect()
        }
        _ => Vec::new(),
    };
    let clear = match value {
        Value::Object(members) => {
            members.keys().all(|name| !name.is_empty() && !name.contains(['.', '[', ']']))
        }
        _ => true,
    };
    let mut all_clear = clear && depth < DEPTH_MAX;
    for (path, value) in inner {
        all_clear &= collect(value, &path, depth + 1, found);
        found.insert(path, value);
    }
    all_clear
}
