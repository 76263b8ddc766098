//! What the releases of the C SDK tell the cloud differently. The core serves the one that it is
//! handed and does not know which that is.

#![forbid(unsafe_code)]

use crate::mqtt::session::Handlers;
#[cfg(test)]
use crate::mqtt::session::HandlersCount;

/// A release of the C SDK, as far as the cloud can see it.
#[derive(Debug)]
pub struct Profile {
    /// The version that the device reports itself with.
    pub sdk_version: &'static str,
    /// Whether the device's information goes out in one message, with its network interfaces, or in
    /// one message for each part.
    pub reports_interfaces: bool,
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

/// Release 2.2.1, for the tests of the core.
#[cfg(test)]
pub(crate) static TEST: Profile = Profile {
    sdk_version: "2.2.1.1",
    reports_interfaces: false,
    partner_id_field: "partner_id",
    module_id_field: "module_id",
    mqtt_port: 1883,
    custom_domains: false,
    announced_keep_alives: 1,
    handlers: Handlers { count: HandlersCount::WhileGranted, newest_first: false },
    limits_publishes: false,
};
