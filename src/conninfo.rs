//! From an identity to everything that an MQTT login needs: region, secret, host, user name.

#![forbid(unsafe_code)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use md5::{Digest as _, Md5};

use crate::bootstrap;
use crate::deadline::Deadline;
use crate::dynreg;
use crate::error::{Error, chain};
use crate::hal::Hal;
use crate::https_auth::{self, Grant};
use crate::identity::{Identity, Secret};
use crate::profile::Profile;
use crate::refusal;
use crate::secret_store::{Place, SecretStore};
use crate::service::Service;
use crate::sign::{self, TIMESTAMP};
use crate::site::{MqttServer, Site, SiteText};
use crate::sync::{OneAtATime, lock};
use crate::transport::Trust;

/// The time for all that a set-up, or authenticating again, asks the cloud for.
const TIMEOUT: Duration = Duration::from_secs(10);
/// What of it a registration leaves for storing the secret, should the answer come late.
const TIME_TO_STORE: Duration = Duration::from_secs(1);
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

/// A parameter of the SDK that `IOT_Ioctl` sets or gets.
///
/// The numbers differ from release to release; the core knows only these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ioctl {
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

/// The SDK's settings and what it knows of the device: one a process.
///
/// Every method may be called from any thread; calls of [`Sdk::setup_conn_info`] follow each other.
#[derive(Debug)]
pub struct Sdk {
    profile: &'static Profile,
    site: Mutex<Site>,
    shows_uuid: AtomicBool,
    asks_bootstrap: AtomicBool,
    dynamic_register: AtomicI32,
    mqtt_direct: AtomicBool,
    /// The devices of successful set-ups, the last one last.
    devices: Mutex<Vec<Device>>,
    secrets: SecretStore,
    /// For a whole set-up: two registrations at a time would lose one secret.
    setting_up: OneAtATime,
}

/// A device that was set up.
#[derive(Debug)]
struct Device {
    identity: Identity,
    /// How to authenticate it again; `None`: it logs in directly, which holds for ever.
    renewal: Option<Renewal>,
}

/// A device that authenticates over HTTPS, and the last that came of it.
#[derive(Clone, Debug)]
pub struct Renewal {
    host: String,
    identity: Identity,
    secret: Secret,
    grant: Grant,
}

impl Renewal {
    /// Authenticates the device again: the cloud may send it to another node, and a password that
    /// was handed out earlier may be void. Blocks for at most 10 seconds.
    pub fn renew(&self, hal: &'static dyn Hal) -> Result<Grant, Error> {
        let service = service(hal, &self.host, Deadline::after(TIMEOUT));
        https_auth::authenticate(&service, &self.identity, &self.secret)
            .inspect_err(|error| explain(error, "HTTPS authentication"))
    }
}

impl Sdk {
    /// Shanghai, no dynamic registration, and the login that the build chose.
    pub const fn new(profile: &'static Profile) -> Self {
        Sdk {
            profile,
            site: Mutex::new(Site::new()),
            shows_uuid: AtomicBool::new(false),
            asks_bootstrap: AtomicBool::new(false),
            dynamic_register: AtomicI32::new(0),
            mqtt_direct: AtomicBool::new(!cfg!(feature = "https-auth")),
            devices: Mutex::new(Vec::new()),
            secrets: SecretStore::new(),
            setting_up: OneAtATime::new(),
        }
    }

    /// Sets or gets a parameter: reads `value` or writes it. A refused value changes nothing.
    pub fn ioctl(&self, option: Ioctl, value: &mut i32) -> Result<(), Error> {
        match option {
            Ioctl::SetRegion => {
                lock(&self.site).set_region(*value, self.profile.custom_domains)?;
            }
            Ioctl::GetRegion => *value = lock(&self.site).region_number(),
            Ioctl::SetDynamicRegister => self.dynamic_register.store(*value, Ordering::Relaxed),
            Ioctl::GetDynamicRegister => *value = self.dynamic_register.load(Ordering::Relaxed),
            Ioctl::SetMqttDirect => set_switch(&self.mqtt_direct, "direct login", *value)?,
            Ioctl::GetMqttDirect => *value = self.mqtt_direct.load(Ordering::Relaxed).into(),
            Ioctl::SetMqttPort => {
                let port = u16::try_from(*value)
                    .map_err(|_| Error::InvalidArgument(format!("{value} is no port")))?;
                lock(&self.site).set_mqtt_port(port);
            }
            Ioctl::SetEnvironment => lock(&self.site).set_without_product(*value != 0),
            Ioctl::SetUuid => set_switch(&self.shows_uuid, "the UUID", *value)?,
            Ioctl::SetBootstrap => set_switch(&self.asks_bootstrap, "bootstrap", *value)?,
        }
        Ok(())
    }

    /// Names a server. A refused text changes nothing.
    pub fn set_site_text(&self, what: SiteText, text: &str) -> Result<(), Error> {
        lock(&self.site).set_text(what, text)
    }

    /// What the cloud sees of the release that is served.
    pub fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// The device that logs in by this client id; where that is of the firmware's own making, the
    /// device of the last successful set-up.
    pub fn identity_of(&self, client_id: &str) -> Option<Identity> {
        let (id, _) = client_id.split_once('|').unwrap_or((client_id, ""));
        let devices = lock(&self.devices);
        let named = devices.iter().find(|device| device.identity.device_id() == id);
        named.or(devices.last()).map(|device| device.identity.clone())
    }

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
        devices.push(Device { identity, renewal });
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

        let host = lock(&self.site).https_host()?;
        place.make_ready(identity)?;
        let service = service(hal, &host, deadline.before(TIME_TO_STORE));
        let keep = |secret: &Secret| self.secrets.save(&mut place, identity, secret);
        let secret = dynreg::register(&service, identity, &product_secret, keep)
            .inspect_err(|error| explain(error, "Dynamic Register"))?;
        hand_over(hal, &secret);
        Ok(secret)
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

    fn direct_login(
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
        let site = lock(&self.site).clone();
        if !self.asks_bootstrap.load(Ordering::Relaxed) {
            let port = site.mqtt_port(self.profile.mqtt_port);
            return Ok(MqttServer { host: site.mqtt_host(identity)?, port });
        }
        let mut server = bootstrap::locate(&service(hal, bootstrap::HOST, deadline), identity)
            .inspect_err(|error| explain(error, "Bootstrap"))?;
        if site.is_without_product() {
            // A test environment's host counts even then, as in release 2.3.0.
            server.host = site.mqtt_host(identity)?;
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
        let partner_id = client_id_field(self.profile.partner_id_field, &hal.partner_id());
        let module_id = client_id_field(self.profile.module_id_field, &hal.module_id());
        let uuid = self.uuid_field(hal);
        log_device(identity, mode, guider_url, &partner_id, &module_id);

        let client_id = format!(
            "{}|securemode={},_v=sdk-c-{},timestamp={TIMESTAMP},signmethod={},lan=C,gw=0,ext=0{partner_id}{module_id}{uuid}|",
            identity.device_id(),
            mode.secure_mode(),
            self.profile.sdk_version,
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

    fn granted_login(
        &self,
        hal: &'static dyn Hal,
        identity: &Identity,
        secret: Secret,
        deadline: Deadline,
    ) -> Result<(ConnInfo, Renewal), Error> {
        let host = lock(&self.site).https_host()?;
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

    /// How to authenticate again whoever logs in at `host` as `username`; `None` when that login
    /// is not from the last set-up of a device, or is a direct one.
    pub fn renewal(&self, host: &str, username: &str) -> Option<Renewal> {
        let devices = lock(&self.devices);
        let granted = |renewal: &&Renewal| {
            renewal.grant.server.host == host && renewal.grant.iot_id == username
        };
        devices.iter().filter_map(|device| device.renewal.as_ref()).find(granted).cloned()
    }
}

/// Whether the cloud has said no, and asking soon again cannot help.
pub fn is_final(error: &Error) -> bool {
    matches!(error, Error::Refused { code, .. } if !refusal::is_passing(*code))
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

/// The platform's HTTPS service at `host`.
fn service(hal: &'static dyn Hal, host: &str, deadline: Deadline) -> Service {
    Service { hal, host: host.to_owned(), trust: trust(hal), deadline }
}

/// What the platform's servers must prove themselves by.
fn trust(hal: &dyn Hal) -> Trust {
    hal.pinned_root().map_or(Trust::BuiltIn, |pem| Trust::from_pem(&pem))
}

/// Says in the log why `what` failed, and what to do about a refusal.
fn explain(error: &Error, what: &str) {
    const TARGET: &str = "IOT_SetupConnInfo";
    if let Error::Refused { code, .. } = error {
        log::error!(target: TARGET, "{error} - {}", refusal::explain(*code));
    }
    log::error!(target: TARGET, "{what} Failed: {}", chain(error));
}

fn hand_over(hal: &dyn Hal, secret: &Secret) {
    if !hal.set_device_secret(secret) {
        log::warn!(target: "IOT_SetupConnInfo", "HAL_SetDeviceSecret refused the secret");
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

fn log_conn_info(info: &ConnInfo) {
    const TARGET: &str = "guider_print_conn_info";
    const RULE: &str = "-----------------------------------------";
    log::info!(target: TARGET, "{RULE}");
    log::info!(target: TARGET, "{:>16} : {}", "Host", info.host);
    log::info!(target: TARGET, "{:>16} : {}", "Port", info.port);
    log::info!(target: TARGET, "{:>16} : {}", "ClientID", info.client_id);
    log::info!(target: TARGET, "{RULE}");
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::hal::fake::{FakeHal, shared_log};
    use crate::region::Region;
    use crate::secret_store::DEVICE_SECRET_KEY;
    use crate::transport::test_support::{Authority, close_notify, serve_tls};

    const HOST: &str = "iot-auth.cn-shanghai.aliyuncs.com";
    const SECRET: &str = "KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4";

    const GRANT: &str = r#"{"code":200,"data":{"iotId":"iot5d5c18d3859553f58","iotToken":"tok5d5c18d3859553f58112932825960c49","resources":{"mqtt":{"host":"us.iot-as-mqtt.cn-shanghai.aliyuncs.com","port":1883}}},"message":"success"}"#;

    /// A HAL whose cloud answers every registration with `reply`, and how often it was asked.
    fn registrable(reply: &'static str) -> (&'static FakeHal, Arc<AtomicUsize>) {
        answering(move |_| Some(reply))
    }

    /// A HAL whose cloud answers the request of each number, from 1 on, with this text, or hangs
    /// up; and how often it was asked.
    fn answering(
        reply: impl Fn(usize) -> Option<&'static str> + Send + 'static,
    ) -> (&'static FakeHal, Arc<AtomicUsize>) {
        answering_at(HOST, reply)
    }

    /// The same for a service at another host.
    fn answering_at(
        host: &str,
        reply: impl Fn(usize) -> Option<&'static str> + Send + 'static,
    ) -> (&'static FakeHal, Arc<AtomicUsize>) {
        let hal = FakeHal::leak();
        let authority = Authority::new();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let address = serve_tls(authority.config(host), move |stream| {
            let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
            let mut request = Vec::new();
            let end = |request: &[u8]| {
                request.ends_with(b"signMethod=hmacsha256") || request.ends_with(b"resources=mqtt")
            };
            while !end(&request) {
                let mut byte = [0];
                stream.read_exact(&mut byte)?;
                request.push(byte[0]);
            }
            let Some(reply) = reply(number) else { return close_notify(stream) };
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{reply}", reply.len())
        });
        hal.redirect(host, 443, address);
        hal.state().pinned_root = Some(authority.pem());
        hal.state().product_secret = "ffFnFlKQW3HYjjPR".to_owned();
        (hal, asked)
    }

    /// Logs in directly, however this build does it without being told.
    fn direct() -> Sdk {
        let sdk = Sdk::new(&crate::profile::TEST);
        sdk.ioctl(Ioctl::SetMqttDirect, &mut 1).unwrap();
        sdk
    }

    fn dynamic() -> Sdk {
        let sdk = direct();
        sdk.ioctl(Ioctl::SetDynamicRegister, &mut 1).unwrap();
        sdk
    }

    fn set_up(sdk: &Sdk, hal: &'static FakeHal) -> Result<ConnInfo, Error> {
        sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", "")
    }

    const SUCCESS: &str = r#"{"code":200,"data":{"deviceName":"Example_dyn1","deviceSecret":"KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4","productKey":"a1ExpAkj9Hi"},"message":"success"}"#;

    #[test]
    fn parameters_are_kept_and_bad_ones_change_nothing() {
        let sdk = Sdk::new(&crate::profile::TEST);
        sdk.ioctl(Ioctl::SetRegion, &mut 1).unwrap();
        for bad in [-1, 5, i32::MAX] {
            assert!(sdk.ioctl(Ioctl::SetRegion, &mut bad.clone()).is_err());
        }
        let mut value = -7;
        sdk.ioctl(Ioctl::GetRegion, &mut value).unwrap();
        assert_eq!(value, 1);
        sdk.ioctl(Ioctl::GetDynamicRegister, &mut value).unwrap();
        assert_eq!(value, 0);
    }

    #[test]
    fn the_build_chooses_the_login_and_the_firmware_may_choose_again() {
        let sdk = Sdk::new(&crate::profile::TEST);
        let mut value = -7;
        sdk.ioctl(Ioctl::GetMqttDirect, &mut value).unwrap();
        assert_eq!(value, i32::from(!cfg!(feature = "https-auth")));
        for chosen in [0, 1] {
            sdk.ioctl(Ioctl::SetMqttDirect, &mut chosen.clone()).unwrap();
            for bad in [-1, 2, i32::MAX] {
                assert!(sdk.ioctl(Ioctl::SetMqttDirect, &mut bad.clone()).is_err());
            }
            sdk.ioctl(Ioctl::GetMqttDirect, &mut value).unwrap();
            assert_eq!(value, chosen);
        }
    }

    #[test]
    fn a_certificate_per_device_gives_the_login_of_release_2_2_1() {
        let hal = FakeHal::leak();
        hal.state().partner_id = "example.demo.partner-id".to_owned();
        hal.state().module_id = "example.demo.module-id".to_owned();
        let sdk = direct();
        let info = sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
        assert_eq!(info.host, "a1ExpAkj9Hi.iot-as-mqtt.cn-shanghai.aliyuncs.com");
        assert_eq!(info.port, 1883);
        assert_eq!(info.username, "Example_dyn1&a1ExpAkj9Hi");
        assert_eq!(
            info.client_id,
            "a1ExpAkj9Hi.Example_dyn1|securemode=2,_v=sdk-c-2.2.1.1,timestamp=2524608000000,signmethod=hmacsha256,lan=C,gw=0,ext=0,partner_id=example.demo.partner-id,module_id=example.demo.module-id|"
        );
        assert_eq!(hal.calls("kv_get"), 0);
        assert_eq!(sdk.identity_of("").unwrap().device_id(), "a1ExpAkj9Hi.Example_dyn1");
    }

    #[test]
    fn a_device_registers_once_and_then_finds_its_secret() {
        let (hal, asked) = registrable(SUCCESS);
        let first = set_up(&dynamic(), hal).unwrap();
        assert_eq!(hal.state().kv[DEVICE_SECRET_KEY], SECRET.as_bytes());
        assert_eq!(hal.state().device_secret.as_deref(), Some(SECRET));
        let second = set_up(&dynamic(), hal).unwrap();
        assert_eq!(first, second);
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_refusal_is_asked_for_once_and_says_what_to_do() {
        let log = shared_log();
        let (hal, asked) = registrable(r#"{"code":6289,"message":"device is already active"}"#);
        let error = set_up(&dynamic(), hal).unwrap_err();
        assert!(matches!(error, Error::Refused { code: 6289, .. }));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert_eq!((hal.calls("kv_set"), hal.calls("set_device_secret")), (0, 0));
        assert!(
            log.printed()
                .contains("6289 device is already active - the cloud hands a secret out once")
        );
    }

    #[test]
    fn a_secret_that_cannot_be_stored_is_used_and_offered_again() {
        let (hal, asked) = registrable(SUCCESS);
        hal.state().own_kv = true;
        hal.state().kv_failure = Some(-1);
        let sdk: &Sdk = Box::leak(Box::new(dynamic()));
        let first = set_up(sdk, hal).unwrap();
        assert_eq!(hal.state().device_secret.as_deref(), Some(SECRET));
        sdk.save_again_when_due(hal);
        assert_eq!(hal.calls("kv_set"), 1, "the store is left alone for a while");

        assert_eq!(set_up(sdk, hal).unwrap(), first, "the secret in memory serves");
        assert_eq!(hal.calls("kv_set"), 2);
        hal.state().kv_failure = None;
        sdk.save_again(hal);
        assert_eq!(hal.state().kv[DEVICE_SECRET_KEY], SECRET.as_bytes());
        let calls = hal.calls("kv_set");
        sdk.save_again(hal);
        assert_eq!(hal.calls("kv_set"), calls, "once stored it is not stored again");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_cannot_be_kept_is_not_asked_for() {
        let (hal, asked) = registrable(SUCCESS);
        hal.state().kv_failure = Some(-1);
        assert!(matches!(set_up(&dynamic(), hal), Err(Error::Store(_))));
        hal.state().kv_unreadable = Some("cannot read it".into());
        assert!(matches!(set_up(&dynamic(), hal), Err(Error::Store(_))));
        assert_eq!((asked.load(Ordering::SeqCst), hal.calls("tcp_establish")), (0, 0));
        assert!(hal.state().kv.is_empty());
    }

    #[test]
    fn a_secret_in_memory_is_not_another_device_s() {
        let (hal, _) = registrable(SUCCESS);
        hal.state().own_kv = true;
        hal.state().kv_failure = Some(-1);
        let sdk = dynamic();
        set_up(&sdk, hal).unwrap();
        let other = sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "another", "");
        assert!(matches!(other, Err(Error::BadReply(_))), "the cloud answers for Example_dyn1");
    }

    #[test]
    fn a_stored_secret_is_not_another_device_s() {
        let (hal, asked) = registrable(SUCCESS);
        set_up(&dynamic(), hal).unwrap();
        let other = dynamic().setup_conn_info(hal, "a1ExpAkj9Hi", "another", "");
        assert!(matches!(other, Err(Error::BadReply(_))), "the cloud answers for Example_dyn1");
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        set_up(&dynamic(), hal).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 2, "and the first device still has its own");
    }

    #[test]
    fn what_is_missing_is_said_before_anything_is_done() {
        let hal = FakeHal::leak();
        assert!(matches!(set_up(&dynamic(), hal), Err(Error::NoProductSecret)));
        hal.state().product_secret = "s".repeat(65);
        assert!(matches!(
            set_up(&dynamic(), hal),
            Err(Error::TooLong { what: "product secret", .. })
        ));
        for (product_key, device_name, secret) in [
            ("", "d", "s"),
            ("p", "", "s"),
            ("p", "d", ""),
            (&*"p".repeat(21), "d", "s"),
            ("p", &*"d".repeat(33), "s"),
            ("p", "d", &*"s".repeat(65)),
        ] {
            assert!(direct().setup_conn_info(hal, product_key, device_name, secret).is_err());
        }
        assert_eq!((hal.calls("tcp_establish"), hal.calls("kv_set")), (0, 0));
    }

    #[test]
    fn a_stored_value_that_is_no_secret_is_not_used() {
        let (hal, asked) = registrable(SUCCESS);
        hal.state().kv.insert(DEVICE_SECRET_KEY.to_owned(), vec![0xFF; 10]);
        set_up(&dynamic(), hal).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert_eq!(hal.state().kv[DEVICE_SECRET_KEY], SECRET.as_bytes());
    }

    #[test]
    fn a_client_id_that_the_platform_would_cut_is_refused() {
        let hal = FakeHal::leak();
        hal.state().partner_id = "p".repeat(64);
        hal.state().module_id = "m".repeat(64);
        let result = direct().setup_conn_info(hal, &"p".repeat(20), &"d".repeat(32), "secret");
        assert!(matches!(result, Err(Error::TooLong { what: "client id", .. })));
    }

    #[test]
    fn https_authentication_gives_the_login_of_release_2_2_1() {
        let (hal, asked) = registrable(GRANT);
        hal.state().partner_id = "example.demo.partner-id".to_owned();
        hal.state().module_id = "example.demo.module-id".to_owned();
        let sdk = Sdk::new(&crate::profile::TEST);
        sdk.ioctl(Ioctl::SetMqttDirect, &mut 0).unwrap();
        let info = sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
        assert_eq!(info.host, "us.iot-as-mqtt.cn-shanghai.aliyuncs.com");
        assert_eq!(info.port, 1883);
        assert_eq!(info.username, "iot5d5c18d3859553f58");
        assert_eq!(info.password.expose(), "tok5d5c18d3859553f58112932825960c49");
        assert_eq!(
            info.client_id,
            "a1ExpAkj9Hi.Example_dyn1|securemode=-1,_v=sdk-c-2.2.1.1,timestamp=2524608000000,signmethod=hmacsha1,lan=C,gw=0,ext=0,partner_id=example.demo.partner-id,module_id=example.demo.module-id|"
        );

        let renewal = sdk.renewal(&info.host, &info.username).unwrap();
        assert_eq!(renewal.renew(hal).unwrap().server.host, info.host);
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert!(sdk.renewal("other.host", &info.username).is_none());
        assert!(sdk.renewal(&info.host, "other user").is_none());

        sdk.ioctl(Ioctl::SetMqttDirect, &mut 1).unwrap();
        sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
        assert!(sdk.renewal(&info.host, &info.username).is_none(), "a direct login is for ever");
    }

    #[test]
    fn each_of_several_devices_authenticates_again() {
        const OF_ANOTHER: &str = r#"{"code":200,"data":{"iotId":"iotOther","iotToken":"tokOther","resources":{"mqtt":{"host":"de.iot-as-mqtt.cn-shanghai.aliyuncs.com","port":1883}}}}"#;
        let (hal, _) = answering(|number| Some(if number == 2 { OF_ANOTHER } else { GRANT }));
        let sdk = Sdk::new(&crate::profile::TEST);
        sdk.ioctl(Ioctl::SetMqttDirect, &mut 0).unwrap();
        let set_up = |name| sdk.setup_conn_info(hal, "a1ExpAkj9Hi", name, SECRET).unwrap();
        let (first, second) = (set_up("Example_dyn1"), set_up("another"));
        let renewal = |info: &ConnInfo| sdk.renewal(&info.host, &info.username);
        for (info, name) in [(&first, "Example_dyn1"), (&second, "another")] {
            assert_eq!(renewal(info).unwrap().identity.device_name(), name);
            assert_eq!(sdk.identity_of(&info.client_id).unwrap().device_name(), name);
        }
        assert_eq!(sdk.identity_of("the firmware's own").unwrap().device_name(), "another");

        let third = set_up("another");
        assert!(renewal(&second).is_none(), "a later login of the same device counts");
        assert!(renewal(&third).is_some());
        sdk.ioctl(Ioctl::SetMqttDirect, &mut 1).unwrap();
        sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "another", SECRET).unwrap();
        assert_eq!(renewal(&first).unwrap().identity.device_name(), "Example_dyn1");
    }

    const LOCATION: &str = r#"{"code":200,"data":{"resources":{"mqtt":{"host":"a1ExpAkj9Hi.iot-as-mqtt.us-west-1.aliyuncs.com","port":1883}}},"message":"success"}"#;

    #[test]
    fn bootstrap_counts_before_endpoint_port_and_region() {
        let (hal, asked) = answering_at(bootstrap::HOST, |_| Some(LOCATION));
        let sdk = direct();
        sdk.set_site_text(SiteText::Endpoint, "own.example").unwrap();
        sdk.ioctl(Ioctl::SetMqttPort, &mut 8883).unwrap();
        sdk.ioctl(Ioctl::SetBootstrap, &mut 1).unwrap();
        let set_up = || sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
        let located = set_up();
        assert_eq!(located.host, "a1ExpAkj9Hi.iot-as-mqtt.us-west-1.aliyuncs.com");
        assert_eq!((located.port, &*located.username), (1883, "Example_dyn1&a1ExpAkj9Hi"));

        sdk.ioctl(Ioctl::SetEnvironment, &mut 1).unwrap();
        let in_test_environment = set_up();
        assert_eq!(in_test_environment.host, "iot-as-mqtt.cn-shanghai.aliyuncs.com");
        assert_eq!(in_test_environment.port, located.port, "as the cloud said");
        sdk.ioctl(Ioctl::SetEnvironment, &mut 0).unwrap();

        sdk.ioctl(Ioctl::SetBootstrap, &mut 0).unwrap();
        let usual = set_up();
        assert_eq!((&*usual.host, usual.port), ("own.example", 8883));
        assert_eq!(usual.client_id, located.client_id);
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn bootstrap_is_tried_again_where_that_can_help() {
        let (hal, asked) = answering_at(bootstrap::HOST, |number| match number {
            1 => Some(r#"{"code":503}"#),
            2 => None,
            _ => Some(LOCATION),
        });
        let sdk = direct();
        sdk.ioctl(Ioctl::SetBootstrap, &mut 1).unwrap();
        sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn a_bootstrap_that_is_refused_ends_the_set_up() {
        let log = shared_log();
        let (hal, asked) = answering_at(bootstrap::HOST, |_| Some(r#"{"code":6250}"#));
        let sdk = direct();
        sdk.ioctl(Ioctl::SetBootstrap, &mut 1).unwrap();
        let outcome = sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET);
        assert!(matches!(outcome, Err(Error::Refused { code: 6250, .. })));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert!(sdk.identity_of("").is_none());
        assert!(log.printed().contains("Bootstrap Failed: the cloud refused: 6250"));
    }

    #[test]
    fn a_login_that_names_its_node_asks_for_no_bootstrap() {
        // Bootstrap's own host cannot be reached here.
        let (hal, asked) = registrable(GRANT);
        let sdk = Sdk::new(&crate::profile::TEST);
        sdk.ioctl(Ioctl::SetMqttDirect, &mut 0).unwrap();
        sdk.ioctl(Ioctl::SetBootstrap, &mut 1).unwrap();
        sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn the_uuid_is_shown_as_its_digest_where_that_is_on() {
        let hal = FakeHal::leak();
        let sdk = direct();
        let client_id =
            || sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap().client_id;
        assert!(client_id().ends_with(",gw=0,ext=0|"));
        sdk.ioctl(Ioctl::SetUuid, &mut 1).unwrap();
        assert!(sdk.ioctl(Ioctl::SetUuid, &mut 2).is_err());
        // md5sum of what the fake HAL gives: unique.
        assert!(
            client_id().ends_with(",gw=0,ext=0,_uuid=673EB027E9C056F57140322807351DD5|"),
            "{}",
            client_id()
        );
        sdk.ioctl(Ioctl::SetUuid, &mut 0).unwrap();
        assert!(!client_id().contains("_uuid"));
    }

    #[test]
    fn a_device_registers_and_authenticates_in_one_go() {
        let (hal, asked) = answering(|number| Some(if number == 1 { SUCCESS } else { GRANT }));
        let sdk = dynamic();
        sdk.ioctl(Ioctl::SetMqttDirect, &mut 0).unwrap();
        assert_eq!(set_up(&sdk, hal).unwrap().username, "iot5d5c18d3859553f58");
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert_eq!(hal.state().kv[DEVICE_SECRET_KEY], SECRET.as_bytes());
    }

    #[test]
    fn a_busy_cloud_is_asked_again() {
        let (hal, asked) = answering(|number| {
            Some(if number < 3 { r#"{"code":500,"message":"service error"}"# } else { SUCCESS })
        });
        set_up(&dynamic(), hal).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn a_refusal_after_a_failure_tells_of_the_secret_that_may_be_lost() {
        let log = shared_log();
        let (hal, asked) = answering(|number| {
            Some(match number {
                1 => r#"{"code":503}"#,
                _ => r#"{"code":6289,"message":"device is already active"}"#,
            })
        });
        assert!(matches!(set_up(&dynamic(), hal), Err(Error::Refused { code: 6289, .. })));
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert!(
            log.printed().contains("an earlier one of these 2 attempts may have been accepted")
        );
    }

    #[test]
    fn a_registration_that_is_not_answered_is_not_sent_again_and_the_log_says_so() {
        let log = shared_log();
        let (hal, asked) = answering(|_| None);
        assert!(matches!(set_up(&dynamic(), hal), Err(Error::Unanswered(_))));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert!(log.printed().contains("the cloud may have accepted the registration"));
    }

    #[test]
    fn an_authentication_that_is_not_answered_is_sent_again() {
        let (hal, asked) = answering(|number| (number > 1).then_some(GRANT));
        let sdk = Sdk::new(&crate::profile::TEST);
        sdk.ioctl(Ioctl::SetMqttDirect, &mut 0).unwrap();
        sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_cloud_that_cannot_be_reached_is_tried_three_times() {
        let hal = FakeHal::leak();
        hal.state().product_secret = "secret".to_owned();
        assert!(matches!(set_up(&dynamic(), hal), Err(Error::Transport(_))));
        assert_eq!(hal.calls("tcp_establish"), 3);
    }

    #[test]
    fn every_region_registers_and_authenticates_at_its_own_host() {
        let authority = Authority::new();
        let address = serve_tls(authority.config("other.test"), close_notify);
        for region in Region::ALL {
            let hal = FakeHal::leak();
            hal.redirect(&region.https_host(), 443, address);
            hal.state().pinned_root = Some(authority.pem());
            hal.state().product_secret = "secret".to_owned();
            let sdk = dynamic();
            sdk.ioctl(Ioctl::SetRegion, &mut region.number()).unwrap();
            sdk.ioctl(Ioctl::SetMqttDirect, &mut 0).unwrap();
            for dynamic_register in [1, 0] {
                sdk.ioctl(Ioctl::SetDynamicRegister, &mut dynamic_register.clone()).unwrap();
                let error = sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "d", SECRET).unwrap_err();
                let wanted = format!("wanted {}, has other.test", region.https_host());
                assert!(chain(&error).contains(&wanted), "{error:?}");
            }
        }
    }
}
