//! `IOT_Ioctl`.

use std::ffi::{c_int, c_void};

use super::boundary::guard;
use super::release::{self, FAIL_RETURN, SUCCESS_RETURN};
use super::sdk::SDK;

/// Sets or gets a parameter of the SDK.
///
/// `option` is one of `iotx_ioctl_option_t`; `data` points to an `int`, which is read by a `SET`
/// and written by a `GET`. May be called at any time from any thread; a new region counts from the
/// next `IOT_SetupConnInfo` on.
///
/// # Returns
/// 0 on success; -1 when the option is unknown, `data` is NULL or the value is out of range: then
/// nothing has changed. The C SDK stores a region that does not exist, and connects to Shanghai.
///
/// # Safety
/// `data` is either NULL or points to an `int`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_Ioctl(option: c_int, data: *mut c_void) -> c_int {
    const TARGET: &str = "IOT_Ioctl";
    guard(FAIL_RETURN, || {
        // SAFETY: the caller promises an int behind a pointer that is not NULL; it may lie at any
        // address when firmware packs its structures.
        let Some(mut value) =
            (!data.is_null()).then(|| unsafe { data.cast::<c_int>().read_unaligned() })
        else {
            ::log::error!(target: TARGET, "Invalid Parameter: data is NULL");
            return FAIL_RETURN;
        };
        let Some(option) = release::ioctl(option) else {
            ::log::error!(target: TARGET, "Unknown Ioctl Option {option}");
            return FAIL_RETURN;
        };
        if let Err(error) = SDK.ioctl(option, &mut value) {
            ::log::error!(target: TARGET, "Invalid Parameter: {error}");
            return FAIL_RETURN;
        }
        // SAFETY: as above. A value that was set is written back as it was.
        unsafe { data.cast::<c_int>().write_unaligned(value) };
        SUCCESS_RETURN
    })
}
