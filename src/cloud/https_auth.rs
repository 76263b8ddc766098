//! Authentication over HTTPS before MQTT, the Living Platform's mode: the activation centre checks
//! the device and answers with the data node to connect to, and with a user name and a password
//! for it. So the cloud picks the node, and may pick another one each time.

#![forbid(unsafe_code)]

use crate::base::error::Error;
use crate::base::identity::{Identity, Secret};
use crate::base::sign::{self, TIMESTAMP};
use crate::cloud::answer::Answer;
use crate::cloud::retry::{self, FORM_UTF_8, Service};
use crate::cloud::servers::MqttServer;
use crate::http::Reply;

const TARGET: &str = "iotx_guider_authenticate";
const PATH: &str = "/auth/devicename";

/// The longest user name and password that the C interface can hand on, in bytes without the NUL.
/// The platform's are far shorter.
const IOT_ID_MAX: usize = 512;
const IOT_TOKEN_MAX: usize = 256;

/// What the activation centre answers: where to connect to, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The data node's MQTT server.
    pub server: MqttServer,
    /// The device's number at the platform, which is the MQTT user name.
    pub iot_id: String,
    /// The MQTT password, valid for a time that the platform sets.
    pub iot_token: Secret,
}

/// The address of the service, for the log.
pub fn url(host: &str) -> String {
    format!("https://{host}{PATH}")
}

/// Authenticates the device.
///
/// Asks again, at most twice, when the cloud could not be reached, does not answer, or says that it
/// is busy or failing: authenticating twice does no harm.
pub fn authenticate(
    service: &Service,
    identity: &Identity,
    device_secret: &Secret,
) -> Result<Grant, Error> {
    let body = body(identity, &sign::authentication(identity, device_secret));
    service
        .retry(TARGET, retry::may_be_repeated, || grant_in(&service.post(PATH, FORM_UTF_8, &body)?))
}

fn body(identity: &Identity, sign: &str) -> String {
    format!(
        "productKey={}&deviceName={}&signmethod=hmacsha1&sign={sign}&version=default&clientId={}&timestamp={TIMESTAMP}&resources=mqtt",
        identity.product_key(),
        identity.device_name(),
        identity.device_id()
    )
}

/// Reads the grant out of the cloud's reply, which is checked in every part.
pub(crate) fn grant_in(reply: &Reply) -> Result<Grant, Error> {
    let answer = Answer::read(reply)?;
    log::info!(target: TARGET, "Http Response Payload: {}", answer.shown());
    answer.check()?;
    Ok(Grant {
        server: answer.mqtt_server()?,
        iot_id: answer.text("iotId", "/data/iotId", IOT_ID_MAX)?.to_owned(),
        iot_token: answer.secret("iotToken", "/data/iotToken", IOT_TOKEN_MAX)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use zeroize::Zeroizing;

    use super::*;
    use crate::cloud::servers::HOST_LEN;

    fn grant(reply: &Value) -> Result<Grant, Error> {
        let body = Zeroizing::new(reply.to_string().into_bytes());
        grant_in(&Reply::of(200, body))
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
        assert_eq!(grant.server.host, "us.iot-as-mqtt.cn-shanghai.aliyuncs.com");
        assert_eq!(grant.server.port, 1883);
        assert_eq!(grant.iot_id, "iot5d5c18d3859553f58");
        assert_eq!(grant.iot_token.expose(), "tok5d5c18d3859553f58112932825960c49");
    }

    #[test]
    fn the_longest_values_are_taken() {
        for (pointer, max) in [
            ("/data/resources/mqtt/host", HOST_LEN),
            ("/data/iotId", IOT_ID_MAX),
            ("/data/iotToken", IOT_TOKEN_MAX),
        ] {
            assert!(grant(&with(pointer, "x".repeat(max).into())).is_ok(), "{pointer}");
            let error = grant(&with(pointer, "x".repeat(max + 1).into())).unwrap_err();
            assert!(error.to_string().contains("bytes long, at most"), "{error}");
        }
        let highest = grant(&with("/data/resources/mqtt/port", 65535.into())).unwrap();
        assert_eq!(highest.server.port, 65535);
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
            (host, json!(""), "in it the MQTT host is empty"),
            (host, json!("a b"), "in it the MQTT host holds characters other than printable"),
            (host, json!("a/b"), "its MQTT host is not a host name"),
            (port, Value::Null, "its MQTT port is not a number"),
            (port, json!("1883"), "its MQTT port is not a number"),
            (port, json!(0), "its MQTT port is not a number"),
            (port, json!(-1), "its MQTT port is not a number"),
            (port, json!(65536), "its MQTT port is not a number"),
            (port, json!(1883.5), "its MQTT port is not a number"),
            ("/data/iotId", Value::Null, "it has no iotId"),
            ("/data/iotId", json!(""), "in it the iotId is empty"),
            ("/data/iotId", json!("a\u{0}b"), "in it the iotId holds characters"),
            ("/data/iotToken", Value::Null, "it has no iotToken"),
            ("/data/iotToken", json!([]), "it has no iotToken"),
            ("/data/iotToken", json!("tök"), "in it the iotToken holds characters"),
        ] {
            let error = grant(&with(pointer, value.clone())).unwrap_err();
            assert!(matches!(error, Error::BadReply(_)), "{pointer} {value}: {error}");
            assert!(error.to_string().contains(words), "{pointer} {value}: {error}");
        }
        let refused = grant(&json!({"code": 6204, "message": "device is disabled"}));
        assert!(matches!(refused, Err(Error::Refused { code: 6204, .. })));
    }
}
