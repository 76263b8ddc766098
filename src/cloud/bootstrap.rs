//! Bootstrap: a device that logs in directly asks the platform for the MQTT server to log in at,
//! wherever in the world it is. It proves nothing by that, and gets nothing that is secret.

#![forbid(unsafe_code)]

use crate::base::error::Error;
use crate::base::identity::Identity;
use crate::cloud::answer::Answer;
use crate::cloud::retry::{self, FORM_UTF_8, Service};
use crate::cloud::servers::MqttServer;
use crate::http::Reply;

/// The one host that answers, whatever the region.
pub const HOST: &str = "iot-auth-global.aliyuncs.com";

const TARGET: &str = "guider_get_hostname_port";
const PATH: &str = "/auth/bootstrap";

/// Asks for the device's MQTT server.
///
/// Asks again, at most twice, when the cloud could not be reached, does not answer, or says that it
/// is busy or failing.
pub fn locate(service: &Service, identity: &Identity) -> Result<MqttServer, Error> {
    let body = body(identity);
    service.retry(TARGET, retry::may_be_repeated, || {
        server_in(&service.post(PATH, FORM_UTF_8, &body)?)
    })
}

fn body(identity: &Identity) -> String {
    format!(
        "productKey={}&deviceName={}&clientId={}&resources=mqtt",
        identity.product_key(),
        identity.device_name(),
        identity.device_id()
    )
}

fn server_in(reply: &Reply) -> Result<MqttServer, Error> {
    let answer = Answer::read(reply)?;
    log::info!(target: TARGET, "Http Response Payload: {}", answer.shown());
    answer.check()?;
    answer.mqtt_server()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use zeroize::Zeroizing;

    use super::*;
    use crate::cloud::servers::HOST_LEN;

    fn server(reply: &Value) -> Result<MqttServer, Error> {
        let body = Zeroizing::new(reply.to_string().into_bytes());
        server_in(&Reply::of(200, body))
    }

    fn naming(host: &str, port: Value) -> Value {
        json!({"code": 200, "message": "success", "data": {
            "resources": {"mqtt": {"host": host, "port": port}},
        }})
    }

    #[test]
    fn the_request_names_the_device_as_release_2_3_0_does() {
        let identity = Identity::new("a1ExpAkj9Hi", "Example_dev1").unwrap();
        assert_eq!(
            body(&identity),
            "productKey=a1ExpAkj9Hi&deviceName=Example_dev1&clientId=a1ExpAkj9Hi.Example_dev1&resources=mqtt"
        );
    }

    #[test]
    fn a_good_reply_names_a_server() {
        let longest = "h".repeat(HOST_LEN);
        for (host, port) in [("a1.iot-as-mqtt.us-west-1.aliyuncs.com", 1883), (&*longest, 65535)] {
            let server = server(&naming(host, port.into())).unwrap();
            assert_eq!((&*server.host, server.port), (host, port));
        }
    }

    #[test]
    fn every_other_reply_is_refused() {
        let too_long = "h".repeat(HOST_LEN + 1);
        for (reply, words) in [
            (json!({}), "it has no code"),
            (json!({"code": 200}), "it has no MQTT host"),
            (json!({"code": 200, "data": {"resources": {"mqtt": {"host": "h"}}}}), "no MQTT port"),
            (naming("", 1883.into()), "the MQTT host is empty"),
            (naming(&too_long, 1883.into()), "the MQTT host is 129 bytes long, at most 128"),
            (naming("a/b", 1883.into()), "its MQTT host is not a host name"),
            (naming("h", 0.into()), "its MQTT port is not a number"),
            (naming("h", 65536.into()), "its MQTT port is not a number"),
            (naming("h", "1883".into()), "its MQTT port is not a number"),
        ] {
            let error = server(&reply).unwrap_err();
            assert!(matches!(error, Error::BadReply(_)), "{reply}: {error}");
            assert!(error.to_string().contains(words), "{reply}: {error}");
        }
        let refused = server(&json!({"code": 6250, "message": "query product info failed"}));
        assert!(matches!(refused, Err(Error::Refused { code: 6250, .. })));
    }
}
