//! The store of releases 2.3.0 to 3.2.0: a hash table of 384 rows of two items, each
//! `{ char key[128]; uint8_t value[512]; int32_t len; }` in the machine's byte order.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::hal::linux::kv::Entries;

const ROWS: u32 = 384;
const ITEMS_A_ROW: usize = 2;
const KEY: usize = 128;
const VALUE: usize = 512;
pub(crate) const ITEM: usize = KEY + VALUE + size_of::<i32>();
pub(crate) const FILE: usize = ROWS as usize * ITEMS_A_ROW * ITEM;

/// The whole file as entries, or why it is none.
pub(crate) fn parse(content: &[u8]) -> Result<Entries, &'static str> {
    if content.len() != FILE {
        return Err("it has not the 494592 bytes of such a table");
    }
    let mut entries = Entries::new();
    for (row, items) in (0..ROWS).zip(content.chunks_exact(ITEMS_A_ROW * ITEM)) {
        for item in items.chunks_exact(ITEM) {
            let Some((key, value)) = parse_item(item)? else { continue };
            if !rows(key).contains(&row) {
                return Err("a key in it is not in the row that it belongs to");
            }
            // A key of other text cannot be asked for, here.
            let Ok(key) = std::str::from_utf8(key) else { continue };
            // An item behind one that was removed can be a stale copy: the first one counts.
            entries.entry(key.to_owned()).or_insert_with(|| Zeroizing::new(STANDARD.encode(value)));
        }
    }
    Ok(entries)
}

/// Key and value.
type Item<'a> = (&'a [u8], &'a [u8]);

/// `None` when the item is an empty one.
fn parse_item(item: &[u8]) -> Result<Option<Item<'_>>, &'static str> {
    const BAD_LENGTH: &str = "a length in it is out of bounds, as in a table of a machine of \
                              the other byte order";
    let Some((key, rest)) = item.split_first_chunk::<KEY>() else { return Ok(None) };
    let Some((value, len)) = rest.split_first_chunk::<VALUE>() else { return Ok(None) };
    let len = len.try_into().map(i32::from_ne_bytes).map_err(|_| BAD_LENGTH)?;
    if len == 0 {
        return Ok(None);
    }
    let value = usize::try_from(len).ok().and_then(|len| value.get(..len)).ok_or(BAD_LENGTH)?;
    let end = key.iter().position(|&byte| byte == 0);
    match end.and_then(|end| key.get(..end)) {
        Some(key) if !key.is_empty() => Ok(Some((key, value))),
        _ => Err("a key in it is empty or has no end"),
    }
}

/// The row that a key belongs to: where `char` has no sign, and where it has one, which matters
/// for text other than ASCII.
fn rows(key: &[u8]) -> [u32; 2] {
    let row = |widen: fn(u8) -> u32| {
        key.iter().fold(0_u32, |hash, &byte| hash.wrapping_mul(33).wrapping_add(widen(byte))) % ROWS
    };
    [row(u32::from), row(|byte| i32::from(byte.cast_signed()).cast_unsigned())]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const SECRET: &[u8] = b"FieldSecret0123456789abcdefABCDE";

    /// A file of the later releases.
    pub(in super::super) fn file(values: &[(&str, &[u8])]) -> Vec<u8> {
        let mut file = vec![0; FILE];
        for (key, value) in values {
            let row = rows(key.as_bytes())[0] as usize * ITEMS_A_ROW * ITEM;
            let len_at = |item: usize| item + KEY + VALUE;
            let item = [row, row + ITEM]
                .into_iter()
                .find(|&item| file[len_at(item)..][..4] == [0; 4])
                .unwrap();
            file[item..][..key.len()].copy_from_slice(key.as_bytes());
            file[item + KEY..][..value.len()].copy_from_slice(value);
            let len = i32::try_from(value.len()).unwrap().to_ne_bytes();
            file[len_at(item)..][..4].copy_from_slice(&len);
        }
        file
    }

    /// Places that were read off a file which the original wrote.
    #[cfg(target_endian = "little")]
    #[test]
    fn the_file_that_tests_make_is_the_original_s() {
        let made = file(&[
            ("DyncRegDeviceSecret", SECRET),
            ("DYNAMIC_REG_Example_dyn1", SECRET),
            ("wifi_config", b"abc"),
        ]);
        let mut original = vec![0_u8; 494_592];
        for (place, bytes) in [
            (0x14c10, b"DyncRegDeviceSecret" as &[u8]),
            (0x14c90, SECRET),
            (0x14e90, b"\x20\x00\x00\x00"),
            (0x15620, b"wifi_config"),
            (0x156a0, b"abc"),
            (0x158a0, b"\x03\x00\x00\x00"),
            (0x3ee40, b"DYNAMIC_REG_Example_dyn1"),
            (0x3eec0, SECRET),
            (0x3f0c0, b"\x20\x00\x00\x00"),
        ] {
            original[place..][..bytes.len()].copy_from_slice(bytes);
        }
        assert!(made == original);
    }

    #[test]
    fn the_values_are_taken_as_they_are() {
        let full = [0xA5; VALUE];
        let entries = parse(&file(&[("DyncRegDeviceSecret", SECRET), ("full", &full)])).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(
            entries["DyncRegDeviceSecret"].as_str(),
            "RmllbGRTZWNyZXQwMTIzNDU2Nzg5YWJjZGVmQUJDREU="
        );
        assert_eq!(STANDARD.decode(entries["full"].as_bytes()).unwrap(), full);
        assert!(parse(&vec![0; FILE]).unwrap().is_empty(), "a store as it is made");
    }

    #[test]
    fn a_table_of_another_size_is_refused() {
        let whole = file(&[("DyncRegDeviceSecret", SECRET)]);
        for len in [0, 1, ITEM, 0x14e93, FILE - 1] {
            assert!(parse(&whole[..len]).is_err(), "{len} bytes");
        }
        assert!(parse(&[whole.as_slice(), &[0]].concat()).is_err());
    }

    #[test]
    fn the_other_byte_order_is_refused() {
        let mut foreign = file(&[("key", b"value")]);
        let item = rows(b"key")[0] as usize * ITEMS_A_ROW * ITEM;
        foreign[item + KEY + VALUE..][..4].reverse();
        assert!(parse(&foreign).unwrap_err().contains("byte order"));
    }

    #[test]
    fn lengths_out_of_bounds_are_refused() {
        for len in [-1, i32::MIN, 513, i32::MAX] {
            let mut table = file(&[("key", b"value")]);
            let item = rows(b"key")[0] as usize * ITEMS_A_ROW * ITEM;
            table[item + KEY + VALUE..][..4].copy_from_slice(&len.to_ne_bytes());
            assert!(parse(&table).is_err(), "{len}");
        }
    }

    #[test]
    fn keys_that_the_original_does_not_write_are_refused() {
        let item = rows(b"key")[0] as usize * ITEMS_A_ROW * ITEM;
        for key in [[0; KEY], [b'k'; KEY], *b"kez".repeat(43).first_chunk().unwrap()] {
            let mut table = file(&[("key", b"value")]);
            table[item..][..KEY].copy_from_slice(&key);
            assert!(parse(&table).is_err());
        }
        let mut table = file(&[("key", b"value")]);
        table.rotate_right(ITEMS_A_ROW * ITEM);
        assert!(parse(&table).unwrap_err().contains("row"));
    }

    #[test]
    fn of_two_items_with_one_key_the_first_counts() {
        let mut table = file(&[("key", b"new"), ("key", b"stale")]);
        assert_eq!(parse(&table).unwrap()["key"].as_str(), "bmV3");
        // One that is alone behind a removed item was never removed itself.
        let item = rows(b"key")[0] as usize * ITEMS_A_ROW * ITEM;
        table[item..][..ITEM].fill(0);
        assert_eq!(parse(&table).unwrap()["key"].as_str(), "c3RhbGU=");
    }

    #[test]
    fn a_key_that_is_not_utf_8_does_not_spoil_the_others() {
        let mut table = file(&[("DyncRegDeviceSecret", SECRET)]);
        for row in rows(b"\xb0\xa1") {
            let item = row as usize * ITEMS_A_ROW * ITEM;
            table[item..][..2].copy_from_slice(b"\xb0\xa1");
            table[item + KEY + VALUE..][..4].copy_from_slice(&1_i32.to_ne_bytes());
        }
        assert_eq!(parse(&table).unwrap().len(), 1);
    }
}
