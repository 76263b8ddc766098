//! Looks into JSON text and returns pieces of it, as they stand there.

#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The deepest nesting that is looked into.
const DEPTH_MAX: usize = 64;

/// What a value is, by the numbers of the C SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Kind {
    /// Nothing that is known.
    None = -1,
    /// A string.
    String = 0,
    /// An object.
    Object = 1,
    /// An array.
    Array = 2,
    /// A number.
    Number = 3,
    /// `true` or `false`.
    Boolean = 4,
}

/// What a text is. Only its ends are looked at.
pub fn kind(text: &str) -> Kind {
    let enclosed =
        |open: char, close: char| text.len() > 1 && text.starts_with(open) && text.ends_with(close);
    if enclosed('[', ']') {
        Kind::Array
    } else if enclosed('{', '}') {
        Kind::Object
    } else if enclosed('"', '"') {
        Kind::String
    } else if text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        Kind::Number
    } else if matches!(text, "true" | "TRUE" | "false" | "FALSE") {
        Kind::Boolean
    } else {
        Kind::None
    }
}

/// The value at a path such as `data.list[2].name`, counting from 1. A string comes without its
/// quotes, and its escapes stay as they are. What follows the outermost object is not looked at.
pub fn value<'a>(text: &'a str, path: &str) -> Option<&'a str> {
    let mut found = text;
    for step in path.split('.') {
        let (name, indices) = step.split_at(step.find('[').unwrap_or(step.len()));
        if !name.is_empty() || indices.is_empty() {
            found = member(found, name)?;
        }
        for index in indices.split_terminator(']') {
            found = item(found, index.strip_prefix('[')?.parse().ok()?)?;
        }
    }
    Some(unquoted(found))
}

/// The item of an array with this number, counting from 1, as it stands there.
pub fn item(text: &str, number: usize) -> Option<&str> {
    parse::<Items<'_>>(text)?.0.get(number.checked_sub(1)?).copied()
}

/// The paths of all values in an object, in the order of the text; `name` before what is in it.
/// With `arrays` those in arrays as well. What follows the object is not looked at.
pub fn keys(text: &str, arrays: bool) -> Vec<String> {
    let mut found = Vec::new();
    collect(text, "", arrays, 0, &mut found);
    found
}

fn collect(text: &str, prefix: &str, arrays: bool, depth: usize, found: &mut Vec<String>) {
    if depth > DEPTH_MAX {
        return;
    }
    let entries: Vec<(String, &str)> = match text.trim_ascii_start().as_bytes() {
        [b'{', ..] => parse::<Members<'_>>(text)
            .map(|members| members.0)
            .unwrap_or_default()
            .into_iter()
            .map(|(name, value)| (format!("{prefix}{name}"), value))
            .collect(),
        [b'[', ..] if arrays => parse::<Items<'_>>(text)
            .map(|items| items.0)
            .unwrap_or_default()
            .into_iter()
            .zip(1..)
            .map(|(value, number)| {
                (format!("{}[{number}]", prefix.strip_suffix('.').unwrap_or(prefix)), value)
            })
            .collect(),
        _ => return,
    };
    for (path, value) in entries {
        let inner = format!("{path}.");
        found.push(path);
        collect(value, &inner, arrays, depth + 1, found);
    }
}

fn member<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let members = parse::<Members<'_>>(text)?.0;
    members.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn unquoted(text: &str) -> &str {
    match kind(text) {
        Kind::String => text.get(1..text.len() - 1).unwrap_or(text),
        _ => text,
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    T::deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
}

/// The members of an object, which a map would bring out of order.
struct Members<'a>(Vec<(Cow<'a, str>, &'a str)>);

/// The items of an array.
struct Items<'a>(Vec<&'a str>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collector;
        impl<'de> Visitor<'de> for Collector {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                    members.push((name, value.get()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collector)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collector;
        impl<'de> Visitor<'de> for Collector {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(value) = seq.next_element::<&'de RawValue>()? {
                    items.push(value.get());
                }
                Ok(Items(items))
            }
        }
        deserializer.deserialize_seq(Collector)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        r#"{"id":"12\"3","data":{"n":-1.5,"list":[{"name":"a"},{"name":"b"},[7]]},"ok":true} x"#;

    #[test]
    fn values_come_as_they_stand() {
        assert_eq!(value(TEXT, "id"), Some(r#"12\"3"#));
        assert_eq!(value(TEXT, "data.n"), Some("-1.5"));
        assert_eq!(value(TEXT, "data.list[2].name"), Some("b"));
        assert_eq!(value(TEXT, "data.list[3][1]"), Some("7"));
        assert_eq!(value("[1,2]", "[2]"), Some("2"));
        assert_eq!(value(TEXT, "ok"), Some("true"));
        for absent in ["no", "data.no", "id.n", "data.list[0]", "data.list[9]", "data.list[x]", ""]
        {
            assert_eq!(value(TEXT, absent), None, "{absent}");
        }
        assert_eq!(value("not JSON", "id"), None);
        assert_eq!(value(r#"{"cut":{"#, "cut"), None);
    }

    #[test]
    fn keys_come_in_order() {
        assert_eq!(keys(r#"{"b":{"c":1},"a":[{"d":2}]}"#, false), ["b", "b.c", "a"]);
        assert_eq!(
            keys(r#"{"b":{"c":1},"a":[{"d":2}]}"#, true),
            ["b", "b.c", "a", "a[1]", "a[1].d"]
        );
        assert_eq!(keys(" \n{\"a\":1}\r\n", false), ["a"], "blanks around it");
        assert_eq!(keys(r#"{"a":1} x"#, false), ["a"]);
        assert!(keys("7", true).is_empty());
    }

    #[test]
    fn kinds_have_the_numbers_of_the_c_sdk() {
        for (text, number) in [
            ("\"s\"", 0),
            ("{}", 1),
            ("[]", 2),
            ("-1", 3),
            ("FALSE", 4),
            ("null", -1),
            ("", -1),
            ("\"", -1),
        ] {
            assert_eq!(kind(text) as i32, number, "{text}");
        }
    }

    #[test]
    fn deep_nesting_ends() {
        let deep = "[".repeat(10_000);
        assert_eq!(value(&deep, "[1][1]"), None);
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert!(keys(&deep, true).len() <= DEPTH_MAX + 1);
    }
}
