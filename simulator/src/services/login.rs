//! The platform's check of an MQTT login.
//!
//! A device that holds its secret logs in directly: user name `<dn>&<pk>`, client id
//! `<id>|securemode=2,signmethod=hmacsha256,timestamp=…|`, password the HMAC over the names and
//! values of client id, device name, product key and timestamp, in hex of either case. One that has
//! authenticated over HTTPS (securemode -1) has the `iotId` as its user name and the `iotToken` as
//! its password, valid at one data node for a time.

#![forbid(unsafe_code)]

use std::collections::HashMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rumqttc::{Connect, ConnectReturnCode, Login, Protocol};
use sha1::Sha1;
use sha2::Sha256;

use crate::config::DeviceId;
use crate::registry::{Granted, Registry};

/// Why a login is refused: the code for the device, and the reason for people.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: ConnectReturnCode,
    pub(crate) why: String,
}

fn bad_credentials(why: impl Into<String>) -> Refusal {
    Refusal { code: ConnectReturnCode::BadUserNamePassword, why: why.into() }
}

fn not_authorized(why: impl Into<String>) -> Refusal {
    Refusal { code: ConnectReturnCode::NotAuthorized, why: why.into() }
}

/// The device that the user name claims to be.
pub(crate) fn claimed_device(connect: &Connect, registry: &Registry) -> Option<DeviceId> {
    let username = &connect.login.as_ref()?.username;
    match username.split_once('&') {
        Some((device_name, product_key)) => Some(DeviceId::new(product_key, device_name)),
        None => registry.device_with(username),
    }
}

/// Checks a CONNECT that came over TLS to this region.
pub(crate) fn check(
    connect: &Connect,
    registry: &Registry,
    region: &str,
) -> Result<DeviceId, Refusal> {
    let device = check_credentials(connect, registry, region)?;
    match registry.refusal(&device) {
        Some(code) => Err(not_authorized(format!("the configuration refuses it: {code}"))),
        None => Ok(device),
    }
}

fn check_credentials(
    connect: &Connect,
    registry: &Registry,
    region: &str,
) -> Result<DeviceId, Refusal> {
    if connect.protocol != Protocol::V4 {
        return Err(Refusal {
            code: ConnectReturnCode::RefusedProtocolVersion,
            why: "the protocol is not MQTT 3.1.1".into(),
        });
    }
    let login =
        connect.login.as_ref().ok_or_else(|| bad_credentials("no user name and password"))?;
    let client_id = ClientId::parse(&connect.client_id).ok_or_else(|| {
        bad_credentials("the client id is not <product key>.<device name>|key=value,…|")
    })?;
    match client_id.field("securemode")? {
        "2" => check_direct(login, &client_id, registry),
        "-1" => check_token(login, &client_id, registry, region),
        "3" => Err(not_authorized("securemode 3 is for plain TCP, and this is TLS")),
        mode => Err(not_authorized(format!("securemode {mode} is not known here"))),
    }
}

fn check_token(
    login: &Login,
    client_id: &ClientId<'_>,
    registry: &Registry,
    region: &str,
) -> Result<DeviceId, Refusal> {
    let granted = Granted { iot_id: login.username.clone(), iot_token: login.password.clone() };
    let device = registry.redeem(&granted, region).map_err(bad_credentials)?;
    if client_id.id != device.to_string() {
        return Err(bad_credentials("the client id names another device than the iotId"));
    }
    Ok(device)
}

fn check_direct(
    login: &Login,
    client_id: &ClientId<'_>,
    registry: &Registry,
) -> Result<DeviceId, Refusal> {
    let (device_name, product_key) = login
        .username
        .split_once('&')
        .ok_or_else(|| bad_credentials("the user name is not <device name>&<product key>"))?;
    let device = DeviceId::new(product_key, device_name);
    if client_id.id != device.to_string() {
        return Err(bad_credentials("the client id names another device than the user name"));
    }
    let secret = registry
        .secret(&device)
        .ok_or_else(|| not_authorized("the device is not known or has not registered yet"))?;
    let text = client_id.signed_text(&device);
    let password = base16ct::mixed::decode_vec(&login.password)
        .map_err(|_| bad_credentials("the password is not a hexadecimal number"))?;
    let verified = match client_id.field("signmethod")? {
        "hmacsha1" => verify_sha1(&secret, &text, &password),
        "hmacsha256" => verify_sha256(&secret, &text, &password),
        method => return Err(bad_credentials(format!("signmethod {method} is not supported"))),
    };
    if verified { Ok(device) } else { Err(bad_credentials("the password's signature is wrong")) }
}

/// Compares in constant time.
pub(crate) fn verify_sha1(secret: &str, text: &str, signature: &[u8]) -> bool {
    Hmac::<Sha1>::new_from_slice(secret.as_bytes())
        .is_ok_and(|mac| mac.chain_update(text).verify_slice(signature).is_ok())
}

/// Compares in constant time.
pub(crate) fn verify_sha256(secret: &str, text: &str, signature: &[u8]) -> bool {
    Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .is_ok_and(|mac| mac.chain_update(text).verify_slice(signature).is_ok())
}

/// A client id: the id proper and the fields between the bars.
struct ClientId<'a> {
    id: &'a str,
    fields: HashMap<&'a str, &'a str>,
}

impl<'a> ClientId<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (id, rest) = text.split_once('|')?;
        let fields = rest.strip_suffix('|')?;
        let fields = fields.split(',').map(|field| field.split_once('=')).collect::<Option<_>>()?;
        Some(ClientId { id, fields })
    }

    fn field(&self, name: &str) -> Result<&'a str, Refusal> {
        self.fields
            .get(name)
            .copied()
            .ok_or_else(|| bad_credentials(format!("the client id has no {name}")))
    }

    /// What the password signs. The timestamp is part of it only when the client id has one.
    fn signed_text(&self, device: &DeviceId) -> String {
        let mut text = format!(
            "clientId{}deviceName{}productKey{}",
            self.id, device.device_name, device.product_key
        );
        if let Some(timestamp) = self.fields.get("timestamp") {
            text.push_str("timestamp");
            text.push_str(timestamp);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Device};

    const SECRET: &str = "f6b27dd95836f4599106d457b4cf0326";

    /// The devices of two recorded runs, with the secret that they had.
    fn registry() -> Registry {
        let mut config = Config::default();
        config.products[0].devices = ["Example_dyn1", "Example_320"]
            .map(|name| Device { secret: Some(SECRET.into()), ..Device::new(name) })
            .into();
        Registry::open(&config).unwrap()
    }

    fn connect(client_id: &str, username: &str, password: &str) -> Connect {
        let mut connect = Connect::new(client_id);
        connect.set_login(username, password);
        connect
    }

    fn recorded_sha1() -> Connect {
        connect(
            "a1ExpAkj9Hi.Example_dyn1|securemode=2,_v=sdk-c-2.2.1.1,timestamp=2524608000000,\
             signmethod=hmacsha1,lan=C,gw=0,ext=0|",
            "Example_dyn1&a1ExpAkj9Hi",
            "149b1e3cf25cacb6708c62c05b2a10a84c010dab",
        )
    }

    fn code(connect: &Connect) -> Result<DeviceId, ConnectReturnCode> {
        check(connect, &registry(), "us-west-1").map_err(|refusal| refusal.code)
    }

    #[test]
    fn logins_of_the_c_sdk_are_accepted() {
        let device = DeviceId::new("a1ExpAkj9Hi", "Example_dyn1");
        assert_eq!(code(&recorded_sha1()), Ok(device.clone()));
        let mut upper = recorded_sha1();
        let login = upper.login.as_mut().unwrap();
        login.password = login.password.to_uppercase();
        assert_eq!(code(&upper), Ok(device));
    }

    #[test]
    fn wrong_credentials_are_code_4() {
        let bad = Err(ConnectReturnCode::BadUserNamePassword);
        let mut wrong = recorded_sha1();
        wrong.login.as_mut().unwrap().password.replace_range(..1, "0");
        assert_eq!(code(&wrong), bad);
        let good = recorded_sha1();
        let change = |from: &str, to: &str| {
            let mut changed = good.clone();
            changed.client_id = changed.client_id.replace(from, to);
            code(&changed)
        };
        assert_eq!(change("hmacsha1", "hmacsha256"), bad);
        assert_eq!(change("hmacsha1", "hmacmd5"), bad);
        assert_eq!(change("timestamp=2524608000000", "timestamp=1"), bad);
        assert_eq!(change("signmethod=hmacsha1,", ""), bad);
        assert_eq!(change("securemode=2,", ""), bad);
        assert_eq!(change("|", ""), bad);
        assert_eq!(change("Example_dyn1|", "Example_320|"), bad);
        assert_eq!(code(&Connect::new("a1ExpAkj9Hi.Example_dyn1|securemode=2|")), bad);
        let mut no_hex = good.clone();
        no_hex.login.as_mut().unwrap().password = "password".into();
        assert_eq!(code(&no_hex), bad);
    }

    #[test]
    fn what_is_not_allowed_is_code_5() {
        let refused = Err(ConnectReturnCode::NotAuthorized);
        let mut plain_tcp = recorded_sha1();
        plain_tcp.client_id = plain_tcp.client_id.replace("securemode=2", "securemode=3");
        assert_eq!(code(&plain_tcp), refused);
        let mut unknown = recorded_sha1();
        unknown.client_id = unknown.client_id.replace("Example_dyn1", "Example_dyn2");
        unknown.login.as_mut().unwrap().username = "Example_dyn2&a1ExpAkj9Hi".into();
        assert_eq!(code(&unknown), refused);
    }

    #[test]
    fn a_token_is_a_login_where_it_is_for() {
        let registry = registry();
        let device = DeviceId::new("a1ExpAkj9Hi", "Example_dyn1");
        let granted = registry.grant(&device, "us-west-1").unwrap();
        let good = connect(
            "a1ExpAkj9Hi.Example_dyn1|securemode=-1,signmethod=hmacsha1,lan=C|",
            &granted.iot_id,
            &granted.iot_token,
        );
        let code = |connect: &Connect, region: &str| {
            check(connect, &registry, region).map_err(|refusal| refusal.code)
        };
        let bad = Err(ConnectReturnCode::BadUserNamePassword);
        assert_eq!(code(&good, "us-west-1"), Ok(device.clone()));
        assert_eq!(claimed_device(&good, &registry), Some(device));
        assert_eq!(code(&good, "cn-shanghai"), bad);
        let mut other = good.clone();
        other.client_id = other.client_id.replace("Example_dyn1", "Example_320");
        assert_eq!(code(&other, "us-west-1"), bad);
        let mut direct = good.clone();
        direct.client_id = direct.client_id.replace("securemode=-1", "securemode=2");
        assert_eq!(code(&direct, "us-west-1"), bad);
    }
}
