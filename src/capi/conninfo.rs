//! `IOT_SetupConnInfo`.

use std::ffi::{c_char, c_int, c_void};

use super::abi::{Abi as _, FAIL_RETURN, Release, SUCCESS_RETURN, iotx_conn_info_t};
use super::sdk::SDK;
use crate::base::error::{Error, chain};
use crate::base::sync::OneAtATime;
use crate::device::ConnInfo;
use crate::ffi::ptr::{self, BadText};
use crate::hal::c::entry::guard;
use crate::hal::c::{self, hal};

const TARGET: &str = "IOT_SetupConnInfo";

/// For all of a set-up, since the firmware's functions are called until its end.
static SETTING_UP: OneAtATime = OneAtATime::new();

/// Makes everything that an MQTT login needs of a device's identity.
///
/// Without dynamic registration (`IOTX_IOCTL_SET_DYNAMIC_REGISTER` 0) `device_secret` is the
/// device's secret. With it `device_secret` is not looked at: the secret is read from the store
/// (`HAL_Kv_Get`), or fetched from the cloud by HTTPS with the product secret
/// (`HAL_GetProductSecret`), stored (`HAL_Kv_Set`) and handed to `HAL_SetDeviceSecret`. A secret
/// that `HAL_Kv_Set` does not take is used from memory and offered to it again later; the C SDK
/// loses it for ever. The library's own store is tried first: what it cannot keep is not asked for. A stored secret of another device is neither used nor replaced: a second
/// entry, `<key>.owner`, says whose it is. Without that entry, as the C SDK and a firmware's own
/// `HAL_Kv_Set` leave it, the secret is taken for this device's.
///
/// With HTTPS authentication (`LINKKIT_IOCTL_SET_MQTT_DIRECT` 0, or the build's choice) the cloud is
/// then asked, over HTTPS, for the MQTT server to connect to and the user name and password there.
///
/// On success `*info_ptr` points to an `iotx_conn_info_t` that the library owns: it must not be
/// freed, is valid for the life of the process, and is overwritten by the next call. Otherwise
/// `*info_ptr` is NULL. From release 2.3.0 on `info_ptr` may be NULL, and the functions `HAL_Set*` are
/// told who the device is.
///
/// Blocks for at most 10 seconds in all (which a firmware's own `HAL_TCP_Establish` can outlast), in
/// which `HAL_*` functions are called on this thread. A second thread waits until the first is done.
///
/// # Returns
/// 0 on success; -1 otherwise, and the log says why in words. -1 also in a function of the firmware's
/// that is called from inside of this one.
///
/// # Safety
/// Each string is either NULL or ends with a NUL; none is kept. `info_ptr` is either NULL or points
/// to a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_SetupConnInfo(
    product_key: *const c_char,
    device_name: *const c_char,
    device_secret: *const c_char,
    info_ptr: *mut *mut c_void,
) -> c_int {
    guard(|| {
        if info_ptr.is_null() && !Release::INFO_MAY_BE_NULL {
            ::log::error!(target: TARGET, "Invalid argument, info_ptr = NULL");
            return FAIL_RETURN;
        }
        let tell = |info: *mut iotx_conn_info_t| {
            if !info_ptr.is_null() {
                // SAFETY: not NULL, so it points to a pointer as the caller promises.
                unsafe { info_ptr.write_unaligned(info.cast()) };
            }
        };
        tell(std::ptr::null_mut());
        // SAFETY: each is NULL or a string, as the caller promises.
        match unsafe { set_up(product_key, device_name, device_secret) } {
            Ok((_, info)) => {
                tell(info);
                SUCCESS_RETURN
            }
            Err(why) => {
                ::log::error!(target: TARGET, "{why}");
                FAIL_RETURN
            }
        }
    })
}

/// Makes the login data and puts it where C sees it. Another thread may change it there at any time,
/// so who goes on with it here takes the one that is returned.
///
/// # Safety
/// Each argument is either NULL or a string that ends with a NUL.
pub(crate) unsafe fn set_up(
    product_key: *const c_char,
    device_name: *const c_char,
    device_secret: *const c_char,
) -> Result<(ConnInfo, *mut iotx_conn_info_t), String> {
    let Some(_inside) = SETTING_UP.enter() else { return Err(Error::CalledInside.to_string()) };
    let named = |what: &'static str| move |bad: BadText| format!("Invalid argument: {what} {bad}");
    // SAFETY: as the caller promises.
    let texts = unsafe {
        (
            ptr::required(product_key).map_err(named("product_key"))?,
            ptr::required(device_name).map_err(named("device_name"))?,
            ptr::optional(device_secret).map_err(named("device_secret"))?,
        )
    };
    // SAFETY: strings, as the caller promises, and the first two are not NULL, as was just seen.
    unsafe { tell_hal(product_key, device_name, device_secret) };
    let info =
        SDK.setup_conn_info(hal(), texts.0, texts.1, texts.2).map_err(|error| chain(&error))?;
    let published = Release::publish(&info)?;
    Ok((info, published))
}

/// Tells the HAL who the device is, where the release does.
///
/// # Safety
/// `product_key` and `device_name` end with a NUL; `device_secret` does, or is NULL.
unsafe fn tell_hal(
    product_key: *const c_char,
    device_name: *const c_char,
    device_secret: *const c_char,
) {
    if !Release::HAL_KNOWS_IDENTITY {
        return;
    }
    // SAFETY: each is a string, as the caller promises or is checked here. A port does not write to
    // what it is given to keep, though C does not say so.
    unsafe {
        c::HAL_SetProductKey(product_key.cast_mut());
        c::HAL_SetDeviceName(device_name.cast_mut());
        if !device_secret.is_null() {
            c::HAL_SetDeviceSecret(device_secret.cast_mut());
        }
    }
}
