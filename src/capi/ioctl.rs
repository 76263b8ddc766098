//! `IOT_Ioctl`.

use std::ffi::{c_char, c_int, c_void};

use super::abi::{Abi as _, FAIL_RETURN, IoctlOption, Release, SUCCESS_RETURN};
use super::callbacks;
use super::sdk::SDK;
use crate::cloud::servers::ServerText;
use crate::device::Setting;
use crate::ffi::ptr;
use crate::hal::c::entry::guard;

const TARGET: &str = "IOT_Ioctl";

/// Beyond the C SDK, which decides it when it is built: sets how a device logs in. 1: directly at
/// the region's MQTT server (`FEATURE_MQTT_DIRECT` = y); 0: it authenticates over HTTPS first, and
/// the cloud assigns the MQTT server (`FEATURE_MQTT_DIRECT` = n, the Living Platform's mode). No
/// release of the C SDK has an option with this number.
pub const LINKKIT_IOCTL_SET_MQTT_DIRECT: c_int = 0x4C4B_0001;

/// Gets how a device logs in.
pub const LINKKIT_IOCTL_GET_MQTT_DIRECT: c_int = 0x4C4B_0002;

fn option(number: c_int) -> Option<IoctlOption> {
    match number {
        LINKKIT_IOCTL_SET_MQTT_DIRECT => Some(IoctlOption::Int(Setting::SetMqttDirect)),
        LINKKIT_IOCTL_GET_MQTT_DIRECT => Some(IoctlOption::Int(Setting::GetMqttDirect)),
        number => Release::option(number),
    }
}

/// Sets or gets a parameter of the SDK.
///
/// `option` is one of `iotx_ioctl_option_t` or `LINKKIT_IOCTL_*`; `data` points to an `int`, which
/// is read by a `SET` and written by a `GET`, where nothing else is said there. May be called at any
/// time from any thread; what is set counts from the next `IOT_SetupConnInfo` on.
///
/// # Returns
/// 0 on success; -1 when the option is unknown, `data` is NULL or the value is out of range: then
/// nothing has changed. The C SDK stores a region that does not exist, and connects to Shanghai.
///
/// # Safety
/// `data` is either NULL or points to what the option takes: an `int`, or a string that ends with a
/// NUL. None is kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_Ioctl(option: c_int, data: *mut c_void) -> c_int {
    guard(|| {
        let Some(option) = self::option(option) else {
            ::log::error!(target: TARGET, "Unknown Ioctl Option {option}");
            return FAIL_RETURN;
        };
        if data.is_null() {
            ::log::error!(target: TARGET, "Invalid Parameter: data is NULL");
            callbacks::null_pointer(c"IOT_Ioctl");
            return FAIL_RETURN;
        }
        let outcome = match option {
            // SAFETY: not NULL, so it is what the option takes, as the caller promises.
            IoctlOption::Int(option) => unsafe { number(option, data.cast()) },
            // SAFETY: as above.
            IoctlOption::Short(option) => unsafe { short(option, data.cast()) },
            // SAFETY: as above.
            IoctlOption::Text(what) => unsafe { text(what, data.cast()) },
            IoctlOption::Unsupported(name) => Err(format!("{name} is not supported yet")),
        };
        match outcome {
            Ok(()) => SUCCESS_RETURN,
            Err(why) => {
                ::log::error!(target: TARGET, "Invalid Parameter: {why}");
                FAIL_RETURN
            }
        }
    })
}

/// # Safety
/// `data` points to an int, which may lie at any address when firmware packs its structures.
unsafe fn number(option: Setting, data: *mut c_int) -> Result<(), String> {
    // SAFETY: as the caller promises.
    let mut value = unsafe { data.read_unaligned() };
    SDK.ioctl(option, &mut value).map_err(|error| error.to_string())?;
    // SAFETY: as the caller promises. A value that was set is written back as it was.
    unsafe { data.write_unaligned(value) };
    Ok(())
}

/// # Safety
/// `data` points to a number of 16 bits or, where the lower half comes first, of more.
unsafe fn short(option: Setting, data: *const u16) -> Result<(), String> {
    // SAFETY: as the caller promises.
    let mut value = c_int::from(unsafe { data.read_unaligned() });
    SDK.ioctl(option, &mut value).map_err(|error| error.to_string())
}

/// # Safety
/// `data` is a string that ends with a NUL.
unsafe fn text(what: ServerText, data: *const c_char) -> Result<(), String> {
    // SAFETY: as the caller promises.
    let text = unsafe { ptr::required(data) }.map_err(|bad| format!("the text {bad}"))?;
    SDK.set_server_text(what, text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_s_own_options_are_there_in_every_release() {
        assert_eq!(option(1_279_983_617), Some(IoctlOption::Int(Setting::SetMqttDirect)));
        assert_eq!(option(1_279_983_618), Some(IoctlOption::Int(Setting::GetMqttDirect)));
        assert_eq!(option(0), Some(IoctlOption::Int(Setting::SetRegion)));
        assert_eq!(option(1_279_983_616), None);
    }
}
