//! Enumerations: names and numbers. The integers that carry them are defined beside this file.

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
