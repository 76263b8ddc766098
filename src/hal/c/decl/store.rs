//! What the device keeps: keys with values, a configuration.

use std::ffi::{c_char, c_int, c_void};

unsafe extern "C" {
    /// Stores a value, in the place of an earlier one, so that it survives a loss of power.
    ///
    /// `key`: NUL-terminated UTF-8, 1 to 128 bytes; `val`: the value; `len`: its length in bytes,
    /// at most 64 KiB; `sync`: ignored, the value is always on the disk when the function returns.
    /// Returns 0, or -1 on failure.
    ///
    /// The library's own keeps all of them in one file: `$LINKKIT_KV_FILE`, else
    /// `/var/lib/linkkit/kv.json` where that can be written, else
    /// `$XDG_STATE_HOME/linkkit/kv.json`, which is usually under `~/.local/state`.
    ///
    /// What the C SDK left behind is copied into it once, as soon as it can be read: the file that
    /// 2.3.0 and later keep in the working folder, before 2.2.1's `/tmp/kvfile.db`. Each stays in
    /// place; what of it is damaged is left out and named in the log. It is refused, and looked for
    /// again, unless it is a plain file of this user or of root that nobody else may write to.
    pub fn HAL_Kv_Set(key: *const c_char, val: *const c_void, len: c_int, sync: c_int) -> c_int;
    /// Reads a value.
    ///
    /// `key`: as for `HAL_Kv_Set`; `buffer`: receives the value, without a NUL; `buffer_len`: the
    /// room in bytes on entry, the value's length on success. Returns 0, or -1 when there is no
    /// such value, it is longer than the room, or it could not be read; then nothing is written.
    pub fn HAL_Kv_Get(key: *const c_char, buffer: *mut c_void, buffer_len: *mut c_int) -> c_int;
    /// Removes a value.
    ///
    /// `key`: as for `HAL_Kv_Set`. Returns 0, also when there was none, or -1 on failure.
    pub fn HAL_Kv_Del(key: *const c_char) -> c_int;

    /// Removes all values.
    ///
    /// Returns 0, also when there were none, or -1 on failure.
    pub fn HAL_Kv_Erase_All() -> c_int;
    /// Stores the device's configuration, in the place of an earlier one.
    ///
    /// `buffer`: the bytes; `length`: how many, above 0. Returns 0, or -1 on failure. The library's
    /// own keeps them among the values of `HAL_Kv_Set`, under the key `wifi_config`.
    pub fn HAL_Config_Write(buffer: *const c_char, length: c_int) -> c_int;
    /// Reads the device's configuration.
    ///
    /// `buffer`: receives the bytes; `length`: how many are wanted, above 0. Returns 0, or -1 when
    /// fewer are stored or none; what there is has been read then.
    pub fn HAL_Config_Read(buffer: *mut c_char, length: c_int) -> c_int;
}
