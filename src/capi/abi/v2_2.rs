//! Release 2.2.1: its types, numbers and layouts, and what it does as data.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int};
use std::ops::RangeInclusive;
use std::sync::Mutex;

use super::IoctlOption::Int;
use super::layout::{layout, room};
use super::*;
use crate::base::sync::lock;
use crate::device::dialect::{Dialect, Reports};
use crate::device::{ConnInfo, Setting};
use crate::ffi::ptr;
use crate::hal::c;
use crate::mqtt::QoS;
use crate::mqtt::session::{Handlers, HandlersCount};

/// Release 2.2.1.
pub(crate) struct Release;

impl Abi for Release {
    const DIALECT: Dialect = Dialect {
        sdk_version: "2.2.1.1",
        reports: Reports {
            status_id: None,
            status_qos: QoS::AtMostOnce,
            interfaces: false,
            firmware_id: "3",
            connection: false,
            // Spelt so; the platform expects it.
            version_field: "versoin",
        },
        partner_id_field: "partner_id",
        module_id_field: "module_id",
        mqtt_port: 1883,
        custom_domains: false,
        announced_keep_alives: 1,
        handlers: Handlers { count: HandlersCount::WhileGranted, newest_first: false },
        limits_publishes: false,
    };
    const KEEP_ALIVE_S: RangeInclusive<u32> = 60..=180;
    const CLIENTS: Clients = Clients::Many;
    const INFO_MAY_BE_NULL: bool = false;
    const HAL_KNOWS_IDENTITY: bool = false;
    type ConnInfo = iotx_conn_info_t;
    type MqttParam = iotx_mqtt_param_t;

    fn publish(info: &ConnInfo) -> Result<*mut iotx_conn_info_t, String> {
        CONN_INFO.publish(info)
    }

    fn option(number: c_int) -> Option<IoctlOption> {
        use iotx_ioctl_option_t as Number;

        const OPTIONS: [(Number, IoctlOption); 4] = [
            (Number::IOTX_IOCTL_SET_DOMAIN, Int(Setting::SetRegion)),
            (Number::IOTX_IOCTL_GET_DOMAIN, Int(Setting::GetRegion)),
            (Number::IOTX_IOCTL_SET_DYNAMIC_REGISTER, Int(Setting::SetDynamicRegister)),
            (Number::IOTX_IOCTL_GET_DYNAMIC_REGISTER, Int(Setting::GetDynamicRegister)),
        ];
        OPTIONS.iter().find(|(known, _)| *known as c_int == number).map(|(_, option)| *option)
    }

    /// The firmware must bring both buffers, though they are not used.
    fn check_buffers(params: &iotx_mqtt_param_t) -> Result<(), &'static str> {
        if params.pwrite_buf.is_null() || params.pread_buf.is_null() {
            return Err("pwrite_buf or pread_buf is NULL");
        }
        Ok(())
    }
}

/// How urgent a log line is.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum _IOT_LogLevel {
    /// The system is unusable.
    IOT_LOG_EMERG = 0,
    /// The program is about to end.
    IOT_LOG_CRIT = 1,
    /// Something failed.
    IOT_LOG_ERROR = 2,
    /// Something is not as it should be.
    IOT_LOG_WARNING = 3,
    /// What a user looks for.
    IOT_LOG_INFO = 4,
    /// What a developer looks for.
    IOT_LOG_DEBUG = 5,
}

/// How urgent a log line is.
#[allow(dead_code, unreachable_pub, reason = "the header's, where firmware sees the enumeration")]
pub type IOT_LogLevel = _IOT_LogLevel;

/// The cloud's sites, for `IOTX_IOCTL_SET_DOMAIN`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IOTX_CLOUD_DOMAIN_TYPES {
    /// Shanghai.
    IOTX_CLOUD_DOMAIN_SH = 0,
    /// Singapore.
    IOTX_CLOUD_DOMAIN_SG = 1,
    /// Japan.
    IOTX_CLOUD_DOMAIN_JP = 2,
    /// The west of the United States.
    IOTX_CLOUD_DOMAIN_US = 3,
    /// Germany.
    IOTX_CLOUD_DOMAIN_GER = 4,
    /// The number of sites; not a site.
    IOTX_CLOUD_DOMAIN_MAX = 5,
}

/// The cloud's sites, for `IOTX_IOCTL_SET_DOMAIN`.
pub type iotx_cloud_domain_types_t = IOTX_CLOUD_DOMAIN_TYPES;

/// What `IOT_Ioctl` sets or gets. The data of each is an `int`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum iotx_ioctl_option_t {
    /// Sets the site, one of `iotx_cloud_domain_types_t`.
    IOTX_IOCTL_SET_DOMAIN = 0,
    /// Gets the site.
    IOTX_IOCTL_GET_DOMAIN = 1,
    /// Sets the way in which a device gets its secret: 0, it was burned in; 1, it registers.
    IOTX_IOCTL_SET_DYNAMIC_REGISTER = 2,
    /// Gets the way in which a device gets its secret.
    IOTX_IOCTL_GET_DYNAMIC_REGISTER = 3,
}

/// Points to who a device is.
pub type iotx_device_info_pt = *mut iotx_device_info_t;

/// How a device connects: what `IOT_SetupConnInfo` fills in. Each text ends in a NUL.
#[repr(C)]
pub struct iotx_conn_info_t {
    /// The broker's port.
    pub port: u16,
    /// The broker's host name.
    pub host_name: [c_char; 129],
    /// The MQTT client id.
    pub client_id: [c_char; 257],
    /// The MQTT user name.
    pub username: [c_char; 513],
    /// The MQTT password.
    pub password: [c_char; 257],
    /// The root certificate as PEM text, NULL for a connection without TLS.
    pub pub_key: *const c_char,
}

/// Points to how a device connects.
pub type iotx_conn_info_pt = *mut iotx_conn_info_t;

/// What `IOT_MQTT_Construct` needs to know. Each text ends in a NUL.
#[repr(C)]
pub struct iotx_mqtt_param_t {
    /// The broker's port.
    pub port: u16,
    /// The broker's host name.
    pub host: *const c_char,
    /// The MQTT client id.
    pub client_id: *const c_char,
    /// The MQTT user name.
    pub username: *const c_char,
    /// The MQTT password.
    pub password: *const c_char,
    /// The root certificate as PEM text, NULL for a connection without TLS.
    pub pub_key: *const c_char,
    /// 1: the broker forgets subscriptions and messages when the connection ends.
    pub clean_session: u8,
    /// How long an answer may take, in milliseconds.
    pub request_timeout_ms: u32,
    /// How often the client shows that it is alive, in milliseconds.
    pub keepalive_interval_ms: u32,
    /// The write buffer.
    pub pwrite_buf: *mut c_char,
    /// The write buffer's size in bytes: the largest packet that can be sent.
    pub write_buf_size: u32,
    /// The read buffer.
    pub pread_buf: *mut c_char,
    /// The read buffer's size in bytes: the largest packet that can be received.
    pub read_buf_size: u32,
    /// Gets the client's events.
    pub handle_event: iotx_mqtt_event_handle_t,
}

/// Points to what `IOT_MQTT_Construct` needs to know.
pub type iotx_mqtt_param_pt = *mut iotx_mqtt_param_t;

/// Room for a firmware version, in bytes with the NUL.
pub const FIRMWARE_VERSION_MAXLEN: usize = 33;

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

layout!(iotx_conn_info_t: 1168, 1164 {
    port: 0, 0;
    host_name: 2, 2;
    client_id: 131, 131;
    username: 388, 388;
    password: 901, 901;
    pub_key: 1160, 1160;
});

layout!(iotx_mqtt_param_t: 112, 60 {
    port: 0, 0;
    host: 8, 4;
    client_id: 16, 8;
    username: 24, 12;
    password: 32, 16;
    pub_key: 40, 20;
    clean_session: 48, 24;
    request_timeout_ms: 52, 28;
    keepalive_interval_ms: 56, 32;
    pwrite_buf: 64, 36;
    write_buf_size: 72, 40;
    pread_buf: 80, 44;
    read_buf_size: 88, 48;
    handle_event: 96, 52;
});

room!(iotx_conn_info_t:
    host_name..client_id = HOST_ADDRESS_LEN;
    client_id..username = CLIENT_ID_LEN;
    username..password = USER_NAME_LEN;
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_release_2_2_1() {
        assert_eq!(Release::option(0), Some(Int(Setting::SetRegion)));
        assert_eq!(Release::option(3), Some(Int(Setting::GetDynamicRegister)));
        assert_eq!(Release::option(4), None);
        assert_eq!(Release::option(-1), None);
    }
}
