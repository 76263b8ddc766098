//! The platform's check of an MQTT login.
//!
//! A device that holds its secret logs in directly: user name `<dn>&<pk>`, client id
//! `<id>|securemode=2,signmethod=hmacsha256,timestamp=…|`, password the HMAC over the names and
//! values of client id, device name, product key and timestamp, in hex of either case. The id is
//! whatever tells the device from others to its maker; method and timestamp may be left out;
//! securemode is 2 over TLS and 3 over plain TCP. A device that has authenticated over HTTPS
//! (securemode -1, over TLS) has the `iotId` as its user name and the `iotToken` as its password,
//! valid at one data node for a time.

#![forbid(unsafe_code)]

use std::collections::HashMap;

use rumqttc::{Connect, ConnectReturnCode, Login, Protocol};

use crate::config::DeviceId;
use crate::registry::{Granted, Registry};
use crate::services::signature::{SignMethod, login_text};

/// The platform's limit of what a device calls itself before the bars, in bytes.
const ID_MAX: usize = 64;

/// What carries a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Tls,
    Tcp,
}

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

/// Checks a CONNECT that came to this region.
pub(crate) fn check(
    connect: &Connect,
    registry: &Registry,
    region: &str,
    carrier: Carrier,
) -> Result<DeviceId, Refusal> {
    let device = check_credentials(connect, registry, region, carrier)?;
    match registry.refusal(&device) {
        Some(code) => Err(not_authorized(format!("the configuration refuses it: {code}"))),
        None => Ok(device),
    }
}

fn check_credentials(
    connect: &Connect,
    registry: &Registry,
    region: &str,
    carrier: Carrier,
) -> Result<DeviceId, Refusal> {
    if connect.protocol != Protocol::V4 {
        return Err(Refusal {
            code: ConnectReturnCode::RefusedProtocolVersion,
            why: "the protocol is not MQTT 3.1.1".into(),
        });
    }
    let login =
        connect.login.as_ref().ok_or_else(|| bad_credentials("no user name and password"))?;
    let client_id = ClientId::parse(&connect.client_id)
        .ok_or_else(|| bad_credentials("the client id is not <id>|key=value,…|"))?;
    match (client_id.field("securemode")?, carrier) {
        ("2", Carrier::Tls) | ("3", Carrier::Tcp) => check_direct(login, &client_id, registry),
        ("-1", Carrier::Tls) => {
            let granted =
                Granted { iot_id: login.username.clone(), iot_token: login.password.clone() };
            registry.redeem(&granted, region).map_err(bad_credentials)
        }
        ("3", Carrier::Tls) => {
            Err(not_authorized("securemode 3 is for plain TCP, and this is TLS"))
        }
        (mode @ ("2" | "-1"), Carrier::Tcp) => {
            Err(not_authorized(format!("securemode {mode} is for TLS, and this is plain TCP")))
        }
        (mode, _) => Err(not_authorized(format!("securemode {mode} is not known here"))),
    }
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
    let secret = registry
        .secret(&device)
        .ok_or_else(|| not_authorized("the device is not known or has not registered yet"))?;
    let text = login_text(&device, client_id.id, client_id.fields.get("timestamp").copied());
    let password = base16ct::mixed::decode_vec(&login.password)
        .map_err(|_| bad_credentials("the password is not a hexadecimal number"))?;
    if client_id.method()?.verify(&secret, &text, &password) {
        Ok(device)
    } else {
        Err(bad_credentials("the password's signature is wrong"))
    }
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
        if !(1..=ID_MAX).contains(&id.len()) {
            return None;
        }
        let fields = fields.split(',').map(|field| field.split_once('=')).collect::<Option<_>>()?;
        Some(ClientId { id, fields })
    }

    fn field(&self, name: &str) -> Result<&'a str, Refusal> {
        self.fields
            .get(name)
            .copied()
            .ok_or_else(|| bad_credentials(format!("the client id has no {name}")))
    }

    fn method(&self) -> Result<SignMethod, Refusal> {
        let Some(name) = self.fields.get("signmethod") else { return Ok(SignMethod::default()) };
        SignMethod::parse(name)
            .ok_or_else(|| bad_credentials(format!("signmethod {name} is not supported")))
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
        check(connect, &registry(), "us-west-1", Carrier::Tls).map_err(|refusal| refusal.code)
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
    fn a_device_chooses_its_id_its_method_and_whether_to_give_a_timestamp() {
        for (client_id, password) in [
            ("a4:5e:60:d1:02:33|securemode=2|", "0a385773e8fe4d54a29a5003fb88ba31"),
            (
                "SN-0042|securemode=2,signmethod=md5,timestamp=789|",
                "15a78a36c83ccccef3dafa565738e353",
            ),
            (
                "SN-0042|securemode=2,signmethod=hmacmd5,timestamp=789|",
                "15a78a36c83ccccef3dafa565738e353",
            ),
            ("SN-0042|securemode=2,signmethod=sha1|", "a1df211e9ecf1bd7a52160e04ac9ee14f04b1bef"),
            (
                "SN-0042|signmethod=hmacsha256,securemode=2|",
                "03925974e6b41f8fd83ebcc9699cedccfcf4bb0f6e32fbfdefdcc4bd7f502a5e",
            ),
            (
                "SN-0042|securemode=2,timestamp=789,signmethod=sha256|",
                "a665160e1fe1ea0f7b74eb5566cdfbfe811e38a541599fc0c7cc5826bcbad333",
            ),
        ] {
            let login = connect(client_id, "Example_dyn1&a1ExpAkj9Hi", password);
            let device = DeviceId::new("a1ExpAkj9Hi", "Example_dyn1");
            assert_eq!(code(&login), Ok(device), "{client_id}");
        }
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
        assert_eq!(change("hmacsha1", "crc32"), bad);
        assert_eq!(change("a1ExpAkj9Hi.Example_dyn1|", "|"), bad);
        assert_eq!(change("a1ExpAkj9Hi.Example_dyn1|", &format!("{}|", "x".repeat(65))), bad);
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
        let over = |carrier, mode: &str| {
            let mut login = recorded_sha1();
            login.client_id = login.client_id.replace("securemode=2", mode);
            check(&login, &registry(), "us-west-1", carrier).map_err(|refusal| refusal.code)
        };
        assert!(over(Carrier::Tcp, "securemode=3").is_ok());
        assert_eq!(over(Carrier::Tls, "securemode=3"), refused);
        assert_eq!(over(Carrier::Tcp, "securemode=2"), refused);
        assert_eq!(over(Carrier::Tcp, "securemode=-1"), refused);
        assert_eq!(over(Carrier::Tls, "securemode=8"), refused);
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
            check(connect, &registry, region, Carrier::Tls).map_err(|refusal| refusal.code)
        };
        let bad = Err(ConnectReturnCode::BadUserNamePassword);
        assert_eq!(code(&good, "us-west-1"), Ok(device.clone()));
        assert_eq!(claimed_device(&good, &registry), Some(device));
        assert_eq!(code(&good, "cn-shanghai"), bad);
        let mut direct = good.clone();
        direct.client_id = direct.client_id.replace("securemode=-1", "securemode=2");
        assert_eq!(code(&direct, "us-west-1"), bad);
    }
}
