//! `IOT_Ioctl`.

use std::ffi::{c_int, c_void};

use super::boundary::guard;
use super::release::{self, FAIL_RETURN, SUCCESS_RETURN};
use super::sdk::SDK;
use crate::conninfo::Ioctl;

/// Beyond the C SDK, which decides it when it is built: sets how a device logs in. 1: directly at
/// the region's MQTT server (`FEATURE_MQTT_DIRECT` = y); 0: it authenticates over HTTPS first, and
/// the cloud assigns the MQTT server (`FEATURE_MQTT_DIRECT` = n, the Living Platform's mode). No
/// release of the C SDK has an option with this number.
pub const LINKKIT_IOCTL_SET_MQTT_DIRECT: c_int = 0x4C4B_0001;

/// Gets how a device logs in.
pub const LINKKIT_IOCTL_GET_MQTT_DIRECT: c_int = 0x4C4B_0002;

fn option(number: c_int) -> Option<Ioctl> {
    match number {
        LINKKIT_IOCTL_SET_MQTT_DIRECT => Some(Ioctl::SetMqttDirect),
        LINKKIT_IOCTL_GET_MQTT_DIRECT => Some(Ioctl::GetMqttDirect),
        number => release::ioctl(number),
    }
}

/// Sets or gets a parameter of the SDK.
///
/// `option` is one of `iotx_ioctl_option_t` or `LINKKIT_IOCTL_*`; `data` points to an `int`, which
/// is read by a `SET` and written by a `GET`. May be called at any time from any thread; a new value
/// counts from the next `IOT_SetupConnInfo` on.
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
        let Some(option) = self::option(option) else {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_s_own_options_are_there_in_every_release() {
        assert_eq!(option(1_279_983_617), Some(Ioctl::SetMqttDirect));
        assert_eq!(option(1_279_983_618), Some(Ioctl::GetMqttDirect));
        assert_eq!(option(0), Some(Ioctl::SetRegion));
        assert_eq!(option(1_279_983_616), None);
    }
}
