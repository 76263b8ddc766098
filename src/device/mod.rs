//! The device: its settings, its way to a login, its secret, and its connection.

#![forbid(unsafe_code)]

mod connect;
pub mod dialect;
mod login;
mod renewal;
pub mod report;
pub mod secret_store;
mod settings;
mod setup;
#[cfg(test)]
mod tests;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI32};

pub use connect::Device;
pub use settings::Setting;
pub use setup::ConnInfo;

use crate::base::identity::Identity;
use crate::base::sync::{OneAtATime, lock};
use crate::cloud::servers::Servers;
use crate::hal::Hal;
use dialect::Dialect;
use renewal::Renewal;
use secret_store::SecretStore;

/// The SDK's settings and what it knows of the device: one a process.
///
/// Every method may be called from any thread; calls of [`Sdk::setup_conn_info`] follow each other.
#[derive(Debug)]
pub struct Sdk {
    dialect: &'static Dialect,
    servers: Mutex<Servers>,
    shows_uuid: AtomicBool,
    asks_bootstrap: AtomicBool,
    dynamic_register: AtomicI32,
    mqtt_direct: AtomicBool,
    /// The devices of successful set-ups, the last one last.
    devices: Mutex<Vec<KnownDevice>>,
    secrets: SecretStore,
    /// For a whole set-up: two registrations at a time would lose one secret.
    setting_up: OneAtATime,
}

/// A device that was set up.
#[derive(Debug)]
struct KnownDevice {
    identity: Identity,
    /// How to authenticate it again; `None`: it logs in directly, which holds for ever.
    renewal: Option<Renewal>,
}

impl Sdk {
    /// Shanghai, no dynamic registration, and the login that the build chose.
    pub const fn new(dialect: &'static Dialect) -> Self {
        Sdk {
            dialect,
            servers: Mutex::new(Servers::new()),
            shows_uuid: AtomicBool::new(false),
            asks_bootstrap: AtomicBool::new(false),
            dynamic_register: AtomicI32::new(0),
            mqtt_direct: AtomicBool::new(!cfg!(feature = "https-auth")),
            devices: Mutex::new(Vec::new()),
            secrets: SecretStore::new(),
            setting_up: OneAtATime::new(),
        }
    }

    /// What the cloud sees of the release that is served.
    pub fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// The device that logs in by this client id; where that is of the firmware's own making, the
    /// device of the last successful set-up.
    pub fn identity_of(&self, client_id: &str) -> Option<Identity> {
        let (id, _) = client_id.split_once('|').unwrap_or((client_id, ""));
        let devices = lock(&self.devices);
        let named = devices.iter().find(|device| device.identity.device_id() == id);
        named.or(devices.last()).map(|device| device.identity.clone())
    }

    /// Offers a secret that the store refused to the store again. Does nothing when there is none.
    pub fn save_again(&self, hal: &dyn Hal) {
        self.secrets.save_again(hal);
    }

    /// Does the same in a thread, because a store may block for longer than the caller has time, but
    /// leaves the store alone for a minute after each attempt.
    pub fn save_again_when_due(&'static self, hal: &'static dyn Hal) {
        self.secrets.save_again_when_due(hal);
    }
}
