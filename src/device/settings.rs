//! What `IOT_Ioctl` sets and gets.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};

use super::Sdk;
use crate::base::error::Error;
use crate::base::sync::lock;
use crate::cloud::servers::ServerText;

/// A parameter of the SDK that `IOT_Ioctl` sets or gets.
///
/// The numbers differ from release to release; the core knows only these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Set the region.
    SetRegion,
    /// Get the region.
    GetRegion,
    /// Turn dynamic registration on (1) or off (0).
    SetDynamicRegister,
    /// Get whether dynamic registration is on.
    GetDynamicRegister,
    /// Log in at the MQTT server directly (1), or authenticate over HTTPS first (0).
    SetMqttDirect,
    /// Get whether the login is direct.
    GetMqttDirect,
    /// Set the MQTT server's port, 0 for the usual one.
    SetMqttPort,
    /// Connect to the MQTT domain itself, as in the vendor's test environments (not 0), or to the
    /// product's host (0).
    SetEnvironment,
    /// Show the cloud what tells this device from others with the same identity (1) or not (0).
    SetUuid,
    /// Ask the cloud for the MQTT server of a direct login (1) or not (0).
    SetBootstrap,
}

impl Sdk {
    /// Sets or gets a parameter: reads `value` or writes it. A refused value changes nothing.
    pub fn ioctl(&self, option: Setting, value: &mut i32) -> Result<(), Error> {
        match option {
            Setting::SetRegion => {
                lock(&self.servers).set_region(*value, self.dialect.custom_domains)?;
            }
            Setting::GetRegion => *value = lock(&self.servers).region_number(),
            Setting::SetDynamicRegister => self.dynamic_register.store(*value, Ordering::Relaxed),
            Setting::GetDynamicRegister => *value = self.dynamic_register.load(Ordering::Relaxed),
            Setting::SetMqttDirect => set_switch(&self.mqtt_direct, "direct login", *value)?,
            Setting::GetMqttDirect => *value = self.mqtt_direct.load(Ordering::Relaxed).into(),
            Setting::SetMqttPort => {
                let port = u16::try_from(*value)
                    .map_err(|_| Error::InvalidArgument(format!("{value} is no port")))?;
                lock(&self.servers).set_mqtt_port(port);
            }
            Setting::SetEnvironment => lock(&self.servers).set_without_product(*value != 0),
            Setting::SetUuid => set_switch(&self.shows_uuid, "the UUID", *value)?,
            Setting::SetBootstrap => set_switch(&self.asks_bootstrap, "bootstrap", *value)?,
        }
        Ok(())
    }

    /// Names a server. A refused text changes nothing.
    pub fn set_server_text(&self, what: ServerText, text: &str) -> Result<(), Error> {
        lock(&self.servers).set_text(what, text)
    }
}

/// Turns a parameter on (1) or off (0).
fn set_switch(switch: &AtomicBool, what: &str, value: i32) -> Result<(), Error> {
    let on = match value {
        0 => false,
        1 => true,
        other => {
            return Err(Error::InvalidArgument(format!(
                "{what} is on (1) or off (0), not {other}"
            )));
        }
    };
    switch.store(on, Ordering::Relaxed);
    Ok(())
}
