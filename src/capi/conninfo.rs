//! `IOT_SetupConnInfo`.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int, c_void};
use std::sync::Mutex;

use super::boundary::guard;
use super::ptr::{self, BadText};
use super::release::{FAIL_RETURN, SUCCESS_RETURN, iotx_conn_info_t};
use super::sdk::SDK;
use crate::conninfo::ConnInfo;
use crate::error::chain;
use crate::hal::import;
use crate::sync::lock;

const TARGET: &str = "IOT_SetupConnInfo";

/// Makes everything that an MQTT login needs of a device's identity.
///
/// Without dynamic registration (`IOTX_IOCTL_SET_DYNAMIC_REGISTER` 0) `device_secret` is the
/// device's secret. With it `device_secret` is not looked at: the secret is read from the store
/// (`HAL_Kv_Get`), or fetched from the cloud by HTTPS with the product secret
/// (`HAL_GetProductSecret`), stored (`HAL_Kv_Set`) and handed to `HAL_SetDeviceSecret`. A secret
/// that `HAL_Kv_Set` does not take is used from memory and offered to it again later; the C SDK
/// loses it for ever. A stored secret of another device is neither used nor replaced: a second
/// entry, `<key>.owner`, says whose it is. Without that entry, as the C SDK and a firmware's own
/// `HAL_Kv_Set` leave it, the secret is taken for this device's.
///
/// With HTTPS authentication (`LINKKIT_IOCTL_SET_MQTT_DIRECT` 0, or the build's choice) the cloud is
/// then asked, over HTTPS, for the MQTT server to connect to and the user name and password there.
///
/// On success `*info_ptr` points to an `iotx_conn_info_t` that the library owns: it must not be
/// freed, is valid for the life of the process, and is overwritten by the next call. Otherwise
/// `*info_ptr` is NULL.
///
/// Blocks for at most 10 seconds in all (which a firmware's own `HAL_TCP_Establish` can outlast), in
/// which `HAL_*` functions are called on this thread.
///
/// # Returns
/// 0 on success; -1 otherwise, and the log says why in words.
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
    guard(FAIL_RETURN, || {
        if info_ptr.is_null() {
            ::log::error!(target: TARGET, "Invalid argument, info_ptr = NULL");
            return FAIL_RETURN;
        }
        // SAFETY: not NULL, so it points to a pointer as the caller promises.
        unsafe { info_ptr.write_unaligned(std::ptr::null_mut()) };
        // SAFETY: each is NULL or a string, as the caller promises.
        let info = unsafe { set_up(product_key, device_name, device_secret) };
        match info.and_then(|info| CONN_INFO.publish(&info)) {
            Ok(published) => {
                // SAFETY: as above.
                unsafe { info_ptr.write_unaligned(published.cast()) };
                SUCCESS_RETURN
            }
            Err(why) => {
                ::log::error!(target: TARGET, "{why}");
                FAIL_RETURN
            }
        }
    })
}

/// # Safety
/// Each argument is either NULL or a string that ends with a NUL.
unsafe fn set_up(
    product_key: *const c_char,
    device_name: *const c_char,
    device_secret: *const c_char,
) -> Result<ConnInfo, String> {
    let named = |what: &'static str| move |bad: BadText| format!("Invalid argument: {what} {bad}");
    // SAFETY: as the caller promises.
    let product_key = unsafe { ptr::required(product_key) }.map_err(named("product_key"))?;
    // SAFETY: as the caller promises.
    let device_name = unsafe { ptr::required(device_name) }.map_err(named("device_name"))?;
    // SAFETY: as the caller promises.
    let device_secret = unsafe { ptr::optional(device_secret) }.map_err(named("device_secret"))?;
    SDK.setup_conn_info(import::hal(), product_key, device_name, device_secret)
        .map_err(|error| chain(&error))
}

/// The structure whose address C gets: one a process, as in the C SDK.
struct Published {
    writing: Mutex<()>,
    info: UnsafeCell<iotx_conn_info_t>,
}

// SAFETY: `info` is written only under the lock. C reads it without one, and is told when.
unsafe impl Sync for Published {}

static CONN_INFO: Published = Published {
    writing: Mutex::new(()),
    info: UnsafeCell::new(iotx_conn_info_t {
        port: 0,
        host_name: [0; 129],
        client_id: [0; 257],
        username: [0; 513],
        password: [0; 257],
        pub_key: std::ptr::null(),
    }),
};

impl Published {
    fn publish(&self, info: &ConnInfo) -> Result<*mut iotx_conn_info_t, String> {
        let _writing = lock(&self.writing);
        // SAFETY: the lock makes this the only reference.
        let published = unsafe { &mut *self.info.get() };
        let fits = ptr::fill(&mut published.host_name, &info.host)
            && ptr::fill(&mut published.client_id, &info.client_id)
            && ptr::fill(&mut published.username, &info.username)
            && ptr::fill(&mut published.password, info.password.expose());
        published.port = info.port;
        // SAFETY: takes nothing. The text that it returns stays valid.
        published.pub_key = unsafe { import::iotx_ca_get() };
        if fits {
            Ok(self.info.get())
        } else {
            Err("the login data is longer than iotx_conn_info_t holds".into())
        }
    }
}
