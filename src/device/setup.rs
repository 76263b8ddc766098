//! `IOT_SetupConnInfo`: from an identity to everything that an MQTT login needs.

#![forbid(unsafe_code)]

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::login::log_conn_info;
use super::secret_store::Place;
use super::{KnownDevice, Sdk};
use crate::base::deadline::Deadline;
use crate::base::error::{Error, chain};
use crate::base::identity::{Identity, Secret};
use crate::base::sync::lock;
use crate::cloud::dynreg;
use crate::cloud::error_code;
use crate::cloud::retry::Service;
use crate::hal::Hal;
use crate::transport::Trust;

/// The time for all that a set-up, or authenticating again, asks the cloud for.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
/// What of it a registration leaves for storing the secret, should the answer come late.
pub(super) const TIME_TO_STORE: Duration = Duration::from_secs(1);

/// What an MQTT client needs to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnInfo {
    /// Host name of the MQTT server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The client id with its fields between bars.
    pub client_id: String,
    /// The user name.
    pub username: String,
    /// The password.
    pub password: Secret,
}

impl Sdk {
    /// Finds or fetches the device secret and makes the login data of it (`IOT_SetupConnInfo`).
    ///
    /// With dynamic registration `device_secret` is not looked at: the secret comes from the store
    /// or, once in the device's life, from the cloud, and is stored before it is used. A secret
    /// that the store does not take is used all the same and offered to the store again by
    /// [`Sdk::save_again`].
    ///
    /// With HTTPS authentication the cloud is asked which node to connect to, and as whom; with
    /// bootstrap, which node to log in at directly.
    ///
    /// Blocks for at most 10 seconds, whatever it asks the cloud for.
    pub fn setup_conn_info(
        &self,
        hal: &'static dyn Hal,
        product_key: &str,
        device_name: &str,
        device_secret: &str,
    ) -> Result<ConnInfo, Error> {
        let Some(_inside) = self.setting_up.enter() else { return Err(Error::CalledInside) };
        let deadline = Deadline::after(TIMEOUT);
        let identity = Identity::new(product_key, device_name)?;
        let secret = if self.dynamic_register.load(Ordering::Relaxed) == 0 {
            Secret::device_secret(device_secret)?
        } else {
            self.registered_secret(hal, &identity, deadline)?
        };
        let (info, renewal) = if self.mqtt_direct.load(Ordering::Relaxed) {
            (self.direct_login(hal, &identity, &secret, deadline)?, None)
        } else {
            let (info, renewal) = self.granted_login(hal, &identity, secret, deadline)?;
            (info, Some(renewal))
        };
        log_conn_info(&info);
        let mut devices = lock(&self.devices);
        devices.retain(|device| device.identity != identity);
        devices.push(KnownDevice { identity, renewal });
        Ok(info)
    }

    /// The secret of a device that registers itself: stored, kept in memory, or new.
    fn registered_secret(
        &self,
        hal: &'static dyn Hal,
        identity: &Identity,
        deadline: Deadline,
    ) -> Result<Secret, Error> {
        const TARGET: &str = "IOT_SetupConnInfo";
        let mut place = Place::open(hal, deadline)?;
        if let Some(secret) = self.secrets.unsaved(identity) {
            log::info!(target: TARGET, "DeviceSecret is in memory only, the store is tried again");
            self.secrets.save(&mut place, identity, &secret);
            return Ok(secret);
        }
        if let Some(secret) = place.find(identity)? {
            log::info!(target: TARGET, "Get DeviceSecret from KV succeed");
            hand_over(hal, &secret);
            return Ok(secret);
        }
        log::info!(target: TARGET, "DeviceSecret KV does not exist, Now We Need Dynamic Register...");
        let product_secret = hal.product_secret();
        if product_secret.is_empty() {
            return Err(Error::NoProductSecret);
        }
        let product_secret = Secret::product_secret(product_secret.expose())?;

        let host = lock(&self.servers).https_host()?;
        place.make_ready(identity)?;
        let service = service(hal, &host, deadline.before(TIME_TO_STORE));
        let keep = |secret: &Secret| self.secrets.save(&mut place, identity, secret);
        let secret = dynreg::register(&service, identity, &product_secret, keep)
            .inspect_err(|error| explain(error, "Dynamic Register"))?;
        hand_over(hal, &secret);
        Ok(secret)
    }
}

/// The platform's HTTPS service at `host`.
pub(super) fn service(hal: &'static dyn Hal, host: &str, deadline: Deadline) -> Service {
    Service { hal, host: host.to_owned(), trust: trust(hal), deadline }
}

/// What the platform's servers must prove themselves by.
fn trust(hal: &dyn Hal) -> Trust {
    hal.pinned_root().map_or(Trust::BuiltIn, |pem| Trust::from_pem(&pem))
}

/// Says in the log why `what` failed, and what to do about a refusal.
pub(super) fn explain(error: &Error, what: &str) {
    const TARGET: &str = "IOT_SetupConnInfo";
    if let Error::Refused { code, .. } = error {
        log::error!(target: TARGET, "{error} - {}", error_code::explain(*code));
    }
    log::error!(target: TARGET, "{what} Failed: {}", chain(error));
}

fn hand_over(hal: &dyn Hal, secret: &Secret) {
    if !hal.set_device_secret(secret) {
        log::warn!(target: "IOT_SetupConnInfo", "HAL_SetDeviceSecret refused the secret");
    }
}
