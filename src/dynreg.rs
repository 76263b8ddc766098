//! Dynamic registration: a device that has only its product's certificate asks the cloud for a
//! secret of its own. The cloud hands a secret out once.

#![forbid(unsafe_code)]

use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::hal::Hal;
use crate::https::{self, FormPost, Reply};
use crate::identity::{Identity, Secret};
use crate::region::Region;
use crate::sign;
use crate::transport::Trust;

const PATH: &str = "/auth/register/device";
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";
/// The time for the whole exchange, from resolving the host to the reply's last byte.
const TIMEOUT: Duration = Duration::from_secs(10);
const RANDOM_LEN: usize = 15;
const CODE_SUCCESS: i64 = 200;

/// Registers the device and returns its secret, which is not stored yet.
///
/// Blocks for at most 10 seconds. Sends exactly one request: a refusal is final, and an answer
/// that was lost may have been the secret.
pub fn register(
    hal: &'static dyn Hal,
    region: Region,
    trust: &Trust,
    identity: &Identity,
    product_secret: &Secret,
) -> Result<Secret, Error> {
    let random = random_text(hal);
    log::info!(target: "_calc_dynreg_sign", "Random Key: {random}");
    let sign = sign::registration(identity, &random, product_secret);
    log::info!(target: "_calc_dynreg_sign", "Sign: {sign}");

    let request = FormPost {
        host: &region.https_host(),
        path: PATH,
        content_type: CONTENT_TYPE,
        body: &body(identity, &random, &sign),
    };
    let reply = https::post(hal, trust, &request, TIMEOUT)?;
    secret_in(&reply, identity)
}

fn random_text(hal: &dyn Hal) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let one = || {
        let index = hal.random(ALPHABET.len() as u32) as usize;
        // A firmware's HAL_Random may not keep below the bound.
        char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
    };
    std::iter::repeat_with(one).take(RANDOM_LEN).collect()
}

fn body(identity: &Identity, random: &str, sign: &str) -> String {
    format!(
        "productKey={}&deviceName={}&random={random}&sign={sign}&signMethod=hmacsha256",
        identity.product_key(),
        identity.device_name()
    )
}

/// Reads the secret out of the cloud's reply, which is checked in every part.
fn secret_in(reply: &Reply, identity: &Identity) -> Result<Secret, Error> {
    const TARGET: &str = "_fetch_dynreg_http_resp";
    let Ok(mut json) = serde_json::from_slice::<Value>(&reply.body) else {
        // Not printed: half a reply can hold a whole secret.
        return Err(Error::BadReply(format!(
            "HTTP status {}, {} bytes that are not JSON",
            reply.status,
            reply.body.len()
        )));
    };
    let secret = take_secret(&mut json);
    log::info!(target: TARGET, "Http Response Payload: {json}");

    let code = json
        .get("code")
        .and_then(Value::as_i64)
        .ok_or_else(|| Error::BadReply("it has no code".into()))?;
    log::info!(target: TARGET, "Dynamic Register Code: {code}");
    if code != CODE_SUCCESS {
        let message = json.get("message").and_then(Value::as_str).unwrap_or_default();
        return Err(Error::Refused { code, message: printable(message) });
    }

    for (field, expected) in
        [("productKey", identity.product_key()), ("deviceName", identity.device_name())]
    {
        let given = json.pointer(&format!("/data/{field}"));
        if given.is_some_and(|given| given.as_str() != Some(expected)) {
            return Err(Error::BadReply(format!("its {field} is another device's")));
        }
    }
    let secret = secret.ok_or_else(|| Error::BadReply("it has no device secret".into()))?;
    let secret = Secret::device_secret(&secret)
        .map_err(|cause| Error::BadReply(format!("in it {cause}")))?;
    log::info!(target: TARGET, "Dynamic Register Device Secret: {}", secret.masked());
    Ok(secret)
}

/// Takes the secret out of the reply and leaves what a log may show in its place.
fn take_secret(json: &mut Value) -> Option<Zeroizing<String>> {
    match json.pointer_mut("/data/deviceSecret")? {
        Value::String(text) => {
            let secret = Zeroizing::new(std::mem::take(text));
            *text = Secret::new(secret.as_str()).masked();
            Some(secret)
        }
        other => {
            *other = Value::Null;
            None
        }
    }
}

/// What of a foreign text may go into a log line.
fn printable(text: &str) -> String {
    const SHOWN: usize = 128;
    text.chars().filter(|character| !character.is_control()).take(SHOWN).collect()
}

/// What a developer can do about a refusal, when that is known.
pub fn advice(code: i64) -> &'static str {
    match code {
        6289 => {
            "the cloud hands a secret out once: restore it from a backup, or reset the device in the console"
        }
        _ => "look the code up in the platform's list of device error codes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity::new("a1ExpAkj9Hi", "Example_dyn1").unwrap()
    }

    fn secret_of(body: &str) -> Result<Secret, Error> {
        let reply = Reply { status: 200, body: Zeroizing::new(body.as_bytes().to_vec()) };
        secret_in(&reply, &identity())
    }

    #[test]
    fn the_body_is_the_listing_s() {
        let sign = "d3b560d5be0c9c19749470e85d912b65685fa4b20edcbd179ccfe98fcca23d5e";
        let body = body(&identity(), "7y4Jg5xdKCy9W2i", sign);
        assert_eq!(body.len(), 161);
        assert_eq!(
            body,
            format!(
                "productKey=a1ExpAkj9Hi&deviceName=Example_dyn1&random=7y4Jg5xdKCy9W2i&sign={sign}&signMethod=hmacsha256"
            )
        );
    }

    #[test]
    fn success_gives_the_secret() {
        let secret = secret_of(
            r#"{"code":200,"data":{"deviceName":"Example_dyn1","deviceSecret":"KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4","productKey":"a1ExpAkj9Hi"},"message":"success"}"#,
        );
        assert_eq!(secret.unwrap().expose(), "KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4");
    }

    #[test]
    fn a_refusal_carries_code_and_message() {
        let refusal = secret_of(r#"{"code":6289,"message":"device is already active"}"#);
        assert_eq!(
            refusal.unwrap_err().to_string(),
            "the cloud refused: 6289 device is already active"
        );
    }

    #[test]
    fn a_reply_that_makes_no_sense_is_refused() {
        let too_long = format!(r#"{{"code":200,"data":{{"deviceSecret":"{}"}}}}"#, "s".repeat(65));
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"code":"200"}"#,
            r#"{"code":200}"#,
            r#"{"code":200,"data":[]}"#,
            r#"{"code":200,"data":{"deviceSecret":""}}"#,
            r#"{"code":200,"data":{"deviceSecret":7}}"#,
            r#"{"code":200,"data":{"deviceSecret":"a\u0000b"}}"#,
            r#"{"code":200,"data":{"deviceSecret":"abcdefgh","deviceName":"other"}}"#,
            r#"{"code":200,"data":{"deviceSecret":"abcdefgh","productKey":"other"}}"#,
            r#"{"code":200,"data":{"deviceSecret":"abcdefgh","productKey":["a1ExpAkj9Hi"]}}"#,
            r#"{"code":200,"data":{"deviceSecret":"abcdefgh""#,
            &too_long,
        ] {
            assert!(matches!(secret_of(body), Err(Error::BadReply(_))), "{body}");
        }
    }

    #[cfg(not(feature = "log-secrets"))]
    #[test]
    fn what_is_left_for_the_log_holds_no_secret() {
        let mut json = serde_json::from_str(
            r#"{"code":6289,"data":{"deviceSecret":"KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4"}}"#,
        )
        .unwrap();
        assert!(take_secret(&mut json).is_some());
        assert_eq!(json.to_string(), r#"{"code":6289,"data":{"deviceSecret":"KGQQ****PZD4"}}"#);
    }
}
