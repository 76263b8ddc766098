//! From what C passes to Rust values.

use std::ffi::{CStr, c_char};
use std::fmt;

/// Why a string parameter cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadText {
    Null,
    Empty,
    NotUtf8,
}

impl fmt::Display for BadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadText::Null => "is NULL",
            BadText::Empty => "is empty",
            BadText::NotUtf8 => "is not valid text",
        })
    }
}

/// A string that must be there and not be empty.
///
/// # Safety
/// `text` is either NULL or points to bytes that end with a NUL and outlive `'a` unchanged.
pub(crate) unsafe fn required<'a>(text: *const c_char) -> Result<&'a str, BadText> {
    if text.is_null() {
        return Err(BadText::Null);
    }
    // SAFETY: not NULL, and the caller vouches for the rest.
    let text = unsafe { CStr::from_ptr(text) };
    match text.to_str() {
        Ok("") => Err(BadText::Empty),
        Ok(text) => Ok(text),
        Err(_) => Err(BadText::NotUtf8),
    }
}

/// A string that may be missing: NULL reads as empty.
///
/// # Safety
/// As for [`required`].
pub(crate) unsafe fn optional<'a>(text: *const c_char) -> Result<&'a str, BadText> {
    // SAFETY: passed on.
    match unsafe { required(text) } {
        Err(BadText::Null | BadText::Empty) => Ok(""),
        other => other,
    }
}

/// Bytes that come with their number; NULL is allowed only for none.
///
/// # Safety
/// `data` is either NULL or points to `len` bytes that outlive `'a` unchanged.
pub(crate) unsafe fn bytes<'a>(data: *const c_char, len: usize) -> Option<&'a [u8]> {
    if len == 0 {
        return Some(&[]);
    }
    // SAFETY: not NULL, and the caller vouches for the length.
    (!data.is_null()).then(|| unsafe { std::slice::from_raw_parts(data.cast(), len) })
}

/// Copies `text` and a NUL into a field of a C structure. `false`: it does not fit, and the field
/// holds an empty string.
pub(crate) fn fill(field: &mut [c_char], text: &str) -> bool {
    field.fill(0);
    if text.len() >= field.len() {
        return false;
    }
    for (to, from) in field.iter_mut().zip(text.bytes()) {
        *to = from.cast_signed() as c_char;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_told_apart() {
        let read = |text: &'static CStr| {
            // SAFETY: a literal with its NUL.
            unsafe { required(text.as_ptr()) }
        };
        assert_eq!(read(c"text"), Ok("text"));
        assert_eq!(read(c""), Err(BadText::Empty));
        assert_eq!(read(c"\xff"), Err(BadText::NotUtf8));
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { required(std::ptr::null()) }, Err(BadText::Null));
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { optional(std::ptr::null()) }, Ok(""));
    }

    #[test]
    fn a_field_keeps_room_for_its_nul() {
        let mut field = [1 as c_char; 4];
        assert!(fill(&mut field, "abc"));
        assert_eq!(field.map(|unit| unit as u8), *b"abc\0");
        assert!(!fill(&mut field, "abcd"));
        assert_eq!(field, [0; 4]);
    }
}
