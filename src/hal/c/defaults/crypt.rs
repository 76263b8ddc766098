//! `HAL_Aes128_*`.

use std::ffi::{c_int, c_void};
use std::sync::Mutex;

use libc::size_t;

use super::values::{FAILED, fail, refuse};
use crate::base::sync::lock;
use crate::ffi::objects::Objects;
use crate::hal::c::AES_DIR_t;
use crate::hal::c::entry::guard;
use crate::hal::c::enums::AES_DIR_t as Direction;
use crate::hal::c::p_HAL_Aes128_t;
use crate::hal::linux::crypt::{BLOCK, Context, Mode};

static CONTEXTS: Objects<Mutex<Context>> = Objects::new();

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Aes128_Init(
    key: *const u8,
    iv: *const u8,
    dir: AES_DIR_t,
) -> p_HAL_Aes128_t {
    const FUNCTION: &str = "HAL_Aes128_Init";
    const ENCRYPT: AES_DIR_t = Direction::HAL_AES_ENCRYPTION as AES_DIR_t;
    const DECRYPT: AES_DIR_t = Direction::HAL_AES_DECRYPTION as AES_DIR_t;
    guard(|| {
        // SAFETY: the caller passes 16 bytes each, or NULL; bytes need no alignment.
        let (key, iv) =
            unsafe { (key.cast::<[u8; BLOCK]>().as_ref(), iv.cast::<[u8; BLOCK]>().as_ref()) };
        match (key, iv, dir) {
            (Some(key), Some(iv), ENCRYPT | DECRYPT) => {
                CONTEXTS.insert(Mutex::new(Context::new(key, iv, dir == ENCRYPT))).as_ptr()
            }
            (Some(_), Some(_), _) => {
                fail(FUNCTION, std::ptr::null_mut(), &format_args!("there is no direction {dir}"))
            }
            _ => refuse(FUNCTION, std::ptr::null_mut()),
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Aes128_Destroy(aes: p_HAL_Aes128_t) -> c_int {
    guard(|| {
        if CONTEXTS.remove(aes).is_none() {
            return refuse("HAL_Aes128_Destroy", FAILED);
        }
        0
    })
}

/// # Safety
/// `src` and `dst` are NULL or have `len` bytes, and are the same or do not overlap.
unsafe fn apply(
    function: &str,
    mode: Mode,
    aes: p_HAL_Aes128_t,
    src: *const c_void,
    len: Option<usize>,
    dst: *mut c_void,
) -> c_int {
    guard(|| {
        let context = CONTEXTS.get(aes);
        // A longer slice than this cannot be.
        let len = len.filter(|len| isize::try_from(*len).is_ok());
        let (Some(context), Some(len), false, false) = (context, len, src.is_null(), dst.is_null())
        else {
            return refuse(function, FAILED);
        };
        // SAFETY: as the caller promises; the copy takes any overlap.
        let data = unsafe {
            std::ptr::copy(src.cast::<u8>(), dst.cast::<u8>(), len);
            std::slice::from_raw_parts_mut(dst.cast(), len)
        };
        if lock(&context).apply(mode, data) {
            0
        } else {
            fail(function, FAILED, &"the context is for another direction or mode")
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Aes128_Cbc_Encrypt(
    aes: p_HAL_Aes128_t,
    src: *const c_void,
    block_num: size_t,
    dst: *mut c_void,
) -> c_int {
    let len = block_num.checked_mul(BLOCK);
    // SAFETY: the caller passes so many blocks, or NULL.
    unsafe { apply("HAL_Aes128_Cbc_Encrypt", Mode::CbcEncrypt, aes, src, len, dst) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Aes128_Cbc_Decrypt(
    aes: p_HAL_Aes128_t,
    src: *const c_void,
    block_num: size_t,
    dst: *mut c_void,
) -> c_int {
    let len = block_num.checked_mul(BLOCK);
    // SAFETY: the caller passes so many blocks, or NULL.
    unsafe { apply("HAL_Aes128_Cbc_Decrypt", Mode::CbcDecrypt, aes, src, len, dst) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Aes128_Cfb_Encrypt(
    aes: p_HAL_Aes128_t,
    src: *const c_void,
    length: size_t,
    dst: *mut c_void,
) -> c_int {
    // SAFETY: the caller passes so many bytes, or NULL.
    unsafe { apply("HAL_Aes128_Cfb_Encrypt", Mode::CfbEncrypt, aes, src, Some(length), dst) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Aes128_Cfb_Decrypt(
    aes: p_HAL_Aes128_t,
    src: *const c_void,
    length: size_t,
    dst: *mut c_void,
) -> c_int {
    // SAFETY: the caller passes so many bytes, or NULL.
    unsafe { apply("HAL_Aes128_Cfb_Decrypt", Mode::CfbDecrypt, aes, src, Some(length), dst) }
}
