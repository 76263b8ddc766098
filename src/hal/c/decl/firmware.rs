//! New firmware.

use std::ffi::{c_char, c_int};

unsafe extern "C" {
    /// Begins to store new firmware, in the place of what was stored before.
    ///
    /// The library's own writes `firmware.bin` beside the file of `HAL_Kv_Set`, or the file that the
    /// environment variable `LINKKIT_FIRMWARE_FILE` names.
    pub fn HAL_Firmware_Persistence_Start();
    /// Stores the next part. Returns 0, or -1 on failure: then no part is taken until the next
    /// start.
    pub fn HAL_Firmware_Persistence_Write(buffer: *mut c_char, length: u32) -> c_int;
    /// Ends storing. Returns 0 when all parts are on the disk under the final name, or -1: then
    /// what was there before is still there.
    pub fn HAL_Firmware_Persistence_Stop() -> c_int;
}
