//! The login data of a device that has its secret: server, client id, user name, password.

#![forbid(unsafe_code)]

use std::sync::atomic::Ordering;

use md5::{Digest as _, Md5};

use super::Sdk;
use super::renewal::Renewal;
use super::setup::{ConnInfo, explain, service};
use crate::base::deadline::Deadline;
use crate::base::error::Error;
use crate::base::identity::{Identity, Secret};
use crate::base::sign::{self, TIMESTAMP};
use crate::base::sync::lock;
use crate::cloud::bootstrap;
use crate::cloud::https_auth;
use crate::cloud::servers::MqttServer;
use crate::hal::Hal;

const CLIENT_ID_MAX: usize = 256;

/// How a device that has its secret logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// At the region's MQTT server, with a password made of the secret.
    Direct,
    /// At the MQTT server that the region's activation centre names, with the user name and the
    /// password that it hands out.
    HttpsAuth,
}

impl Mode {
    /// The client id's field `securemode`.
    fn secure_mode(self) -> &'static str {
        match self {
            Mode::Direct => "2",
            Mode::HttpsAuth => "-1",
        }
    }

    /// The client id's field `signmethod`: how the password, or the authentication, is signed.
    fn sign_method(self) -> &'static str {
        match self {
            Mode::Direct => "hmacsha256",
            Mode::HttpsAuth => "hmacsha1",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Mode::Direct => "TLS + Direct",
            Mode::HttpsAuth => "TLS + Guider",
        }
    }
}

impl Sdk {
    pub(super) fn direct_login(
        &self,
        hal: &'static dyn Hal,
        identity: &Identity,
        secret: &Secret,
        deadline: Deadline,
    ) -> Result<ConnInfo, Error> {
        let client_id = self.client_id(hal, identity, Mode::Direct, "")?;
        let MqttServer { host, port } = self.mqtt_server(hal, identity, deadline)?;
        Ok(ConnInfo {
            client_id,
            host,
            port,
            username: format!("{}&{}", identity.device_name(), identity.product_key()),
            password: sign::login(identity, secret),
        })
    }

    /// Where a direct login is made: where the settings say, or the cloud when it is to be asked.
    fn mqtt_server(
        &self,
        hal: &'static dyn Hal,
        identity: &Identity,
        deadline: Deadline,
    ) -> Result<MqttServer, Error> {
        let servers = lock(&self.servers).clone();
        if !self.asks_bootstrap.load(Ordering::Relaxed) {
            let port = servers.mqtt_port(self.dialect.mqtt_port);
            return Ok(MqttServer { host: servers.mqtt_host(identity)?, port });
        }
        let mut server = bootstrap::locate(&service(hal, bootstrap::HOST, deadline), identity)
            .inspect_err(|error| explain(error, "Bootstrap"))?;
        if servers.is_without_product() {
            // A test environment's host counts even then, as in release 2.3.0.
            server.host = servers.mqtt_host(identity)?;
        }
        Ok(server)
    }

    fn client_id(
        &self,
        hal: &dyn Hal,
        identity: &Identity,
        mode: Mode,
        guider_url: &str,
    ) -> Result<String, Error> {
        let partner_id = client_id_field(self.dialect.partner_id_field, &hal.partner_id());
        let module_id = client_id_field(self.dialect.module_id_field, &hal.module_id());
        let uuid = self.uuid_field(hal);
        log_device(identity, mode, guider_url, &partner_id, &module_id);

        let client_id = format!(
            "{}|securemode={},_v=sdk-c-{},timestamp={TIMESTAMP},signmethod={},lan=C,gw=0,ext=0{partner_id}{module_id}{uuid}|",
            identity.device_id(),
            mode.secure_mode(),
            self.dialect.sdk_version,
            mode.sign_method()
        );
        if client_id.len() > CLIENT_ID_MAX {
            let (what, len, max) = ("client id", client_id.len(), CLIENT_ID_MAX);
            return Err(Error::TooLong { what, len, max });
        }
        Ok(client_id)
    }

    /// The MD5 of what tells this device from others, as the platform wants it: upper-case hex.
    fn uuid_field(&self, hal: &dyn Hal) -> String {
        if !self.shows_uuid.load(Ordering::Relaxed) {
            return String::new();
        }
        let uuid = hal.uuid();
        if uuid.is_empty() {
            log::warn!(target: "_ident_uuid", "HAL_GetUUID gives nothing, so nothing is shown");
            return String::new();
        }
        let digest: String = Md5::digest(&uuid).iter().map(|byte| format!("{byte:02X}")).collect();
        client_id_field("_uuid", &digest)
    }

    pub(super) fn granted_login(
        &self,
        hal: &'static dyn Hal,
        identity: &Identity,
        secret: Secret,
        deadline: Deadline,
    ) -> Result<(ConnInfo, Renewal), Error> {
        let host = lock(&self.servers).https_host()?;
        let client_id = self.client_id(hal, identity, Mode::HttpsAuth, &https_auth::url(&host))?;
        let grant = https_auth::authenticate(&service(hal, &host, deadline), identity, &secret)
            .inspect_err(|error| explain(error, "HTTPS authentication"))?;
        let info = ConnInfo {
            client_id,
            host: grant.server.host.clone(),
            port: grant.server.port,
            username: grant.iot_id.clone(),
            password: grant.iot_token.clone(),
        };
        Ok((info, Renewal { host, identity: identity.clone(), secret, grant }))
    }
}

fn client_id_field(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(",{name}={value}") }
}

fn log_device(
    identity: &Identity,
    mode: Mode,
    guider_url: &str,
    partner_id: &str,
    module_id: &str,
) {
    const TARGET: &str = "guider_print_dev_guider_info";
    const RULE: &str = "....................................................";
    log::info!(target: "iotx_device_info_init", "device_info created successfully!");
    log::debug!(target: "iotx_device_info_set", "start to set device info!");
    log::debug!(target: "iotx_device_info_set", "device_info set successfully!");
    log::info!(target: TARGET, "{RULE}");
    log::info!(target: TARGET, "{:>20} : {}", "ProductKey", identity.product_key());
    log::info!(target: TARGET, "{:>20} : {}", "DeviceName", identity.device_name());
    log::info!(target: TARGET, "{:>20} : {}", "DeviceID", identity.device_id());
    log::info!(target: TARGET, "{RULE}");
    log::info!(target: TARGET, "{:>20} : {partner_id}", "PartnerID Buf");
    log::info!(target: TARGET, "{:>20} : {module_id}", "ModuleID Buf");
    log::info!(target: TARGET, "{:>20} : {guider_url}", "Guider URL");
    log::info!(
        target: TARGET,
        "{:>20} : {} ({})",
        "Guider SecMode",
        mode.secure_mode(),
        mode.description()
    );
    log::info!(target: TARGET, "{:>20} : {TIMESTAMP}", "Guider Timestamp");
    log::info!(target: TARGET, "{RULE}");
    log::info!(target: TARGET, "{RULE}");
}

pub(super) fn log_conn_info(info: &ConnInfo) {
    const TARGET: &str = "guider_print_conn_info";
    const RULE: &str = "-----------------------------------------";
    log::info!(target: TARGET, "{RULE}");
    log::info!(target: TARGET, "{:>16} : {}", "Host", info.host);
    log::info!(target: TARGET, "{:>16} : {}", "Port", info.port);
    log::info!(target: TARGET, "{:>16} : {}", "ClientID", info.client_id);
    log::info!(target: TARGET, "{RULE}");
}
