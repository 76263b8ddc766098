//! Where `IOT_SetupConnInfo` puts its result.

use std::cell::UnsafeCell;
use std::sync::Mutex;

use super::iotx_conn_info_t;
use crate::base::sync::lock;
use crate::device::ConnInfo;
use crate::ffi::ptr;
use crate::hal::c;

/// Shows the login data to C. The pointer is valid for the life of the process.
pub(crate) fn publish(info: &ConnInfo) -> Result<*mut iotx_conn_info_t, String> {
    CONN_INFO.publish(info)
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
        // Outside of the lock: the firmware's own function may call anything.
        // SAFETY: takes nothing. The text that it returns stays valid.
        let pub_key = unsafe { c::iotx_ca_get() };
        let _writing = lock(&self.writing);
        // SAFETY: the lock makes this the only reference.
        let published = unsafe { &mut *self.info.get() };
        let fits = ptr::fill(&mut published.host_name, &info.host)
            && ptr::fill(&mut published.client_id, &info.client_id)
            && ptr::fill(&mut published.username, &info.username)
            && ptr::fill(&mut published.password, info.password.expose());
        published.port = info.port;
        published.pub_key = pub_key;
        if fits {
            Ok(self.info.get())
        } else {
            Err("the login data is longer than iotx_conn_info_t holds".into())
        }
    }
}
