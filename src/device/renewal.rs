//! Logging in again, where a login is for one connection.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::Sdk;
use super::setup::{TIMEOUT, explain, service};
use crate::base::deadline::Deadline;
use crate::base::error::Error;
use crate::base::identity::{Identity, Secret};
use crate::base::sync::lock;
use crate::cloud::error_code;
use crate::cloud::https_auth::{self, Grant};
use crate::cloud::servers::MqttServer;
use crate::hal::Hal;
use crate::mqtt::NoLogin;
use crate::mqtt::client::Relogin;
use crate::mqtt::connect::Login;
use crate::transport::Endpoint;

/// A device that authenticates over HTTPS, and the last that came of it.
#[derive(Clone, Debug)]
pub(super) struct Renewal {
    pub(super) host: String,
    pub(super) identity: Identity,
    pub(super) secret: Secret,
    pub(super) grant: Grant,
}

impl Renewal {
    /// Authenticates the device again: the cloud may send it to another node, and a password that
    /// was handed out earlier may be void. Blocks for at most 10 seconds.
    pub(super) fn renew(&self, hal: &'static dyn Hal) -> Result<Grant, Error> {
        let service = service(hal, &self.host, Deadline::after(TIMEOUT));
        https_auth::authenticate(&service, &self.identity, &self.secret)
            .inspect_err(|error| explain(error, "HTTPS authentication"))
    }
}

impl Sdk {
    /// How to log in again as whoever `login` logs in: authentication over HTTPS brings a login for
    /// one connection. `None`: it holds for ever, or is not from the last set-up of a device.
    ///
    /// Firmware hands over no more than its texts, so it is recognised by them.
    pub fn relogin(&self, hal: &'static dyn Hal, login: &Login) -> Option<Relogin> {
        let renewal = self.renewal(&login.endpoint.host, &login.username)?;
        let login = login.clone();
        Some(Arc::new(move || {
            let grant = renewal.renew(hal).map_err(no_login)?;
            let security = login.endpoint.security.clone();
            let MqttServer { host, port } = grant.server;
            Ok(Login {
                endpoint: Endpoint { host, port, security },
                username: grant.iot_id,
                password: grant.iot_token,
                ..login.clone()
            })
        }))
    }

    pub(super) fn renewal(&self, host: &str, username: &str) -> Option<Renewal> {
        let devices = lock(&self.devices);
        let granted = |renewal: &&Renewal| {
            renewal.grant.server.host == host && renewal.grant.iot_id == username
        };
        devices.iter().filter_map(|device| device.renewal.as_ref()).find(granted).cloned()
    }
}

fn no_login(cause: Error) -> NoLogin {
    let is_final = matches!(cause, Error::Refused { code, .. } if !error_code::is_passing(code));
    NoLogin { cause: Box::new(cause), is_final }
}
