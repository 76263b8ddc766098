//! From an identity to everything that an MQTT login needs: region, secret, host, user name.

#![forbid(unsafe_code)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};

use crate::dynreg;
use crate::error::{Error, chain};
use crate::hal::Hal;
use crate::identity::{Identity, Secret};
use crate::region::Region;
use crate::report::SDK_VERSION;
use crate::secret_store::{self, SecretStore};
use crate::sign::{self, TIMESTAMP};
use crate::sync::lock;
use crate::transport::Trust;

const MQTT_PORT: u16 = 1883;
const CLIENT_ID_MAX: usize = 256;
/// How a login is authenticated: over TLS, directly at the MQTT server.
const SECURE_MODE: &str = "2";

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
#[derive(Debug, Default)]
pub struct Sdk {
    region: AtomicU8,
    dynamic_register: AtomicI32,
    /// The device of the last successful set-up.
    identity: Mutex<Option<Identity>>,
    secrets: SecretStore,
    /// Held for a whole set-up: two registrations at a time would lose one secret.
    setting_up: Mutex<()>,
}

impl Sdk {
    /// Shanghai, no dynamic registration.
    pub const fn new() -> Self {
        Sdk {
            region: AtomicU8::new(Region::Shanghai as u8),
            dynamic_register: AtomicI32::new(0),
            identity: Mutex::new(None),
            secrets: SecretStore::new(),
            setting_up: Mutex::new(()),
        }
    }

    /// Sets or gets a parameter: reads `value` or writes it. A refused value changes nothing.
    pub fn ioctl(&self, option: Ioctl, value: &mut i32) -> Result<(), Error> {
        match option {
            Ioctl::SetRegion => {
                let region = Region::from_number(*value)
                    .ok_or_else(|| Error::InvalidArgument(format!("there is no region {value}")))?;
                self.region.store(region as u8, Ordering::Relaxed);
            }
            Ioctl::GetRegion => *value = self.region().number(),
            Ioctl::SetDynamicRegister => self.dynamic_register.store(*value, Ordering::Relaxed),
            Ioctl::GetDynamicRegister => *value = self.dynamic_register.load(Ordering::Relaxed),
        }
        Ok(())
    }

    /// The region that is set.
    pub fn region(&self) -> Region {
        Region::from_number(self.region.load(Ordering::Relaxed).into()).unwrap_or_default()
    }

    /// The device of the last successful set-up.
    pub fn identity(&self) -> Option<Identity> {
        lock(&self.identity).clone()
    }

    /// Finds or fetches the device secret and makes the login data of it (`IOT_SetupConnInfo`).
    ///
    /// With dynamic registration `device_secret` is not looked at: the secret comes from the store
    /// or, once in the device's life, from the cloud, and is stored before it is used. A secret
    /// that the store does not take is used all the same and offered to the store again by
    /// [`Sdk::save_again`]. May block for 10 seconds.
    pub fn setup_conn_info(
        &self,
        hal: &'static dyn Hal,
        product_key: &str,
        device_name: &str,
        device_secret: &str,
    ) -> Result<ConnInfo, Error> {
        let _one_at_a_time = lock(&self.setting_up);
        let identity = Identity::new(product_key, device_name)?;
        let secret = if self.dynamic_register.load(Ordering::Relaxed) == 0 {
            Secret::device_secret(device_secret)?
        } else {
            self.registered_secret(hal, &identity)?
        };
        let info = self.direct_login(hal, &identity, &secret)?;
        *lock(&self.identity) = Some(identity);
        Ok(info)
    }

    /// The secret of a device that registers itself: stored, kept in memory, or new.
    fn registered_secret(
        &self,
        hal: &'static dyn Hal,
        identity: &Identity,
    ) -> Result<Secret, Error> {
        const TARGET: &str = "IOT_SetupConnInfo";
        if let Some(secret) = self.secrets.unsaved(identity) {
            log::info!(target: TARGET, "DeviceSecret is in memory only, the store is tried again");
            self.secrets.save(hal, identity, &secret);
            return Ok(secret);
        }
        if let Some(secret) = secret_store::stored(hal, identity) {
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

        let trust = hal.pinned_root().map_or(Trust::BuiltIn, |pem| Trust::from_pem(&pem));
        let secret = dynreg::register(hal, self.region(), &trust, identity, &product_secret)
            .inspect_err(|error| {
                if let Error::Refused { code, .. } = error {
                    log::error!(target: TARGET, "{error} - {}", dynreg::advice(*code));
                }
                log::error!(target: TARGET, "Dynamic Register Failed: {}", chain(error));
            })?;
        self.secrets.save(hal, identity, &secret);
        hand_over(hal, &secret);
        Ok(secret)
    }

    /// Offers a secret that the store refused to the store again. Does nothing when there is none.
    pub fn save_again(&self, hal: &dyn Hal) {
        self.secrets.save_again(hal);
    }

    /// Like [`Sdk::save_again`], but leaves the store alone for a minute after each attempt.
    pub fn save_again_when_due(&self, hal: &dyn Hal) {
        self.secrets.save_again_when_due(hal);
    }

    fn direct_login(
        &self,
        hal: &dyn Hal,
        identity: &Identity,
        secret: &Secret,
    ) -> Result<ConnInfo, Error> {
        let partner_id = client_id_field("partner_id", &hal.partner_id());
        let module_id = client_id_field("module_id", &hal.module_id());
        log_device(identity, &partner_id, &module_id);

        let client_id = format!(
            "{}|securemode={SECURE_MODE},_v=sdk-c-{SDK_VERSION},timestamp={TIMESTAMP},signmethod=hmacsha256,lan=C,gw=0,ext=0{partner_id}{module_id}|",
            identity.device_id()
        );
        if client_id.len() > CLIENT_ID_MAX {
            let (what, len, max) = ("client id", client_id.len(), CLIENT_ID_MAX);
            return Err(Error::TooLong { what, len, max });
        }
        let info = ConnInfo {
            host: self.region().mqtt_host(identity),
            port: MQTT_PORT,
            client_id,
            username: format!("{}&{}", identity.device_name(), identity.product_key()),
            password: sign::login(identity, secret),
        };
        log_conn_info(&info);
        Ok(info)
    }
}

fn hand_over(hal: &dyn Hal, secret: &Secret) {
    if !hal.set_device_secret(secret) {
        log::warn!(target: "IOT_SetupConnInfo", "HAL_SetDeviceSecret refused the secret");
    }
}

fn client_id_field(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(",{name}={value}") }
}

fn log_device(identity: &Identity, partner_id: &str, module_id: &str) {
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
    log::info!(target: TARGET, "{:>20} : ", "Guider URL");
    log::info!(target: TARGET, "{:>20} : {SECURE_MODE} (TLS + Direct)", "Guider SecMode");
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
    use crate::secret_store::DEVICE_SECRET_KEY;
    use crate::transport::test_support::{Authority, serve_tls};

    const HOST: &str = "iot-auth.cn-shanghai.aliyuncs.com";
    const SECRET: &str = "KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4";

    /// A HAL whose cloud answers every registration with `reply`, and how often it was asked.
    fn registrable(reply: &'static str) -> (&'static FakeHal, Arc<AtomicUsize>) {
        let hal = FakeHal::leak();
        let authority = Authority::new();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let address = serve_tls(authority.config(HOST), move |stream| {
            counter.fetch_add(1, Ordering::SeqCst);
            let mut request = Vec::new();
            while !request.ends_with(b"signMethod=hmacsha256") {
                let mut byte = [0];
                stream.read_exact(&mut byte)?;
                request.push(byte[0]);
            }
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{reply}", reply.len())
        });
        hal.redirect(HOST, 443, address);
        hal.state().pinned_root = Some(authority.pem());
        hal.state().product_secret = "ffFnFlKQW3HYjjPR".to_owned();
        (hal, asked)
    }

    fn dynamic() -> Sdk {
        let sdk = Sdk::new();
        sdk.ioctl(Ioctl::SetDynamicRegister, &mut 1).unwrap();
        sdk
    }

    fn set_up(sdk: &Sdk, hal: &'static FakeHal) -> Result<ConnInfo, Error> {
        sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", "")
    }

    const SUCCESS: &str = r#"{"code":200,"data":{"deviceName":"Example_dyn1","deviceSecret":"KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4","productKey":"a1ExpAkj9Hi"},"message":"success"}"#;

    #[test]
    fn parameters_are_kept_and_bad_ones_change_nothing() {
        let sdk = Sdk::new();
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
    fn a_certificate_per_device_gives_the_login_of_release_2_2_1() {
        let hal = FakeHal::leak();
        hal.state().partner_id = "example.demo.partner-id".to_owned();
        hal.state().module_id = "example.demo.module-id".to_owned();
        let sdk = Sdk::new();
        let info = sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
        assert_eq!(info.host, "a1ExpAkj9Hi.iot-as-mqtt.cn-shanghai.aliyuncs.com");
        assert_eq!(info.port, 1883);
        assert_eq!(info.username, "Example_dyn1&a1ExpAkj9Hi");
        assert_eq!(
            info.client_id,
            "a1ExpAkj9Hi.Example_dyn1|securemode=2,_v=sdk-c-2.2.1.1,timestamp=2524608000000,signmethod=hmacsha256,lan=C,gw=0,ext=0,partner_id=example.demo.partner-id,module_id=example.demo.module-id|"
        );
        assert_eq!(hal.calls("kv_get"), 0);
        assert_eq!(sdk.identity().unwrap().device_id(), "a1ExpAkj9Hi.Example_dyn1");
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
        hal.state().kv_failure = Some(-1);
        let sdk = dynamic();
        let first = set_up(&sdk, hal).unwrap();
        assert_eq!(hal.state().device_secret.as_deref(), Some(SECRET));
        sdk.save_again_when_due(hal);
        assert_eq!(hal.calls("kv_set"), 1, "the store is left alone for a while");

        assert_eq!(set_up(&sdk, hal).unwrap(), first, "the secret in memory serves");
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
    fn a_secret_in_memory_is_not_another_device_s() {
        let (hal, _) = registrable(SUCCESS);
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
            assert!(Sdk::new().setup_conn_info(hal, product_key, device_name, secret).is_err());
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
        let result = Sdk::new().setup_conn_info(hal, &"p".repeat(20), &"d".repeat(32), "secret");
        assert!(matches!(result, Err(Error::TooLong { what: "client id", .. })));
    }
}
