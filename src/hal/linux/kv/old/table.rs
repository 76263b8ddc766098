//! The store of releases 2.3.0 to 3.2.0: a hash table of 384 rows of two items, each
//! `{ char key[128]; uint8_t value[512]; int32_t len; }` in the machine's byte order.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Found;

const ROWS: u32 = 384;
const ITEMS_A_ROW: usize = 2;
const KEY: usize = 128;
const VALUE: usize = 512;
pub(crate) const ITEM: usize = KEY + VALUE + size_of::<i32>();
pub(crate) const FILE: usize = ROWS as usize * ITEMS_A_ROW * ITEM;

/// The file's sound items, or why it is no such file.
pub(crate) fn parse(content: &[u8]) -> Result<Found, &'static str> {
    let mut found = Found::default();
    if content.len() != FILE {
        found.damage.push(format!("{} bytes in the place of {FILE}", content.len()));
    }
    for (row, items) in (0..ROWS).zip(content.chunks(ITEMS_A_ROW * ITEM)) {
        for (place, item) in items.chunks_exact(ITEM).enumerate() {
            match parse_item(item, row) {
                Ok(None) => {}
                Ok(Some((key, value))) => {
                    // A key of other text cannot be asked for, here.
                    let Ok(key) = std::str::from_utf8(key) else { continue };
                    // An item behind one that was removed can be a stale copy: the first one counts.
                    let value = || Zeroizing::new(STANDARD.encode(value));
                    found.entries.entry(key.to_owned()).or_insert_with(value);
                }
                Err(why) => found.damage.push(format!("item {place} of row {row} ({why})")),
            }
        }
    }
    if found.entries.is_empty() && !found.damage.is_empty() {
        return Err("nothing in it is sound");
    }
    Ok(found)
}

/// Key and value.
type Item<'a> = (&'a [u8], &'a [u8]);

/// `None` when the item is an empty one.
fn parse_item(item: &[u8], row: u32) -> Result<Option<Item<'_>>, &'static str> {
    const BAD_LENGTH: &str = "its length is out of bounds, as on a machine of the other byte order";
    let Some((key, rest)) = item.split_first_chunk::<KEY>() else { return Ok(None) };
    let Some((value, len)) = rest.split_first_chunk::<VALUE>() else { return Ok(None) };
    let len = len.try_into().map(i32::from_ne_bytes).map_err(|_| BAD_LENGTH)?;
    if len == 0 {
        return Ok(None);
    }
    let value = usize::try_from(len).ok().and_then(|len| value.get(..len)).ok_or(BAD_LENGTH)?;
    let end = key.iter().position(|&byte| byte == 0);
    match end.and_then(|end| key.get(..end)) {
        Some([]) => Err("its key is empty"),
        Some(key) if rows(key).contains(&row) => Ok(Some((key, value))),
        Some(_) => Err("its key is not in the row that it belongs to"),
        None => Err("its key has no end"),
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
        let table = file(&[("DyncRegDeviceSecret", SECRET), ("full", &full)]);
        let entries = parse(&table).unwrap().entries;
        assert_eq!(entries.len(), 2);
        assert_eq!(
            entries["DyncRegDeviceSecret"].as_str(),
            "RmllbGRTZWNyZXQwMTIzNDU2Nzg5YWJjZGVmQUJDREU="
        );
        assert_eq!(STANDARD.decode(entries["full"].as_bytes()).unwrap(), full);
        assert!(parse(&vec![0; FILE]).unwrap().entries.is_empty(), "a store as it is made");
    }

    #[test]
    fn of_a_table_of_another_size_what_is_there_is_taken() {
        let whole = file(&[("DyncRegDeviceSecret", SECRET)]);
        for len in [0, 1, ITEM, 0x14e93] {
            assert!(parse(&whole[..len]).is_err(), "{len} bytes");
        }
        for other in [&whole[..0x14e94], &whole[..FILE - 1], &[whole.as_slice(), &[0]].concat()] {
            let found = parse(other).unwrap();
            assert_eq!((found.entries.len(), found.damage.len()), (1, 1));
        }
    }

    #[test]
    fn an_erased_block_costs_its_own_items_alone() {
        const BLOCK: usize = 4096;
        let secret = 0x14c10..0x14e94;
        let other = rows(b"wifi_config")[0] as usize * ITEMS_A_ROW * ITEM;
        let whole = file(&[("DyncRegDeviceSecret", SECRET), ("wifi_config", b"abc")]);
        for start in (0..FILE).step_by(BLOCK) {
            let mut table = whole.clone();
            let end = (start + BLOCK).min(FILE);
            table[start..end].fill(0xFF);
            let is_hit = |item: &std::ops::Range<usize>| item.start < end && start < item.end;
            if is_hit(&secret) {
                continue;
            }
            let found = parse(&table).unwrap();
            assert_eq!(
                found.entries["DyncRegDeviceSecret"],
                parse(&whole).unwrap().entries["DyncRegDeviceSecret"]
            );
            assert!(!found.damage.is_empty());
            assert!(is_hit(&(other..other + ITEM)) || found.entries.contains_key("wifi_config"));
        }
    }

    #[test]
    fn an_item_that_makes_no_sense_does_not_spoil_the_others() {
        let item = rows(b"key")[0] as usize * ITEMS_A_ROW * ITEM;
        let with = |place: usize, bytes: &[u8]| {
            let mut table = file(&[("key", b"value"), ("DyncRegDeviceSecret", SECRET)]);
            table[item + place..][..bytes.len()].copy_from_slice(bytes);
            parse(&table).unwrap()
        };
        let mut unsound: Vec<_> = [-1, i32::MIN, 513, i32::MAX, 5_i32.swap_bytes()]
            .map(|len| with(KEY + VALUE, &len.to_ne_bytes()))
            .into();
        unsound.extend([&[0; KEY][..], &[b'k'; KEY], b"kez"].map(|key| with(0, key)));
        for found in unsound {
            assert_eq!(found.entries.keys().collect::<Vec<_>>(), ["DyncRegDeviceSecret"]);
            assert_eq!(found.damage.len(), 1);
        }
        let mut moved = file(&[("key", b"value")]);
        moved.rotate_right(ITEMS_A_ROW * ITEM);
        assert!(parse(&moved).is_err(), "no item of it is sound");
    }

    #[test]
    fn of_two_items_with_one_key_the_first_counts() {
        let mut table = file(&[("key", b"new"), ("key", b"stale")]);
        assert_eq!(parse(&table).unwrap().entries["key"].as_str(), "bmV3");
        // One that is alone behind a removed item was never removed itself.
        let item = rows(b"key")[0] as usize * ITEMS_A_ROW * ITEM;
        table[item..][..ITEM].fill(0);
        assert_eq!(parse(&table).unwrap().entries["key"].as_str(), "c3RhbGU=");
    }

    #[test]
    fn a_key_that_is_not_utf_8_does_not_spoil_the_others() {
        let mut table = file(&[("DyncRegDeviceSecret", SECRET)]);
        for row in rows(b"\xb0\xa1") {
            let item = row as usize * ITEMS_A_ROW * ITEM;
            table[item..][..2].copy_from_slice(b"\xb0\xa1");
            table[item + KEY + VALUE..][..4].copy_from_slice(&1_i32.to_ne_bytes());
        }
        assert_eq!(parse(&table).unwrap().entries.len(), 1);
    }
}
