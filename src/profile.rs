//! What the releases of the C SDK tell the cloud differently. The core serves the one that it is
//! handed and does not know which that is.

#![forbid(unsafe_code)]

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
};
