//! Enumerations: names and numbers. The integers that carry them are defined beside this file.

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
