//! `LITE_json_value_of`, which all releases have.

#[cfg(abi = "2.2")]
mod lists;

use std::ffi::{c_char, c_void};

use super::callbacks;
use crate::base::lite_json;
use crate::ffi::ptr;
use crate::hal::c;
use crate::hal::c::entry::guard;

/// Finds a value in JSON text by a path of names with dots between them, `data.list[2].name`, where an
/// array's items count from 1.
///
/// A string comes without its quotes, and its escapes stay as they are. The C SDK takes further arguments, for its statistics of
/// memory, which are not looked at.
///
/// # Returns
/// The value as text with a NUL, to be freed by `HAL_Free`; NULL when there is none, a parameter is
/// NULL or empty, the text is not JSON, or there is no memory.
///
/// # Safety
/// Each text is either NULL or ends with a NUL; none is kept.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn LITE_json_value_of(
    key: *mut c_char,
    src: *mut c_char,
) -> *mut c_char {
    guard(|| {
        // SAFETY: as the caller promises.
        let (Ok(key), Ok(text)) = (unsafe { (ptr::required(key), ptr::required(src)) }) else {
            return std::ptr::null_mut();
        };
        lite_json::value(text, key).map_or(std::ptr::null_mut(), to_c)
    })
}

/// A copy that C frees by `HAL_Free`; NULL when there is no memory.
pub(crate) fn to_c(text: &str) -> *mut c_char {
    let Ok(size) = u32::try_from(text.len() + 1) else { return std::ptr::null_mut() };
    // SAFETY: takes a number.
    let copy: *mut c_void = unsafe { c::HAL_Malloc(size) };
    if copy.is_null() {
        callbacks::no_memory(c"LITE_json_value_of");
        return std::ptr::null_mut();
    }
    // SAFETY: the buffer is new and has room for the text and a NUL.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), copy.cast(), text.len());
        copy.cast::<u8>().add(text.len()).write(0);
    }
    copy.cast()
}
