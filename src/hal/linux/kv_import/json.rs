//! The store of release 2.2.1: one JSON object, key → base64 of the value, and a NUL behind it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::hal::linux::kv::{Entries, KEY_MAX, VALUE_MAX};

/// The whole file as entries, or why it is none.
pub(crate) fn parse(content: &[u8]) -> Result<Entries, &'static str> {
    let text = content.strip_suffix(b"\0").unwrap_or(content);
    // The parser's own words could quote the text.
    let entries: Entries = serde_json::from_slice(text)
        .map_err(|_| "it is cut off or is not a JSON object of strings")?;
    for (key, value) in &entries {
        if !(1..=KEY_MAX).contains(&key.len()) {
            return Err("a key in it is empty or too long");
        }
        let value = STANDARD.decode(value.as_bytes()).map(Zeroizing::new);
        if !value.is_ok_and(|value| value.len() <= VALUE_MAX) {
            return Err("a value in it is not base64 or is too long");
        }
    }
    Ok(entries)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file of release 2.2.1, in the layout of the JSON printer that it uses.
    pub(in super::super) fn file(values: &[(&str, &[u8])]) -> Vec<u8> {
        let lines: Vec<_> = values
            .iter()
            .map(|(key, value)| format!("\t\"{key}\":\t\"{}\"", STANDARD.encode(value)))
            .collect();
        format!("{{\n{}\n}}\0", lines.join(",\n")).into_bytes()
    }

    /// What the original writes for one key, byte by byte.
    const BYTES: &[u8] = b"{\x0a\x09\"DyncRegDeviceSecret\":\x09\"RmllbGRTZWNyZXQwMTIzNDU2Nzg5YWJjZGVmQUJDREU=\"\x0a}\x00";

    #[test]
    fn the_file_that_tests_make_is_the_original_s() {
        let made = file(&[("DyncRegDeviceSecret", b"FieldSecret0123456789abcdefABCDE")]);
        assert_eq!(made, BYTES);
    }

    #[test]
    fn the_values_are_taken_as_they_are() {
        let entries = parse(BYTES).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(
            entries["DyncRegDeviceSecret"].as_str(),
            "RmllbGRTZWNyZXQwMTIzNDU2Nzg5YWJjZGVmQUJDREU="
        );
        assert!(parse(b"{}\0").unwrap().is_empty(), "a store as it is made");
    }

    #[test]
    fn a_file_that_is_cut_anywhere_is_refused() {
        let whole_without_nul = BYTES.len() - 1;
        for len in 0..whole_without_nul {
            assert!(parse(&BYTES[..len]).is_err(), "{len} bytes");
        }
        assert!(parse(&BYTES[..whole_without_nul]).is_ok(), "as an editor leaves it");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let long_key = format!(r#"{{"{}":""}}"#, "k".repeat(KEY_MAX + 1));
        let long_value = format!(r#"{{"k":"{}"}}"#, "A".repeat(VALUE_MAX / 3 * 4 + 8));
        for content in [
            "\0",
            "null",
            "[]",
            r#"{"k":1}"#,
            r#"{"k":null}"#,
            r#"{"k":{"k":""}}"#,
            r#"{"":""}"#,
            r#"{"k":"no base64"}"#,
            r#"{"k":"QQ=="} {}"#,
            "{\"k\":\"QQ==\"}\0\0",
            &long_key,
            &long_value,
            &"[".repeat(100_000),
        ] {
            assert!(parse(content.as_bytes()).is_err(), "{content:.80}");
        }
        assert!(parse(b"{\"\xff\":\"QQ==\"}").is_err(), "a key that is not UTF-8");
    }
}
