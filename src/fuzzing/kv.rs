//! The key-value file, and the files of the C SDK that are imported.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::hal::linux::kv::old::{json, table};
use crate::hal::linux::kv::{self, Entries, KEY_MAX, VALUE_MAX};

/// The first byte says what the rest is: our own file, that of release 2.2.1, or what is written
/// into the empty table of the later ones.
pub fn kv(data: &[u8]) {
    let Some((format, content)) = data.split_first() else { return };
    match format % 3 {
        0 => check_round_trip(&kv::decode(content).unwrap_or_else(|(sound, _)| sound)),
        1 => json::parse(content).iter().for_each(|found| check_import(&found.entries)),
        _ => {
            table::parse(content).iter().for_each(|found| check_import(&found.entries));
            let written = table::parse(&written_into_a_table(content));
            written.iter().for_each(|found| check_import(&found.entries));
        }
    }
}

/// What is imported can be asked for.
fn check_import(entries: &Entries) {
    for (key, value) in entries {
        assert!((1..=KEY_MAX).contains(&key.len()), "{key:?}");
        assert!(STANDARD.decode(value.as_bytes()).unwrap().len() <= VALUE_MAX);
    }
    check_round_trip(entries);
}

fn check_round_trip(entries: &Entries) {
    let file = kv::encode(entries).unwrap();
    assert!(kv::decode(&file).is_ok_and(|again| again == *entries));
}

/// Takes the input as patches: the number of an item, a place in it, and so many bytes.
fn written_into_a_table(mut patches: &[u8]) -> Vec<u8> {
    let mut table = vec![0; table::FILE];
    while let [item_high, item_low, place_high, place_low, len, rest @ ..] = patches {
        let item = usize::from(u16::from_be_bytes([*item_high, *item_low]));
        let place = usize::from(u16::from_be_bytes([*place_high, *place_low]));
        let (bytes, rest) = rest.split_at(usize::from(*len).min(rest.len()));
        let start = (item * table::ITEM + place) % table::FILE;
        let end = (start + bytes.len()).min(table::FILE);
        table[start..end].copy_from_slice(&bytes[..end - start]);
        patches = rest;
    }
    table
}
