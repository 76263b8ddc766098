//! Where `IOT_SetupConnInfo` puts its result.

use std::cell::UnsafeCell;
use std::ffi::c_char;
use std::sync::Mutex;

use super::iotx_conn_info_t;
use crate::base::sync::lock;
use crate::capi::abi::{CLIENT_ID_LEN, HOST_ADDRESS_LEN, PASSWORD_LEN, USER_NAME_LEN};
use crate::device::ConnInfo;
use crate::ffi::ptr;
use crate::hal::c;

/// Shows the login data to C. The pointer is valid for the life of the process.
pub(crate) fn publish(info: &ConnInfo) -> Result<*mut iotx_conn_info_t, String> {
    CONN_INFO.publish(info)
}

/// The texts, and the structure of pointers to them.
struct Published {
    writing: Mutex<()>,
    data: UnsafeCell<Data>,
}

struct Data {
    info: iotx_conn_info_t,
    host_name: [c_char; HOST_ADDRESS_LEN + 1],
    client_id: [c_char; CLIENT_ID_LEN + 1],
    username: [c_char; USER_NAME_LEN + 1],
    password: [c_char; PASSWORD_LEN + 1],
}

// SAFETY: `data` is written only under the lock. C reads it without one, and is told when.
unsafe impl Sync for Published {}

static CONN_INFO: Published = Published {
    writing: Mutex::new(()),
    data: UnsafeCell::new(Data {
        info: iotx_conn_info_t {
            port: 0,
            init: 0,
            host_name: std::ptr::null_mut(),
            client_id: std::ptr::null_mut(),
            username: std::ptr::null_mut(),
            password: std::ptr::null_mut(),
            pub_key: std::ptr::null(),
        },
        host_name: [0; HOST_ADDRESS_LEN + 1],
        client_id: [0; CLIENT_ID_LEN + 1],
        username: [0; USER_NAME_LEN + 1],
        password: [0; PASSWORD_LEN + 1],
    }),
};

impl Published {
    fn publish(&self, info: &ConnInfo) -> Result<*mut iotx_conn_info_t, String> {
        // Outside of the lock: the firmware's own function may call anything.
        // SAFETY: takes nothing. The text that it returns stays valid.
        let pub_key = unsafe { c::iotx_ca_get() };
        let _writing = lock(&self.writing);
        // SAFETY: the lock makes this the only reference.
        let data = unsafe { &mut *self.data.get() };
        let fits = ptr::fill(&mut data.host_name, &info.host)
            && ptr::fill(&mut data.client_id, &info.client_id)
            && ptr::fill(&mut data.username, &info.username)
            && ptr::fill(&mut data.password, info.password.expose());
        data.info = iotx_conn_info_t {
            port: info.port,
            init: u8::from(fits),
            host_name: data.host_name.as_mut_ptr(),
            client_id: data.client_id.as_mut_ptr(),
            username: data.username.as_mut_ptr(),
            password: data.password.as_mut_ptr(),
            pub_key,
        };
        if fits {
            // SAFETY: the data lives as long as the process.
            Ok(unsafe { &raw mut (*self.data.get()).info })
        } else {
            Err("the login data is longer than iotx_conn_info_t holds".into())
        }
    }
}
