//! Timers.

use std::ffi::{c_char, c_int, c_uint, c_void};

use super::values::{FAILED, milliseconds, outcome, refuse};
use crate::ffi::context::Context;
use crate::ffi::objects::Objects;
use crate::hal::c::entry::guard;
use crate::hal::linux::timer::Timer;

static TIMERS: Objects<Timer> = Objects::new();

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Timer_Create(
    _name: *const c_char,
    func: Option<unsafe extern "C" fn(*mut c_void)>,
    user_data: *mut c_void,
) -> *mut c_void {
    guard(|| {
        let Some(function) = func else {
            return refuse("HAL_Timer_Create", std::ptr::null_mut());
        };
        let context = Context::new(user_data);
        // SAFETY: the firmware gave the function to be called so.
        let call = move || unsafe { function(context.pointer()) };
        TIMERS.insert(Timer::new(Box::new(call))).as_ptr()
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Timer_Start(t: *mut c_void, ms: c_int) -> c_int {
    guard(|| match (TIMERS.get(t), c_uint::try_from(ms)) {
        (Some(timer), Ok(0)) => {
            timer.stop();
            0
        }
        (Some(timer), Ok(ms)) => outcome("HAL_Timer_Start", timer.start(milliseconds(ms))),
        _ => refuse("HAL_Timer_Start", FAILED),
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Timer_Stop(t: *mut c_void) -> c_int {
    guard(|| {
        let Some(timer) = TIMERS.get(t) else {
            return refuse("HAL_Timer_Stop", FAILED);
        };
        timer.stop();
        0
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Timer_Delete(timer: *mut c_void) -> c_int {
    guard(|| {
        if TIMERS.remove(timer).is_none() {
            return refuse("HAL_Timer_Delete", FAILED);
        }
        0
    })
}
