//! The store of release 2.2.1: one JSON object, key → base64 of the value, and a NUL behind it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Found;
use crate::hal::linux::kv::{self, KEY_MAX, VALUE_MAX};

/// The file's sound entries, or why it is no such file.
pub(crate) fn parse(content: &[u8]) -> Result<Found, &'static str> {
    let text = content.strip_suffix(b"\0").unwrap_or(content);
    let (mut entries, mut damage) = match kv::decode(text) {
        Ok(entries) => (entries, Vec::new()),
        Err((sound, _)) if sound.is_empty() => {
            return Err("it is cut off or is not a JSON object of strings");
        }
        Err((sound, why)) => (sound, vec![why]),
    };
    entries.retain(|key, value| {
        let is_sound = is_sound(key, value);
        if !is_sound {
            damage.push(format!("the value of {key:.32}"));
        }
        is_sound
    });
    Ok(Found { entries, damage })
}

/// Whether the new store can hold it.
fn is_sound(key: &str, value: &str) -> bool {
    let value = STANDARD.decode(value).map(Zeroizing::new);
    (1..=KEY_MAX).contains(&key.len()) && value.is_ok_and(|value| value.len() <= VALUE_MAX)
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
        let entries = parse(BYTES).unwrap().entries;
        assert_eq!(entries.len(), 1);
        assert_eq!(
            entries["DyncRegDeviceSecret"].as_str(),
            "RmllbGRTZWNyZXQwMTIzNDU2Nzg5YWJjZGVmQUJDREU="
        );
        assert!(parse(b"{}\0").unwrap().entries.is_empty(), "a store as it is made");
    }

    #[test]
    fn of_a_file_that_is_cut_the_whole_entries_are_taken() {
        let behind_the_value = BYTES.len() - 3;
        for len in 0..behind_the_value {
            assert!(parse(&BYTES[..len]).is_err(), "{len} bytes");
        }
        for len in behind_the_value..BYTES.len() {
            assert_eq!(parse(&BYTES[..len]).unwrap().entries.len(), 1, "{len} bytes");
        }
    }

    #[test]
    fn what_is_damaged_does_not_spoil_the_rest() {
        let sound = r#""k":"QQ==""#;
        let long_key = format!(r#"{{"{}":"",{sound}}}"#, "k".repeat(KEY_MAX + 1));
        let long_value = format!(r#"{{"l":"{}",{sound}}}"#, "A".repeat(VALUE_MAX / 3 * 4 + 8));
        for content in [
            &*format!(r#"{{"l":1,{sound}}}"#),
            &format!(r#"{{"l":null,{sound}}}"#),
            &format!(r#"{{"":"",{sound}}}"#),
            &format!(r#"{{"l":"no base64",{sound}}}"#),
            &format!("{{{sound}}} {{}}"),
            &format!("{{{sound}}}\0\0"),
            &long_key,
            &long_value,
        ] {
            let found = parse(content.as_bytes()).unwrap();
            assert_eq!(found.entries.len(), 1, "{content:.80}");
            assert_eq!(found.entries["k"].as_str(), "QQ==");
            assert_eq!(found.damage.len(), 1, "{content:.80}");
        }
        let erased = [&b"{\"l\":\"QU"[..], &[0xFF; 64], b"=\",\"k\":\"QQ==\"}\0"].concat();
        assert_eq!(parse(&erased).unwrap().entries["k"].as_str(), "QQ==");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for content in ["\0", "null", "[]", r#"{"k":1}"#, &"[".repeat(100_000)] {
            assert!(parse(content.as_bytes()).is_err(), "{content:.80}");
        }
        assert!(parse(b"{\"\xff\":\"QQ==\"}").is_err(), "a key that is not UTF-8");
    }
}
