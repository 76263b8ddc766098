//! What the C SDK's reference ports left on a device.

/// The `linkkit_kv.bin` of releases 2.3.0 to 3.2.0 with one value: the key, the value and its length
/// at the places that the format gives them, `place` being that of the key in the table.
pub(crate) fn linkkit_kv_bin(key: &str, value: &str, place: usize) -> Vec<u8> {
    let mut file = vec![0; 384 * 2 * (128 + 512 + 4)];
    file[place..][..key.len()].copy_from_slice(key.as_bytes());
    file[place + 0x80..][..value.len()].copy_from_slice(value.as_bytes());
    let len = i32::try_from(value.len()).unwrap();
    file[place + 0x280..][..4].copy_from_slice(&len.to_ne_bytes());
    file
}
