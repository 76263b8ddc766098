//! Release 2.3.0: its types, numbers and layouts, and what it does as data.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int};
use std::ops::RangeInclusive;
use std::sync::Mutex;

use super::IoctlOption::{Int, Short, Text, Unsupported};
use super::layout::layout;
use super::*;
use crate::base::sync::lock;
use crate::cloud::servers::ServerText;
use crate::device::dialect::{Dialect, Reports};
use crate::device::{ConnInfo, Setting};
use crate::ffi::ptr;
use crate::hal::c;
use crate::mqtt::QoS;
use crate::mqtt::session::{Handlers, HandlersCount};

/// Release 2.3.0.
pub(crate) struct Release;

impl Abi for Release {
    const DIALECT: Dialect = Dialect {
        sdk_version: "2.3.0",
        reports: Reports {
            status_id: Some("0"),
            status_qos: QoS::AtLeastOnce,
            interfaces: true,
            firmware_id: "2",
            connection: true,
            version_field: "version",
        },
        partner_id_field: "pid",
        module_id_field: "mid",
        mqtt_port: 443,
        custom_domains: true,
        announced_keep_alives: 2,
        handlers: Handlers { count: HandlersCount::WhileAskedFor, newest_first: true },
        limits_publishes: true,
    };
    const KEEP_ALIVE_S: RangeInclusive<u32> = 60..=1200;
    const CLIENTS: Clients = Clients::One;
    const INFO_MAY_BE_NULL: bool = true;
    const HAL_KNOWS_IDENTITY: bool = true;
    type ConnInfo = iotx_conn_info_t;
    type MqttParam = iotx_mqtt_param_t;

    fn publish(info: &ConnInfo) -> Result<*mut iotx_conn_info_t, String> {
        CONN_INFO.publish(info)
    }

    fn option(number: c_int) -> Option<IoctlOption> {
        use iotx_ioctl_option_t as Number;

        const OPTIONS: [(Number, IoctlOption); 17] = [
            (Number::IOTX_IOCTL_SET_REGION, Int(Setting::SetRegion)),
            (Number::IOTX_IOCTL_GET_REGION, Int(Setting::GetRegion)),
            (Number::IOTX_IOCTL_SET_MQTT_DOMAIN, Text(ServerText::MqttDomain)),
            (Number::IOTX_IOCTL_SET_MQTT_PORT, Short(Setting::SetMqttPort)),
            (Number::IOTX_IOCTL_SET_ENV, Short(Setting::SetEnvironment)),
            (Number::IOTX_IOCTL_SET_HTTP_DOMAIN, Text(ServerText::HttpDomain)),
            (Number::IOTX_IOCTL_SET_DYNAMIC_REGISTER, Int(Setting::SetDynamicRegister)),
            (Number::IOTX_IOCTL_GET_DYNAMIC_REGISTER, Int(Setting::GetDynamicRegister)),
            (Number::IOTX_IOCTL_RECV_PROP_REPLY, Unsupported("IOTX_IOCTL_RECV_PROP_REPLY")),
            (Number::IOTX_IOCTL_RECV_EVENT_REPLY, Unsupported("IOTX_IOCTL_RECV_EVENT_REPLY")),
            (Number::IOTX_IOCTL_SEND_PROP_SET_REPLY, Unsupported("IOTX_IOCTL_SEND_PROP_SET_REPLY")),
            (Number::IOTX_IOCTL_SET_SUBDEV_SIGN, Unsupported("IOTX_IOCTL_SET_SUBDEV_SIGN")),
            (Number::IOTX_IOCTL_GET_SUBDEV_LOGIN, Unsupported("IOTX_IOCTL_GET_SUBDEV_LOGIN")),
            (Number::IOTX_IOCTL_SET_ENDPOINT, Text(ServerText::Endpoint)),
            (Number::IOTX_IOCTL_QUERY_DEVID, Unsupported("IOTX_IOCTL_QUERY_DEVID")),
            (Number::IOTX_IOCTL_SET_UUID_ENABLED, Int(Setting::SetUuid)),
            (Number::IOTX_IOCTL_SET_BOOTSTRAP_ENABLED, Int(Setting::SetBootstrap)),
        ];
        OPTIONS.iter().find(|(known, _)| *known as c_int == number).map(|(_, option)| *option)
    }

    /// The firmware must say how large its messages are.
    fn check_buffers(params: &iotx_mqtt_param_t) -> Result<(), &'static str> {
        if params.port == 0 {
            return Err("port is 0");
        }
        if params.write_buf_size == 0 || params.read_buf_size == 0 {
            return Err("write_buf_size or read_buf_size is 0");
        }
        Ok(())
    }
}

/// How urgent a log line is.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum _IOT_LogLevel {
    /// Nothing is printed.
    IOT_LOG_NONE = 0,
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

/// The cloud's sites, for `IOTX_IOCTL_SET_REGION`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IOTX_CLOUD_REGION_TYPES {
    /// Shanghai.
    IOTX_CLOUD_REGION_SHANGHAI = 0,
    /// Singapore.
    IOTX_CLOUD_REGION_SINGAPORE = 1,
    /// Japan.
    IOTX_CLOUD_REGION_JAPAN = 2,
    /// The west of the United States.
    IOTX_CLOUD_REGION_USA_WEST = 3,
    /// Germany.
    IOTX_CLOUD_REGION_GERMANY = 4,
    /// The domains that `IOTX_IOCTL_SET_MQTT_DOMAIN` and `IOTX_IOCTL_SET_HTTP_DOMAIN` set.
    IOTX_CLOUD_REGION_CUSTOM = 5,
    /// The number of sites; not a site.
    IOTX_CLOUD_DOMAIN_MAX = 6,
}

/// The cloud's sites, for `IOTX_IOCTL_SET_REGION`.
pub type iotx_cloud_region_types_t = IOTX_CLOUD_REGION_TYPES;

/// What `IOT_Ioctl` sets or gets. The data is an `int` where nothing else is said.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum iotx_ioctl_option_t {
    /// Sets the site, one of `iotx_cloud_region_types_t`.
    IOTX_IOCTL_SET_REGION = 0,
    /// Gets the site.
    IOTX_IOCTL_GET_REGION = 1,
    /// Sets what follows the product key in the broker's host name, and the site to custom. The
    /// data is a string of 1 to 59 bytes.
    IOTX_IOCTL_SET_MQTT_DOMAIN = 2,
    /// Sets the broker's port, 0 for the usual 443. The data is a `uint16_t`, or an `int`, of which
    /// the first 16 bits are read.
    IOTX_IOCTL_SET_MQTT_PORT = 3,
    /// Sets whether the broker's host is the MQTT domain alone, as in the vendor's test environments
    /// (not 0), or has the product key before it (0). The data is an `int` or a `uint16_t`.
    IOTX_IOCTL_SET_ENV = 4,
    /// Sets the host that registers and authenticates devices, and the site to custom. The data is a
    /// string of 1 to 59 bytes.
    IOTX_IOCTL_SET_HTTP_DOMAIN = 5,
    /// Sets the way in which a device gets its secret: 0, it was burned in; 1, it registers.
    IOTX_IOCTL_SET_DYNAMIC_REGISTER = 6,
    /// Gets the way in which a device gets its secret.
    IOTX_IOCTL_GET_DYNAMIC_REGISTER = 7,
    /// Not supported yet: it belongs to the device model.
    IOTX_IOCTL_RECV_PROP_REPLY = 8,
    /// Not supported yet: it belongs to the device model.
    IOTX_IOCTL_RECV_EVENT_REPLY = 9,
    /// Not supported yet: it belongs to the device model.
    IOTX_IOCTL_SEND_PROP_SET_REPLY = 10,
    /// Not supported yet: it belongs to sub-devices.
    IOTX_IOCTL_SET_SUBDEV_SIGN = 11,
    /// Not supported yet: it belongs to sub-devices.
    IOTX_IOCTL_GET_SUBDEV_LOGIN = 12,
    /// Sets the broker's whole host name, which counts before site and domain. The data is a string
    /// of 1 to 128 bytes, which is copied.
    IOTX_IOCTL_SET_ENDPOINT = 13,
    /// Not supported yet: it belongs to sub-devices.
    IOTX_IOCTL_QUERY_DEVID = 14,
    /// Sets whether the client id tells `HAL_GetUUID` (1), so that the cloud finds out devices with
    /// the same identity, or not (0).
    IOTX_IOCTL_SET_UUID_ENABLED = 15,
    /// Sets whether the cloud is asked for the broker's host and port (1), which then count before
    /// everything else that is set, or not (0).
    IOTX_IOCTL_SET_BOOTSTRAP_ENABLED = 16,
}

/// What `IOT_RegisterCallback` registers a function for.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum iotx_ioctl_event_t {
    /// Wi-Fi provisioning went on.
    ITE_AWSS_STATUS = 0,
    /// The device model connected.
    ITE_CONNECT_SUCC = 1,
    /// The device model could not connect.
    ITE_CONNECT_FAIL = 2,
    /// The device model lost its connection.
    ITE_DISCONNECTED = 3,
    /// Raw data came.
    ITE_RAWDATA_ARRIVED = 4,
    /// A service is called.
    ITE_SERVICE_REQUST = 5,
    /// A property is set.
    ITE_PROPERTY_SET = 6,
    /// A property is asked for.
    ITE_PROPERTY_GET = 7,
    /// The cloud answered a report.
    ITE_REPORT_REPLY = 8,
    /// The cloud answered an event.
    ITE_TRIGGER_EVENT_REPLY = 9,
    /// The cloud told the time.
    ITE_TIMESTAMP_REPLY = 10,
    /// The cloud told the sub-devices.
    ITE_TOPOLIST_REPLY = 11,
    /// A sub-device may join.
    ITE_PERMIT_JOIN = 12,
    /// The device model is ready.
    ITE_INITIALIZE_COMPLETED = 13,
    /// New firmware is there.
    ITE_FOTA = 14,
    /// A new configuration is there.
    ITE_COTA = 15,
    /// `IOT_MQTT_Construct` connected.
    ITE_MQTT_CONNECT_SUCC = 16,
    /// The cloud reported an error.
    ITE_CLOUD_ERROR = 17,
    /// Any of the states below.
    ITE_STATE_EVERYTHING = 18,
    /// The firmware passed something that cannot be.
    ITE_STATE_USER_INPUT = 19,
    /// A function of the HAL failed.
    ITE_STATE_SYS_DEPEND = 20,
    /// MQTT went wrong.
    ITE_STATE_MQTT_COMM = 21,
    /// A state of Wi-Fi provisioning.
    ITE_STATE_WIFI_PROV = 22,
    /// A state of local communication.
    ITE_STATE_COAP_LOCAL = 23,
    /// A state of HTTP.
    ITE_STATE_HTTP_COMM = 24,
    /// A state of an update.
    ITE_STATE_OTA = 25,
    /// A state of binding the device to a user.
    ITE_STATE_DEV_BIND = 26,
    /// A state of a sub-device.
    ITE_STATE_SUB_DEVICE = 27,
    /// The cloud notifies.
    ITE_EVENT_NOTIFY = 28,
    /// A state of the device model.
    ITE_STATE_DEV_MODEL = 29,
}

/// How a device connects: what `IOT_SetupConnInfo` fills in. Each text ends in a NUL and belongs to
/// the library.
#[repr(C)]
pub struct iotx_conn_info_t {
    /// The broker's port.
    pub port: u16,
    /// 1 when the rest is filled in.
    pub init: u8,
    /// The broker's host name.
    pub host_name: *mut c_char,
    /// The MQTT client id.
    pub client_id: *mut c_char,
    /// The MQTT user name.
    pub username: *mut c_char,
    /// The MQTT password.
    pub password: *mut c_char,
    /// The root certificate as PEM text, NULL for a connection without TLS.
    pub pub_key: *const c_char,
}

/// Points to how a device connects.
pub type iotx_conn_info_pt = *mut iotx_conn_info_t;

/// The data of `IOTX_IOCTL_SET_SUBDEV_SIGN`, which is not supported yet.
#[repr(C)]
pub struct iotx_ioctl_set_subdev_sign_t {
    /// The sub-device.
    pub devid: c_int,
    /// Its signature.
    pub sign: *const c_char,
}

/// The data of `IOTX_IOCTL_GET_SUBDEV_LOGIN`, which is not supported yet.
#[repr(C)]
pub struct iotx_ioctl_get_subdev_info_t {
    /// The sub-device.
    pub devid: c_int,
    /// 1 when it is logged in.
    pub status: c_int,
}

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
    /// The largest packet that can be sent, in bytes.
    pub write_buf_size: u32,
    /// The largest packet that can be received, in bytes.
    pub read_buf_size: u32,
    /// Gets the client's events.
    pub handle_event: iotx_mqtt_event_handle_t,
}

/// Points to what `IOT_MQTT_Construct` needs to know.
pub type iotx_mqtt_param_pt = *mut iotx_mqtt_param_t;

/// Room for a firmware version, in bytes with the NUL.
pub const FIRMWARE_VERSION_MAXLEN: usize = 65;
/// The longest text of `HAL_GetNetifInfo`, in bytes with the NUL.
pub const NIF_STRLEN_MAX: usize = 160;

/// From where `HAL_Fseek` counts.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum hal_fs_seek_type_t {
    /// From the start.
    HAL_SEEK_SET = 0,
    /// From where the file is.
    HAL_SEEK_CUR = 1,
    /// From the end.
    HAL_SEEK_END = 2,
}

/// Where all codes start.
pub const STATE_BASE: c_int = 0;

/// State: success.
pub const STATE_SUCCESS: c_int = 0;

/// Where the codes of this group start: user input.
pub const STATE_USER_INPUT_BASE: c_int = -0x0100;

/// State: user input null pointer.
pub const STATE_USER_INPUT_NULL_POINTER: c_int = -0x0101;

/// State: user input out range.
pub const STATE_USER_INPUT_OUT_RANGE: c_int = -0x0102;

/// Where the codes of this group start: sys depend.
pub const STATE_SYS_DEPEND_BASE: c_int = -0x0200;

/// State: sys depend malloc.
pub const STATE_SYS_DEPEND_MALLOC: c_int = -0x0201;

/// State: sys depend kv get.
pub const STATE_SYS_DEPEND_KV_GET: c_int = -0x0202;

/// State: sys depend kv set.
pub const STATE_SYS_DEPEND_KV_SET: c_int = -0x0203;

/// State: sys depend kv delete.
pub const STATE_SYS_DEPEND_KV_DELETE: c_int = -0x0204;

/// State: sys depend timer create.
pub const STATE_SYS_DEPEND_TIMER_CREATE: c_int = -0x0205;

/// State: sys depend timer start.
pub const STATE_SYS_DEPEND_TIMER_START: c_int = -0x0206;

/// State: sys depend timer stop.
pub const STATE_SYS_DEPEND_TIMER_STOP: c_int = -0x0207;

/// State: sys depend timer delete.
pub const STATE_SYS_DEPEND_TIMER_DELETE: c_int = -0x0208;

/// State: sys depend mutex create.
pub const STATE_SYS_DEPEND_MUTEX_CREATE: c_int = -0x0209;

/// State: sys depend mutex lock.
pub const STATE_SYS_DEPEND_MUTEX_LOCK: c_int = -0x020A;

/// State: sys depend mutex unlock.
pub const STATE_SYS_DEPEND_MUTEX_UNLOCK: c_int = -0x020B;

/// State: sys depend nwk close.
pub const STATE_SYS_DEPEND_NWK_CLOSE: c_int = -0x020C;

/// State: sys depend nwk timeout.
pub const STATE_SYS_DEPEND_NWK_TIMEOUT: c_int = -0x020D;

/// State: sys depend nwk invalid handle.
pub const STATE_SYS_DEPEND_NWK_INVALID_HANDLE: c_int = -0x020E;

/// Where the codes of this group start: mqtt.
pub const STATE_MQTT_BASE: c_int = -0x0300;

/// State: mqtt connack version unaccept.
pub const STATE_MQTT_CONNACK_VERSION_UNACCEPT: c_int = -0x0301;

/// State: mqtt connack ident reject.
pub const STATE_MQTT_CONNACK_IDENT_REJECT: c_int = -0x0302;

/// State: mqtt connack service na.
pub const STATE_MQTT_CONNACK_SERVICE_NA: c_int = -0x0303;

/// State: mqtt connack not authorized.
pub const STATE_MQTT_CONNACK_NOT_AUTHORIZED: c_int = -0x0304;

/// State: mqtt connack bad userdata.
pub const STATE_MQTT_CONNACK_BAD_USERDATA: c_int = -0x0305;

/// Where the codes of this group start: wifi.
pub const STATE_WIFI_BASE: c_int = -0x0400;

/// Where the codes of this group start: coap.
pub const STATE_COAP_BASE: c_int = -0x0500;

/// Where the codes of this group start: http.
pub const STATE_HTTP_BASE: c_int = -0x0600;

/// Where the codes of this group start: ota.
pub const STATE_OTA_BASE: c_int = -0x0700;

/// Where the codes of this group start: bind.
pub const STATE_BIND_BASE: c_int = -0x0800;

/// State: bind set app token.
pub const STATE_BIND_SET_APP_TOKEN: c_int = -0x0801;

/// State: bind already reset.
pub const STATE_BIND_ALREADY_RESET: c_int = -0x0802;

/// State: bind report token.
pub const STATE_BIND_REPORT_TOKEN: c_int = -0x0803;

/// State: bind report token timeout.
pub const STATE_BIND_REPORT_TOKEN_TIMEOUT: c_int = -0x0804;

/// State: bind report token success.
pub const STATE_BIND_REPORT_TOKEN_SUCCESS: c_int = -0x0805;

/// State: bind coap init fail.
pub const STATE_BIND_COAP_INIT_FAIL: c_int = -0x0806;

/// State: bind notify token sent.
pub const STATE_BIND_NOTIFY_TOKEN_SENT: c_int = -0x0807;

/// State: bind recv token query.
pub const STATE_BIND_RECV_TOKEN_QUERY: c_int = -0x0808;

/// State: bind sent token resp.
pub const STATE_BIND_SENT_TOKEN_RESP: c_int = -0x0809;

/// State: bind rst in progress.
pub const STATE_BIND_RST_IN_PROGRESS: c_int = -0x080A;

/// State: bind mqtt msg invalid.
pub const STATE_BIND_MQTT_MSG_INVALID: c_int = -0x080B;

/// State: bind coap msg invalid.
pub const STATE_BIND_COAP_MSG_INVALID: c_int = -0x080C;

/// Where the codes of this group start: dev model.
pub const STATE_DEV_MODEL_BASE: c_int = -0x0900;

/// Where the codes of this group start: sub device.
pub const STATE_SUB_DEVICE_BASE: c_int = -0x0A00;

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

layout!(iotx_conn_info_t: 48, 24 {
    port: 0, 0;
    init: 2, 2;
    host_name: 8, 4;
    client_id: 16, 8;
    username: 24, 12;
    password: 32, 16;
    pub_key: 40, 20;
});

layout!(iotx_mqtt_param_t: 88, 52 {
    port: 0, 0;
    host: 8, 4;
    client_id: 16, 8;
    username: 24, 12;
    password: 32, 16;
    pub_key: 40, 20;
    clean_session: 48, 24;
    request_timeout_ms: 52, 28;
    keepalive_interval_ms: 56, 32;
    write_buf_size: 60, 36;
    read_buf_size: 64, 40;
    handle_event: 72, 44;
});

layout!(iotx_ioctl_set_subdev_sign_t: 16, 8 {
    devid: 0, 0;
    sign: 8, 4;
});

layout!(iotx_ioctl_get_subdev_info_t: 8, 8 {
    devid: 0, 0;
    status: 4, 4;
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_release_2_3_0() {
        assert_eq!(Release::option(0), Some(Int(Setting::SetRegion)));
        assert_eq!(Release::option(3), Some(Short(Setting::SetMqttPort)));
        assert_eq!(Release::option(7), Some(Int(Setting::GetDynamicRegister)));
        assert_eq!(Release::option(13), Some(Text(ServerText::Endpoint)));
        assert_eq!(Release::option(16), Some(Int(Setting::SetBootstrap)));
        assert_eq!(Release::option(17), None);
        assert_eq!(Release::option(-1), None);
    }
}
