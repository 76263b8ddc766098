//! What is still sound in a JSON text that was cut off or damaged.

#![forbid(unsafe_code)]

use std::iter;

use zeroize::Zeroizing;

/// The longest name that is looked for, in bytes: it bounds the work that a text without order makes.
const NAME_MAX: usize = 1024;

/// The pairs `"name": "text"` that are whole, wherever in the text they are.
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = (String, Zeroizing<String>)> {
    let mut rest = text;
    iter::from_fn(move || {
        loop {
            let quote = rest.iter().position(|&byte| byte == b'"')?;
            rest = rest.get(quote..)?;
            if let Some((found, behind)) = pair(rest) {
                rest = behind;
                return Some(found);
            }
            // In damaged text the next quote may begin a name as well as end one.
            rest = rest.get(1..)?;
        }
    })
}

type Pair = (String, Zeroizing<String>);

/// The pair at the start of the text, and what is behind it.
fn pair(text: &[u8]) -> Option<(Pair, &[u8])> {
    let (name, len) = string(text.get(..text.len().min(NAME_MAX))?)?;
    let rest = text.get(len..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let (value, len) = string(rest)?;
    Some(((name, Zeroizing::new(value)), rest.get(len..)?))
}

/// The string at the start of the text, and how many bytes of the text it takes.
fn string(text: &[u8]) -> Option<(String, usize)> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<String>();
    let string = values.next()?.ok()?;
    Some((string, values.byte_offset()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn found(text: &[u8], expected: &[(&str, &str)]) {
        let found: Vec<_> = pairs(text).collect();
        let found: Vec<_> = found.iter().map(|(name, value)| (&**name, &***value)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn whole_pairs_are_found_whatever_is_around_them() {
        found(br#"{"a":"1", "b" : "2"}"#, &[("a", "1"), ("b", "2")]);
        found(b"{\"a\":\"1\"}\0", &[("a", "1")]);
        found(br#"{"a":1,"b":"2"#, &[]);
        found(br#"{"a":"1","b":"2"#, &[("a", "1")]);
        found(b"\xff\xff\",\"a\":\"1\",\"b\xff\":\"2\",\"c\":\"3\"}", &[("a", "1"), ("c", "3")]);
        found(br#"{"a\n\"":"\u0041"}"#, &[("a\n\"", "A")]);
        found(b"", &[]);
        found(&b"\"".repeat(100_000), &[]);
    }
}
