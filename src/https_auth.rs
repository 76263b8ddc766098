//! Authentication over HTTPS before MQTT, the Living Platform's mode: the activation centre checks
//! the device and answers with the data node to connect to, and with a user name and a password
//! for it. So the cloud picks the node, and may pick another one each time.

#![forbid(unsafe_code)]

use serde_json::Value;

use crate::deadline::Deadline;
use crate::error::Error;
use crate::hal::Hal;
use crate::https::{self, FormPost, Reply};
use crate::identity::{Identity, Secret};
use crate::service::{self, Answer};
use crate::sign::{self, TIMESTAMP};
use crate::transport::Trust;

const TARGET: &str = "iotx_guider_authenticate";
const PATH: &str = "/auth/devicename";
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded;charset=utf-8";

/// The longest host name, user name and password that the C interface can hand on, in bytes
/// without the NUL. The platform's are far shorter.
const HOST_MAX: usize = 128;
const IOT_ID_MAX: usize = 512;
const IOT_TOKEN_MAX: usize = 256;

/// What the activation centre answers: where to connect to, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Host name of the data node's MQTT server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The device's number at the platform, which is the MQTT user name.
    pub iot_id: String,
    /// The MQTT password, valid for a time that the platform sets.
    pub iot_token: Secret,
}

/// The address of the service, for the log.
pub fn url(host: &str) -> String {
    format!("https://{host}{PATH}")
}

/// Authenticates the device at `host`.
///
/// Asks again, at most twice, when the cloud could not be reached, does not answer, or says that it
/// is busy or failing: authenticating twice does no harm. `deadline` bounds the whole call; only a
/// HAL that takes longer to connect can outlast it.
pub fn authenticate(
    hal: &'static dyn Hal,
    host: &str,
    trust: &Trust,
    identity: &Identity,
    device_secret: &Secret,
    deadline: Deadline,
) -> Result<Grant, Error> {
    let body = body(identity, &sign::authentication(identity, device_secret));
    let request = FormPost { host, path: PATH, content_type: CONTENT_TYPE, body: &body };
    let worth_another =
        |error: &Error| matches!(error, Error::Unanswered(_)) || service::may_succeed_later(error);
    service::persist(hal, deadline, TARGET, worth_another, || {
        grant_in(&https::post(hal, trust, &request, deadline.left())?)
    })
}

fn body(identity: &Identity, sign: &str) -> String {
    format!(
        "productKey={}&deviceName={}&signmethod=hmacsha1&sign={sign}&version=default&clientId={}&timestamp={TIMESTAMP}&resources=mqtt",
        identity.product_key(),
        identity.device_name(),
        identity.device_id()
    )
}

/// Reads the grant out of the cloud's reply, which is checked in every part: a name or a number
/// from it decides where the device connects to.
fn grant_in(reply: &Reply) -> Result<Grant, Error> {
    let answer = Answer::read(reply, "/data/iotToken")?;
    log::info!(target: TARGET, "Http Response Payload: {}", answer.shown());
    answer.check()?;
    let text = |pointer: &str| answer.get(pointer).and_then(Value::as_str);
    let host = checked("MQTT host", text("/data/resources/mqtt/host"), HOST_MAX)?;
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) {
        return Err(Error::BadReply("its MQTT host is not a host name".into()));
    }
    let port = answer
        .get("/data/resources/mqtt/port")
        .ok_or_else(|| Error::BadReply("it has no MQTT port".into()))?;
    let port = port
        .as_u64()
        .and_then(|port| u16::try_from(port).ok())
        .filter(|port| *port != 0)
        .ok_or_else(|| Error::BadReply("its MQTT port is not a number from 1 to 65535".into()))?;
    Ok(Grant {
        host: host.to_owned(),
        port,
        iot_id: checked("iotId", text("/data/iotId"), IOT_ID_MAX)?.to_owned(),
        iot_token: Secret::new(checked("iotToken", answer.secret(), IOT_TOKEN_MAX)?),
    })
}

fn checked<'a>(what: &str, text: Option<&'a str>, max: usize) -> Result<&'a str, Error> {
    let bad = |why: String| Err(Error::BadReply(format!("its {what} {why}")));
    match text {
        None => Err(Error::BadReply(format!("it has no {what}"))),
        Some("") => bad("is empty".into()),
        Some(text) if text.len() > max => {
            bad(format!("is {} bytes long, at most {max} are allowed", text.len()))
        }
        Some(text) if !text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            bad("holds characters other than printable ASCII".into())
        }
        Some(text) => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zeroize::Zeroizing;

    use super::*;

    fn grant(reply: &Value) -> Result<Grant, Error> {
        let body = Zeroizing::new(reply.to_string().into_bytes());
        grant_in(&Reply { status: 200, body })
    }

    fn good() -> Value {
        json!({"code": 200, "message": "success", "data": {
            "iotId": "iot5d5c18d3859553f58",
            "iotToken": "tok5d5c18d3859553f58112932825960c49",
            "resources": {"mqtt": {"host": "us.iot-as-mqtt.cn-shanghai.aliyuncs.com", "port": 1883}},
        }})
    }

    /// The good reply with another value at this place, `null` for none.
    fn with(pointer: &str, value: Value) -> Value {
        let mut reply = good();
        *reply.pointer_mut(pointer).unwrap() = value;
        reply
    }

    #[test]
    fn the_request_is_the_recorded_one() {
        let identity = Identity::new("a1ExpAkj9Hi", "Example_dyn1").unwrap();
        let body = body(&identity, "149b1e3cf25cacb6708c62c05b2a10a84c010dab");
        assert_eq!(
            body,
            "productKey=a1ExpAkj9Hi&deviceName=Example_dyn1&signmethod=hmacsha1&sign=149b1e3cf25cacb6708c62c05b2a10a84c010dab&version=default&clientId=a1ExpAkj9Hi.Example_dyn1&timestamp=2524608000000&resources=mqtt"
        );
        assert_eq!(body.len(), 201);
        assert_eq!(
            url("iot-auth.ap-southeast-1.aliyuncs.com"),
            "https://iot-auth.ap-southeast-1.aliyuncs.com/auth/devicename"
        );
    }

    #[test]
    fn a_good_reply_is_a_grant() {
        let grant = grant(&good()).unwrap();
        assert_eq!(grant.host, "us.iot-as-mqtt.cn-shanghai.aliyuncs.com");
        assert_eq!(grant.port, 1883);
        assert_eq!(grant.iot_id, "iot5d5c18d3859553f58");
        assert_eq!(grant.iot_token.expose(), "tok5d5c18d3859553f58112932825960c49");
    }

    #[test]
    fn the_longest_values_are_taken() {
        for (pointer, max) in [
            ("/data/resources/mqtt/host", HOST_MAX),
            ("/data/iotId", IOT_ID_MAX),
            ("/data/iotToken", IOT_TOKEN_MAX),
        ] {
            assert!(grant(&with(pointer, "x".repeat(max).into())).is_ok(), "{pointer}");
            let error = grant(&with(pointer, "x".repeat(max + 1).into())).unwrap_err();
            assert!(error.to_string().contains("bytes long, at most"), "{error}");
        }
        assert_eq!(grant(&with("/data/resources/mqtt/port", 65535.into())).unwrap().port, 65535);
    }

    #[test]
    fn every_other_value_is_refused() {
        let (host, port) = ("/data/resources/mqtt/host", "/data/resources/mqtt/port");
        for (pointer, value, words) in [
            ("/code", Value::Null, "it has no code"),
            ("/data", Value::Null, "it has no MQTT host"),
            ("/data/resources", json!([]), "it has no MQTT host"),
            (host, Value::Null, "it has no MQTT host"),
            (host, json!(7), "it has no MQTT host"),
            (host, json!(""), "its MQTT host is empty"),
            (host, json!("a b"), "its MQTT host holds characters other than printable"),
            (host, json!("a/b"), "its MQTT host is not a host name"),
            (port, Value::Null, "its MQTT port is not a number"),
            (port, json!("1883"), "its MQTT port is not a number"),
            (port, json!(0), "its MQTT port is not a number"),
            (port, json!(-1), "its MQTT port is not a number"),
            (port, json!(65536), "its MQTT port is not a number"),
            (port, json!(1883.5), "its MQTT port is not a number"),
            ("/data/iotId", Value::Null, "it has no iotId"),
            ("/data/iotId", json!(""), "its iotId is empty"),
            ("/data/iotId", json!("a\u{0}b"), "its iotId holds characters"),
            ("/data/iotToken", Value::Null, "it has no iotToken"),
            ("/data/iotToken", json!([]), "it has no iotToken"),
            ("/data/iotToken", json!("tök"), "its iotToken holds characters"),
        ] {
            let error = grant(&with(pointer, value.clone())).unwrap_err();
            assert!(matches!(error, Error::BadReply(_)), "{pointer} {value}: {error}");
            assert!(error.to_string().contains(words), "{pointer} {value}: {error}");
        }
        let refused = grant(&json!({"code": 6204, "message": "device is disabled"}));
        assert!(matches!(refused, Err(Error::Refused { code: 6204, .. })));
    }
}
