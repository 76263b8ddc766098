//! The firmware-side override that leads an unchanged program to a loopback cloud.
//!
//! `redirect.c` is linked into the program. It defines `HAL_TCP_Establish` and `iotx_ca_get`, as
//! a firmware may, so the library needs no back door and still verifies every host name.

#![forbid(unsafe_code)]

/// The C file to link in.
pub const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/redirect.c");

/// Its text.
pub const TEXT: &str = include_str!("redirect.c");

/// Environment variable with the regions and their addresses: `cn-shanghai=127.0.0.1,…`.
pub(crate) const REGIONS: &str = "LINKKIT_SIM_REGIONS";
/// Environment variable with the port of the authentication service.
pub(crate) const HTTPS_PORT: &str = "LINKKIT_SIM_HTTPS_PORT";
/// Environment variable with the port of the MQTT broker.
pub const MQTT_PORT: &str = "LINKKIT_SIM_MQTT_PORT";
/// Environment variable with the CA's certificate.
pub(crate) const CA_PEM: &str = "LINKKIT_SIM_CA_PEM";
