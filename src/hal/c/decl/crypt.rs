//! AES-128.

use std::ffi::{c_int, c_void};

use libc::size_t;

use super::types::{AES_DIR_t, p_HAL_Aes128_t};

unsafe extern "C" {
    /// Makes an AES-128 context.
    ///
    /// `key`, `iv`: 16 bytes each; `dir`: which way it will be used. Returns a handle for the
    /// functions below, or NULL on failure. A context goes on where its last call ended.
    pub fn HAL_Aes128_Init(key: *const u8, iv: *const u8, dir: AES_DIR_t) -> p_HAL_Aes128_t;
    /// Wipes and frees a context. Returns 0, or -1 when `aes` is none (any more).
    pub fn HAL_Aes128_Destroy(aes: p_HAL_Aes128_t) -> c_int;
    /// Encrypts blocks of 16 bytes in CBC mode. `dst` may be `src`. Returns 0, or -1.
    pub fn HAL_Aes128_Cbc_Encrypt(
        aes: p_HAL_Aes128_t,
        src: *const c_void,
        blockNum: size_t,
        dst: *mut c_void,
    ) -> c_int;
    /// Decrypts blocks of 16 bytes in CBC mode. `dst` may be `src`. Returns 0, or -1.
    pub fn HAL_Aes128_Cbc_Decrypt(
        aes: p_HAL_Aes128_t,
        src: *const c_void,
        blockNum: size_t,
        dst: *mut c_void,
    ) -> c_int;
    /// Encrypts bytes in CFB mode. `dst` may be `src`. Returns 0, or -1.
    pub fn HAL_Aes128_Cfb_Encrypt(
        aes: p_HAL_Aes128_t,
        src: *const c_void,
        length: size_t,
        dst: *mut c_void,
    ) -> c_int;
    /// Decrypts bytes in CFB mode. `dst` may be `src`. Returns 0, or -1.
    pub fn HAL_Aes128_Cfb_Decrypt(
        aes: p_HAL_Aes128_t,
        src: *const c_void,
        length: size_t,
        dst: *mut c_void,
    ) -> c_int;
}
