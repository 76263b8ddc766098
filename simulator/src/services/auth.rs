//! The authentication service: what each path answers.
//!
//! 460, 500, 6100 and 6250 are from the platform's public lists of error codes, and 6289 is what
//! its documentation shows for a second registration. 6287 and 6288 stand for two refusals whose
//! numbers no public page was found to name.

#![forbid(unsafe_code)]

use std::collections::HashMap;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::config::{DeviceId, Product, Region};
use crate::registry::{NoSecret, Registry};
use crate::services::signature::{SignMethod, login_text};

/// An answer of the service.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// A refusal in the platform's form.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    code: u32,
    message: String,
}

fn refusal(code: u32, message: impl Into<String>) -> Refusal {
    Refusal { code, message: message.into() }
}

type Form = HashMap<String, String>;

/// The MQTT port that devices are told.
const MQTT_PORT: u16 = 1883;

/// Answers a request that was sent to this region.
pub(crate) fn answer(
    registry: &Registry,
    region: &str,
    method: &Method,
    path: &str,
    body: &[u8],
) -> Reply {
    let service = match path {
        "/auth/register/device" => register_device,
        "/auth/devicename" => authenticate,
        "/auth/bootstrap" => bootstrap,
        _ => return failure(StatusCode::NOT_FOUND, "service not found"),
    };
    if method != Method::POST {
        return failure(StatusCode::METHOD_NOT_ALLOWED, "use POST");
    }
    let body = match service(registry, region, &parse(body)) {
        Ok(data) => json!({"code": 200, "data": data, "message": "success"}),
        Err(Refusal { code, message }) => json!({"code": code, "message": message}),
    };
    // The platform's refusals come with 200 OK; the code is in the body.
    Reply { status: StatusCode::OK, body }
}

/// The device that a request is about, as far as it says.
pub(crate) fn claimed_device(body: &[u8]) -> Option<DeviceId> {
    let mut form = parse(body);
    Some(DeviceId::new(form.remove("productKey")?, form.remove("deviceName")?))
}

fn parse(body: &[u8]) -> Form {
    form_urlencoded::parse(body).into_owned().collect()
}

fn failure(status: StatusCode, message: &str) -> Reply {
    Reply { status, body: json!({"code": status.as_u16(), "message": message}) }
}

/// Dynamic registration: a device that proves to know its product's secret gets one of its own,
/// once.
fn register_device(registry: &Registry, _region: &str, form: &Form) -> Result<Value, Refusal> {
    let product_key = field(form, "productKey")?;
    let device_name = field(form, "deviceName")?;
    let random = field(form, "random")?;
    let sign = field(form, "sign")?;
    let method = sign_method("signMethod", field(form, "signMethod")?)?;
    let id = DeviceId::new(product_key, device_name);
    let product = product_of(registry, &id)?;
    let text = format!("deviceName{device_name}productKey{product_key}random{random}");
    let signature = base16ct::lower::decode_vec(sign).unwrap_or_default();
    if !method.verify(&product.secret, &text, &signature) {
        return Err(refusal(6287, "invalid sign"));
    }
    if !product.dynamic_registration {
        return Err(refusal(6288, "dynamic registration is not allowed"));
    }
    if !product.any_device && !product.devices.iter().any(|device| device.name == *device_name) {
        return Err(refusal(6100, "device not found"));
    }
    let secret = registry.hand_out(&id).map_err(|why| match why {
        NoSecret::AlreadyActive => refusal(6289, "device is already active"),
        NoSecret::NotKept(error) => refusal(500, format!("service error: {error}")),
    })?;
    Ok(json!({"deviceName": device_name, "deviceSecret": secret, "productKey": product_key}))
}

/// Authentication over HTTPS: a device that proves to know its own secret is sent to a data node.
fn authenticate(registry: &Registry, region: &str, form: &Form) -> Result<Value, Refusal> {
    let id = DeviceId::new(field(form, "productKey")?, field(form, "deviceName")?);
    let (sign, client_id) = (field(form, "sign")?, field(form, "clientId")?);
    let method = match form.get("signmethod") {
        Some(name) => sign_method("signmethod", name)?,
        None => SignMethod::default(),
    };
    for (name, only) in [("version", "default"), ("resources", "mqtt")] {
        if field(form, name)? != only {
            return Err(refusal(460, format!("request parameter error: {name}")));
        }
    }
    product_of(registry, &id)?;
    let secret = registry.secret(&id).ok_or_else(|| refusal(6100, "device not found"))?;
    let text = login_text(&id, client_id, form.get("timestamp").map(String::as_str));
    let signature = base16ct::lower::decode_vec(sign).unwrap_or_default();
    if !method.verify(&secret, &text, &signature) {
        return Err(refusal(6287, "invalid sign"));
    }
    let node = node(registry, &id, region)?;
    let granted = registry
        .grant(&id, &node.name)
        .map_err(|error| refusal(500, format!("service error: {error}")))?;
    Ok(json!({
        "iotId": granted.iot_id,
        "iotToken": granted.iot_token,
        "resources": mqtt(node, &id),
    }))
}

/// Bootstrap: a device learns, without proving anything, where to log in directly.
fn bootstrap(registry: &Registry, region: &str, form: &Form) -> Result<Value, Refusal> {
    let id = DeviceId::new(field(form, "productKey")?, field(form, "deviceName")?);
    field(form, "clientId")?;
    if field(form, "resources")? != "mqtt" {
        return Err(refusal(460, "request parameter error: resources"));
    }
    product_of(registry, &id)?;
    Ok(json!({"resources": mqtt(node(registry, &id, region)?, &id)}))
}

fn mqtt(node: &Region, id: &DeviceId) -> Value {
    json!({"mqtt": {"host": node.mqtt_host(&id.product_key), "port": MQTT_PORT}})
}

fn node<'a>(registry: &'a Registry, id: &DeviceId, asked: &str) -> Result<&'a Region, Refusal> {
    let node = registry.node(id, asked);
    node.ok_or_else(|| refusal(500, "service error: no node for the device"))
}

/// The device's product, unless the configuration refuses either of them.
fn product_of<'a>(registry: &'a Registry, id: &DeviceId) -> Result<&'a Product, Refusal> {
    if let Some(code) = registry.refusal(id) {
        return Err(refusal(code, "refused by the configuration"));
    }
    let product = registry.config.product(&id.product_key);
    product.ok_or_else(|| refusal(6250, "query product info failed"))
}

fn sign_method(field: &str, name: &str) -> Result<SignMethod, Refusal> {
    let method = SignMethod::parse(name);
    method.ok_or_else(|| refusal(460, format!("request parameter error: {field}")))
}

fn field<'a>(form: &'a Form, name: &str) -> Result<&'a str, Refusal> {
    match form.get(name) {
        Some(value) if !value.is_empty() => Ok(value),
        _ => Err(refusal(460, format!("request parameter error: {name}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const DOCUMENTED: &str = "productKey=a1ExpAkj9Hi&deviceName=Example_dyn1\
        &random=7y4Jg5xdKCy9W2i\
        &sign=d3b560d5be0c9c19749470e85d912b65685fa4b20edcbd179ccfe98fcca23d5e\
        &signMethod=hmacsha256";

    fn registry(change: impl FnOnce(&mut Config)) -> Registry {
        let mut config = Config::default();
        change(&mut config);
        Registry::open(&config).unwrap()
    }

    fn post(registry: &Registry, body: &str) -> Value {
        post_to(registry, "/auth/register/device", body)
    }

    fn post_to(registry: &Registry, path: &str, body: &str) -> Value {
        let reply = answer(registry, "ap-southeast-1", &Method::POST, path, body.as_bytes());
        assert_eq!(reply.status, StatusCode::OK);
        reply.body
    }

    #[test]
    fn the_documented_request_gets_a_secret_once() {
        let registry = registry(|_| {});
        let first = post(&registry, DOCUMENTED);
        assert_eq!(first["code"], 200);
        assert_eq!(first["data"]["deviceSecret"].as_str().unwrap().len(), 32);
        assert_eq!(
            post(&registry, DOCUMENTED),
            json!({"code": 6289, "message": "device is already active"})
        );
    }

    #[test]
    fn every_check_has_its_code() {
        let code = |registry: &Registry, body: &str| post(registry, body)["code"].as_u64().unwrap();
        let usual = registry(|_| {});
        for missing in ["productKey", "deviceName", "random", "sign", "signMethod"] {
            let body = DOCUMENTED.replace(&format!("{missing}="), "x=");
            assert_eq!(code(&usual, &body), 460, "{missing}");
        }
        assert_eq!(code(&usual, &DOCUMENTED.replace("hmacsha256", "crc32")), 460);
        assert_eq!(code(&usual, &DOCUMENTED.replace("hmacsha256", "hmacmd5")), 6287);
        assert_eq!(code(&usual, &DOCUMENTED.replace("a1ExpAkj9Hi", "a1Unknown")), 6250);
        assert_eq!(code(&usual, &DOCUMENTED.replace("random=7", "random=8")), 6287);
        assert_eq!(code(&usual, &DOCUMENTED.replace("sign=d3b5", "sign=D3B5")), 6287);
        let off = registry(|config| config.products[0].dynamic_registration = false);
        assert_eq!(code(&off, DOCUMENTED), 6288);
        let no_device = registry(|config| config.products[0].devices.clear());
        assert_eq!(code(&no_device, DOCUMENTED), 6100);
        let any_device = registry(|config| {
            config.products[0].devices.clear();
            config.products[0].any_device = true;
        });
        assert_eq!(code(&any_device, DOCUMENTED), 200);
    }

    #[test]
    fn other_paths_and_methods_are_refused() {
        let registry = registry(|_| {});
        let status = |method, path| answer(&registry, "cn-shanghai", &method, path, b"").status;
        assert_eq!(status(Method::POST, "/"), StatusCode::NOT_FOUND);
        assert_eq!(status(Method::GET, "/auth/register/device"), StatusCode::METHOD_NOT_ALLOWED);
    }

    /// The request of a recorded run, for the secret that it had.
    const AUTHENTICATE: &str = "productKey=a1ExpAkj9Hi&deviceName=Example_dyn1\
        &signmethod=hmacsha1&sign=149b1e3cf25cacb6708c62c05b2a10a84c010dab&version=default\
        &clientId=a1ExpAkj9Hi.Example_dyn1&timestamp=2524608000000&resources=mqtt";

    fn with_recorded_secret(config: &mut Config) {
        config.products[0].devices[0].secret = Some("f6b27dd95836f4599106d457b4cf0326".into());
    }

    #[test]
    fn the_recorded_authentication_is_sent_to_the_node_of_its_country() {
        let ask = |registry: &Registry| {
            let reply = post_to(registry, "/auth/devicename", AUTHENTICATE);
            assert_eq!(reply["code"], 200, "{reply}");
            let data = &reply["data"];
            assert!(["iotId", "iotToken"].iter().all(|name| data[name].is_string()), "{reply}");
            data["resources"]["mqtt"].clone()
        };
        let there = registry(with_recorded_secret);
        let host = "a1ExpAkj9Hi.iot-as-mqtt.us-west-1.aliyuncs.com";
        assert_eq!(ask(&there), json!({"host": host, "port": 1883}));
        let nowhere = registry(|config| {
            with_recorded_secret(config);
            config.products[0].devices[0].country = Some("SG".into());
        });
        let host = "a1ExpAkj9Hi.iot-as-mqtt.ap-southeast-1.aliyuncs.com";
        assert_eq!(ask(&nowhere), json!({"host": host, "port": 1883}));
    }

    #[test]
    fn every_check_of_an_authentication_has_its_code() {
        let code = |registry: &Registry, body: &str| {
            post_to(registry, "/auth/devicename", body)["code"].as_u64().unwrap()
        };
        let usual = registry(with_recorded_secret);
        for name in AUTHENTICATE.split('&').map(|pair| pair.split_once('=').unwrap().0) {
            // What may be left out is missing in the signed text.
            let optional = ["signmethod", "timestamp"].contains(&name);
            let expected = if optional { 6287 } else { 460 };
            let without = AUTHENTICATE.replace(&format!("{name}="), "x=");
            assert_eq!(code(&usual, &without), expected, "{name}");
        }
        assert_eq!(code(&usual, &AUTHENTICATE.replace("hmacsha1", "crc32")), 460);
        assert_eq!(code(&usual, &AUTHENTICATE.replace("hmacsha1", "hmacsha256")), 6287);
        assert_eq!(code(&usual, &AUTHENTICATE.replace("sign=149b", "sign=249b")), 6287);
        assert_eq!(code(&usual, &AUTHENTICATE.replace("Key=a1Exp", "Key=a2Exp")), 6250);
        assert_eq!(code(&registry(|_| {}), AUTHENTICATE), 6100);
        let disabled = registry(|config| config.products[0].devices[0].refuse = Some(6204));
        assert_eq!(code(&disabled, AUTHENTICATE), 6204);
        assert_eq!(post(&disabled, DOCUMENTED)["code"], 6204);
        let product = registry(|config| config.products[0].refuse = Some(6250));
        assert_eq!(post(&product, DOCUMENTED)["code"], 6250);
    }

    #[test]
    fn bootstrap_names_the_node() {
        let body = "productKey=a1ExpAkj9Hi&deviceName=Example_dyn1\
            &clientId=a1ExpAkj9Hi.Example_dyn1&resources=mqtt";
        let ask = |body: &str| post_to(&registry(|_| {}), "/auth/bootstrap", body);
        let host = "a1ExpAkj9Hi.iot-as-mqtt.us-west-1.aliyuncs.com";
        assert_eq!(
            ask(body),
            json!({"code": 200, "message": "success",
                   "data": {"resources": {"mqtt": {"host": host, "port": 1883}}}})
        );
        assert_eq!(ask(&body.replace("=mqtt", "=coap"))["code"], 460);
        assert_eq!(ask(&body.replace("Key=a1", "Key=a2"))["code"], 6250);
    }
}
