//! Memory that crosses the C interface: the C library's own, because firmware frees a buffer of
//! `HAL_Malloc` by `free`, and hands one of `malloc` to a function that calls `HAL_Free`.

use std::ffi::c_void;

/// Allocates `size` bytes; NULL when there are none left.
pub(crate) fn allocate(size: u32) -> *mut c_void {
    let Ok(size) = usize::try_from(size) else { return std::ptr::null_mut() };
    // SAFETY: malloc takes any size.
    unsafe { libc::malloc(size) }
}

/// Allocates room for `count` things of `size` bytes, all zeroes; NULL when there is none left.
pub(crate) fn allocate_zeroed(count: u32, size: u32) -> *mut c_void {
    // SAFETY: calloc takes any numbers.
    unsafe { libc::calloc(count as usize, size as usize) }
}

/// Changes a buffer's size; NULL, and the buffer is as it was, when there is no memory.
///
/// # Safety
/// As for [`release`], unless NULL is returned.
pub(crate) unsafe fn resize(ptr: *mut c_void, size: u32) -> *mut c_void {
    // SAFETY: as the caller promises.
    unsafe { libc::realloc(ptr, size as usize) }
}

/// Frees a buffer.
///
/// # Safety
/// `ptr` is either NULL or a live buffer of the C library's allocator, and is not used afterwards.
pub(crate) unsafe fn release(ptr: *mut c_void) {
    // SAFETY: as the caller promises.
    unsafe { libc::free(ptr) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_library_and_the_hal_share_one_heap() {
        let ours = allocate(16);
        assert!(!ours.is_null());
        // SAFETY: the buffer is live, 16 bytes long, and freed once.
        unsafe {
            ours.cast::<u8>().write_bytes(0xA5, 16);
            libc::free(ours);
        }
        // SAFETY: as above, the other way round; and NULL may be freed.
        unsafe {
            release(libc::malloc(16));
            release(std::ptr::null_mut());
        }
    }
}
