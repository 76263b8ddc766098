//! Compares what the cloud saw with what devices of release 2.2.1 were recorded to do.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

use super::{DEVICE_NAME, PRODUCT_KEY, PRODUCT_SECRET};

/// Fails unless both have the same entries, apart from what no two boots have in common.
#[track_caller]
pub(crate) fn assert_same(seen: Vec<Value>, recorded: &str) {
    let recorded: Vec<Value> =
        recorded.lines().map(|line| comparable(serde_json::from_str(line).unwrap())).collect();
    let seen: Vec<Value> = seen.into_iter().map(comparable).collect();
    for (number, (seen, recorded)) in seen.iter().zip(&recorded).enumerate() {
        assert_eq!(seen, recorded, "entry {number}");
    }
    assert_eq!(seen.len(), recorded.len());
}

/// Recomputes the signature of a registration.
#[track_caller]
pub(crate) fn check_registration(entry: &Value) {
    let body = entry["body"].as_str().unwrap();
    let random = field(body, "random");
    assert!(random.len() == 15 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let text = format!("deviceName{DEVICE_NAME}productKey{PRODUCT_KEY}random{random}");
    assert_eq!(field(body, "sign"), hmac_sha256(PRODUCT_SECRET, &text));
}

/// The value of a field in a request's body.
pub(crate) fn field<'a>(body: &'a str, name: &str) -> &'a str {
    body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

/// A request's body with the value of this field hidden, if it has one.
fn hidden(body: &str, name: &str) -> String {
    let pairs: Vec<String> = body
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((this, _)) if this == name => format!("{name}=*"),
            _ => pair.to_owned(),
        })
        .collect();
    pairs.join("&")
}

pub(crate) fn hmac_sha1(key: &str, text: &str) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap().chain_update(text);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn hmac_sha256(key: &str, text: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(text);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An entry without time, place, and what is made anew each time, which tests look at one by one;
/// payloads as JSON where they are JSON.
fn comparable(mut entry: Value) -> Value {
    let fields = entry.as_object_mut().unwrap();
    for differs in ["t", "who", "from", "where", "password"] {
        fields.remove(differs);
    }
    if let Some(Value::String(body)) = fields.get_mut("body") {
        for name in ["random", "sign"] {
            *body = hidden(body, name);
        }
    }
    for made_by_the_cloud in ["deviceSecret", "iotId", "iotToken", "resources/mqtt/host"]
        .map(|name| format!("/reply/data/{name}"))
    {
        if let Some(value) = entry.pointer_mut(&made_by_the_cloud) {
            assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{made_by_the_cloud}");
            *value = "*".into();
        }
    }
    // An iotId, which is the cloud's; others are the device's names.
    if let Some(Value::String(username)) = entry.get_mut("username")
        && !username.contains('&')
    {
        *username = "*".into();
    }
    if let Some(payload) = entry.get_mut("payload")
        && let Ok(json) = serde_json::from_str(payload.as_str().unwrap())
    {
        *payload = json;
        hide_random_bytes(payload);
    }
    entry
}

/// The activation record holds four random bytes, in hexadecimal digits.
fn hide_random_bytes(payload: &mut Value) {
    if payload.pointer("/params/0/attrKey") == Some(&json!("SYS_ALIOS_ACTIVATION"))
        && let Some(Value::String(record)) = payload.pointer_mut("/params/0/attrValue")
    {
        assert!(record.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'A'..=b'F')), "{record}");
        record.replace_range(8..16, "*");
    }
}
