//! What the releases of the C SDK tell the cloud differently. The core serves the one that it is
//! handed and does not know which that is.

#![forbid(unsafe_code)]

use crate::mqtt::QoS;
use crate::mqtt::session::Handlers;
#[cfg(test)]
use crate::mqtt::session::HandlersCount;

/// A release of the C SDK, as far as the cloud can see it.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// The version that the device reports itself with.
    pub sdk_version: &'static str,
    /// How the device reports itself after it connected.
    pub reports: Reports,
    /// What the client id calls the partner id.
    pub partner_id_field: &'static str,
    /// What the client id calls the module id.
    pub module_id_field: &'static str,
    /// The port of the MQTT server, unless the firmware sets another.
    pub mqtt_port: u16,
    /// Whether the firmware may name domains of its own in the place of a region.
    pub custom_domains: bool,
    /// How many keepalive intervals the MQTT server is told that the device may be quiet; the device
    /// shows after one that it is alive.
    pub announced_keep_alives: u16,
    /// What firmware expects of its MQTT handlers.
    pub handlers: Handlers,
    /// Whether `write_buf_size` limits what is published; it always limits what is subscribed to.
    pub limits_publishes: bool,
}

/// How a device reports itself after it connected.
#[derive(Clone, Copy, Debug)]
pub struct Reports {
    /// The id of the report of module and partner id; `None`: it is made of the device's names.
    pub status_id: Option<&'static str>,
    /// How that report is sent.
    pub status_qos: QoS,
    /// Whether the device's information goes out in one message, with its network interfaces, or in
    /// one message for each part.
    pub interfaces: bool,
    /// The id of the report of the firmware's version.
    pub firmware_id: &'static str,
    /// Whether the log service is told how connecting went.
    pub connection: bool,
    /// What the reports and the log call the version of their format.
    pub version_field: &'static str,
}

/// Release 2.2.1, for the tests of the core.
#[cfg(test)]
pub(crate) static TEST: Dialect = Dialect {
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
