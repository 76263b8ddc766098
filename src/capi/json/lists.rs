//! The rest of `LITE_json_*`, which only this release exports.

use std::ffi::{c_char, c_int};
use std::ptr::null_mut;

use crate::base::lite_json::{self, Kind};
use crate::capi::json::{LITE_json_value_of, to_c};
use crate::ffi::ptr;
use crate::hal::c;
use crate::hal::c::entry::guard;

/// A list as the C SDK's macros walk it: a ring through its head.
#[repr(C)]
struct Link {
    next: *mut Link,
    prev: *mut Link,
}

/// An entry of a list of keys. The last one has no key.
#[repr(C)]
struct Key {
    key: *mut c_char,
    list: Link,
}

/// Like `LITE_json_value_of`, whose path may have items of arrays in it here as well.
///
/// # Safety
/// As for `LITE_json_value_of`.
#[unsafe(no_mangle)]
unsafe extern "C" fn LITE_json_value_of_ext(key: *mut c_char, src: *mut c_char) -> *mut c_char {
    // SAFETY: as the caller promises.
    unsafe { LITE_json_value_of(key, src) }
}

/// # Safety
/// `src` is NULL, or points to `len` readable bytes that outlive `'a` unchanged.
unsafe fn text<'a>(src: *const c_char, len: c_int) -> Option<&'a str> {
    let len = usize::try_from(len).ok().filter(|len| *len > 0)?;
    // SAFETY: as the caller promises.
    std::str::from_utf8(unsafe { ptr::bytes(src, len) }?).ok()
}

/// Shows a piece of `src` to C.
///
/// # Safety
/// `len` is NULL, or points to an int.
unsafe fn piece(found: Option<&str>, len: *mut c_int) -> *mut c_char {
    // SAFETY: as the caller promises.
    match (found, unsafe { len.as_mut() }) {
        (Some(found), Some(len)) => {
            *len = c_int::try_from(found.len()).unwrap_or(c_int::MAX);
            found.as_ptr().cast_mut().cast()
        }
        _ => null_mut(),
    }
}

/// Finds a value in `src_len` bytes of JSON text. Returns where it stands there, not copied, and its
/// length; NULL when there is none or a parameter is NULL or not above 0.
///
/// # Safety
/// `key` is either NULL or ends with a NUL; `src` is either NULL or points to so many bytes;
/// `value_len` is either NULL or points to an `int`.
#[unsafe(no_mangle)]
unsafe extern "C" fn LITE_json_value_of_ext2(
    key: *mut c_char,
    src: *mut c_char,
    src_len: c_int,
    value_len: *mut c_int,
) -> *mut c_char {
    guard(|| {
        // SAFETY: as the caller promises.
        let (key, text) = unsafe { (ptr::required(key), text(src, src_len)) };
        let found = key.ok().zip(text).and_then(|(key, text)| lite_json::value(text, key));
        // SAFETY: as the caller promises.
        unsafe { piece(found, value_len) }
    })
}

/// The item of an array with this number, counting from 1. Returns where it stands in `src`, not
/// copied, and its length; NULL when there is none.
///
/// # Safety
/// As for `LITE_json_value_of_ext2`.
#[unsafe(no_mangle)]
unsafe extern "C" fn LITE_json_array_get_item(
    index: c_int,
    src: *mut c_char,
    src_len: c_int,
    val_len: *mut c_int,
) -> *mut c_char {
    guard(|| {
        // SAFETY: as the caller promises.
        let text = unsafe { text(src, src_len) };
        let number = usize::try_from(index).ok();
        let found = text.zip(number).and_then(|(text, number)| lite_json::item(text, number));
        // SAFETY: as the caller promises.
        unsafe { piece(found, val_len) }
    })
}

/// What a value is: 0 string, 1 object, 2 array, 3 number, 4 boolean, -1 nothing of these.
///
/// # Safety
/// `src` is either NULL or points to `src_len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn LITE_json_value_type(src: *mut c_char, src_len: c_int) -> c_int {
    // SAFETY: as the caller promises.
    guard(|| unsafe { text(src, src_len) }.map_or(Kind::None, lite_json::kind) as c_int)
}

/// The paths of all values in an object, as a list whose last entry has no key, to be freed by
/// `LITE_json_keys_release`. NULL when a parameter is NULL. `prefix` is an empty string.
///
/// # Safety
/// Each text is either NULL or ends with a NUL; none is kept.
#[unsafe(no_mangle)]
unsafe extern "C" fn LITE_json_keys_of(src: *mut c_char, prefix: *mut c_char) -> *mut Link {
    // SAFETY: as the caller promises.
    guard(|| unsafe { keys(src, prefix, false) })
}

/// Like `LITE_json_keys_of`, with what is in arrays.
///
/// # Safety
/// As for `LITE_json_keys_of`.
#[unsafe(no_mangle)]
unsafe extern "C" fn LITE_json_keys_of_ext(src: *mut c_char, prefix: *mut c_char) -> *mut Link {
    // SAFETY: as the caller promises.
    guard(|| unsafe { keys(src, prefix, true) })
}

/// # Safety
/// As for `LITE_json_keys_of`.
unsafe fn keys(src: *mut c_char, prefix: *mut c_char, arrays: bool) -> *mut Link {
    // SAFETY: as the caller promises.
    let (Ok(text), false) = (unsafe { ptr::required(src) }, prefix.is_null()) else {
        return null_mut();
    };
    // The C SDK has one head for all lists; here each has its own, so that threads may have theirs.
    let Some(head) = allocate(Link { next: null_mut(), prev: null_mut() }) else {
        return null_mut();
    };
    // SAFETY: the head is a live allocation.
    unsafe { head.write(Link { next: head, prev: head }) };
    let paths = lite_json::keys(text, arrays);
    let all = paths.iter().map(|path| to_c(path)).chain([null_mut()]).all(|key| {
        // SAFETY: the head is live, and so is everything that is linked to it.
        unsafe { append(head, key) }
    });
    if all {
        return head;
    }
    // SAFETY: the list is as above and not given to anybody.
    unsafe { release(head) };
    null_mut()
}

/// # Safety
/// `head` is that of a live list.
unsafe fn append(head: *mut Link, key: *mut c_char) -> bool {
    // SAFETY: the head is live, so its neighbour is.
    let last = unsafe { (*head).prev };
    let Some(entry) = allocate(Key { key, list: Link { next: head, prev: last } }) else {
        // SAFETY: the key is of HAL_Malloc or NULL.
        unsafe { c::HAL_Free(key.cast()) };
        return false;
    };
    // SAFETY: all three are live.
    unsafe {
        let link = &raw mut (*entry).list;
        (*last).next = link;
        (*head).prev = link;
    }
    true
}

/// Memory of the HAL's that holds `value`; `None` when there is none left.
fn allocate<T>(value: T) -> Option<*mut T> {
    // SAFETY: takes a number.
    let memory = unsafe { c::HAL_Malloc(size_of::<T>() as u32) }.cast::<T>();
    // SAFETY: the memory is new and large enough; a HAL's is aligned for pointers.
    (!memory.is_null()).then(|| unsafe {
        memory.write(value);
        memory
    })
}

/// Frees a list of keys; NULL is allowed.
///
/// # Safety
/// `keylist` is either NULL or a list of `LITE_json_keys_of`, which is dead afterwards.
#[unsafe(no_mangle)]
unsafe extern "C" fn LITE_json_keys_release(keylist: *mut Link) {
    guard(|| {
        if !keylist.is_null() {
            // SAFETY: as the caller promises.
            unsafe { release(keylist) };
        }
    });
}

/// # Safety
/// `head` is that of a live list.
unsafe fn release(head: *mut Link) {
    // SAFETY: every link of the ring but the head is inside of an entry; each is freed after its
    // neighbour has been read.
    unsafe {
        let mut link = (*head).next;
        while link != head {
            let entry = link.byte_sub(std::mem::offset_of!(Key, list)).cast::<Key>();
            link = (*link).next;
            c::HAL_Free((*entry).key.cast());
            c::HAL_Free(entry.cast());
        }
        c::HAL_Free(head.cast());
    }
}
