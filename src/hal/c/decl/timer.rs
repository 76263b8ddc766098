//! Timers.

use std::ffi::{c_char, c_int, c_void};

unsafe extern "C" {
    /// Makes a timer, which is not running.
    ///
    /// `name`: for the reader; `func`: is called with `user_data` in a thread of the timer's when
    /// the time is up. Returns a handle for the functions below, or NULL when `func` is.
    pub fn HAL_Timer_Create(
        name: *const c_char,
        func: Option<unsafe extern "C" fn(*mut c_void)>,
        user_data: *mut c_void,
    ) -> *mut c_void;
    /// Starts a timer, anew if it runs: `func` is called once, in `ms` milliseconds; 0 stops it.
    /// Returns 0, or -1 when `t` is no timer (any more) or `ms` is negative.
    pub fn HAL_Timer_Start(t: *mut c_void, ms: c_int) -> c_int;
    /// Stops a timer. `func` may be running at this moment. Returns 0, or -1 when `t` is no
    /// timer (any more).
    pub fn HAL_Timer_Stop(t: *mut c_void) -> c_int;
    /// Stops a timer and frees it, also from inside its function. Returns 0, or -1 when it is none
    /// (any more).
    pub fn HAL_Timer_Delete(timer: *mut c_void) -> c_int;
}
