//! Dynamic registration: a device that has only its product's certificate asks the cloud for a
//! secret of its own. The cloud hands a secret out once.

#![forbid(unsafe_code)]

use crate::base::error::{Error, chain};
use crate::base::identity::{DEVICE_SECRET_LEN, Identity, Secret};
use crate::base::salvage;
use crate::base::sign;
use crate::cloud::answer::Answer;
use crate::cloud::retry::{self, Service};
use crate::hal::Hal;
use crate::http::Reply;

const TARGET: &str = "IOT_SetupConnInfo";
const PATH: &str = "/auth/register/device";
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";
const RANDOM_LEN: usize = 15;
/// The refusal of a device that has been given its secret.
const CODE_ALREADY_ACTIVE: i64 = 6289;

/// Registers the device and returns its secret, which `keep` has been given to store: at once when it
/// came, before anything is logged or the connection is closed.
///
/// Asks again, at most twice, when the cloud could not be reached or says that it is busy or
/// failing; never after a refusal, and never when a request went out and no answer came, because
/// that answer may have been the secret: the log says so, and the caller decides.
pub fn register(
    service: &Service,
    identity: &Identity,
    product_secret: &Secret,
    mut keep: impl FnMut(&Secret),
) -> Result<Secret, Error> {
    let mut asked = 0;
    let outcome = service.retry(TARGET, retry::may_succeed_later, || {
        asked += 1;
        ask(service, identity, product_secret, &mut keep)
    });
    match &outcome {
        Err(Error::Unanswered(_) | Error::BadReply(_)) => log::error!(
            target: TARGET,
            "the cloud may have accepted the registration although no usable answer came: if the next attempt is refused with {CODE_ALREADY_ACTIVE}, the secret was in the lost answer, and the device has to be reset in the console"
        ),
        Err(Error::Refused { code: CODE_ALREADY_ACTIVE, .. }) if asked > 1 => log::error!(
            target: TARGET,
            "an earlier one of these {asked} attempts may have been accepted although it was answered with a failure: then its secret is lost, and the device has to be reset in the console"
        ),
        _ => {}
    }
    outcome
}

/// One request and its answer.
fn ask(
    service: &Service,
    identity: &Identity,
    product_secret: &Secret,
    keep: &mut impl FnMut(&Secret),
) -> Result<Secret, Error> {
    let random = random_text(service.hal);
    log::info!(target: "_calc_dynreg_sign", "Random Key: {random}");
    let sign = sign::registration(identity, &random, product_secret);
    log::info!(target: "_calc_dynreg_sign", "Sign: {sign}");

    let mut exchange = service.begin(PATH, CONTENT_TYPE, &body(identity, &random, &sign))?;
    // Between the secret's last byte and the disk a power cut would lose it: the console can wait, and
    // so can the connection's end.
    let _held = crate::base::log::hold();
    let secret = match exchange.receive() {
        Ok(reply) => secret_in(&reply, identity).or_else(|error| rescue(error, &reply, identity)),
        Err(error) => match exchange.remains() {
            Some(reply) => rescue(error, &reply, identity),
            None => Err(error),
        },
    }?;
    keep(&secret);
    Ok(secret)
}

/// The secret in a reply that is not as it should be, or else `error`, which says why not. The cloud
/// does not give it again, so it counts if it came whole and no other device's name is with it.
fn rescue(error: Error, reply: &Reply, identity: &Identity) -> Result<Secret, Error> {
    const SUCCESS: u16 = 200;
    if reply.status != SUCCESS || matches!(error, Error::Refused { .. }) {
        return Err(error);
    }
    let mut secret = None;
    for (name, value) in salvage::pairs(&reply.body) {
        let is_fine = match name.as_str() {
            "productKey" => *value == identity.product_key(),
            "deviceName" => *value == identity.device_name(),
            "deviceSecret" => {
                secret.replace(Secret::device_secret(&value)).is_none_or(|before| before.is_err())
            }
            _ => true,
        };
        if !is_fine {
            return Err(error);
        }
    }
    let Some(Ok(secret)) = secret else { return Err(error) };
    log::warn!(
        target: "_fetch_dynreg_http_resp",
        "{}; the device secret in it came whole and is kept: {}",
        chain(&error),
        secret.masked()
    );
    Ok(secret)
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
pub(crate) fn secret_in(reply: &Reply, identity: &Identity) -> Result<Secret, Error> {
    const TARGET: &str = "_fetch_dynreg_http_resp";
    let answer = Answer::read(reply)?;
    log::info!(target: TARGET, "Http Response Payload: {}", answer.shown());
    log::info!(target: TARGET, "Dynamic Register Code: {}", answer.code()?);
    answer.check()?;

    for (field, expected) in
        [("productKey", identity.product_key()), ("deviceName", identity.device_name())]
    {
        let given = answer.get(&format!("/data/{field}"));
        if given.is_some_and(|given| given.as_str() != Some(expected)) {
            return Err(Error::BadReply(format!("its {field} is another device's")));
        }
    }
    let secret = answer.secret("device secret", "/data/deviceSecret", DEVICE_SECRET_LEN)?;
    log::info!(target: TARGET, "Dynamic Register Device Secret: {}", secret.masked());
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn identity() -> Identity {
        Identity::new("a1ExpAkj9Hi", "Example_dyn1").unwrap()
    }

    fn secret_of(body: &str) -> Result<Secret, Error> {
        let reply = Reply::of(200, Zeroizing::new(body.as_bytes().to_vec()));
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

    fn rescued(status: u16, body: &str) -> Option<String> {
        let reply = Reply::of(status, Zeroizing::new(body.as_bytes().to_vec()));
        let secret = secret_in(&reply, &identity()).or_else(|why| rescue(why, &reply, &identity()));
        secret.ok().map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn a_secret_that_came_whole_is_kept_whatever_is_wrong_around_it() {
        let own = r#""productKey":"a1ExpAkj9Hi","deviceName":"Example_dyn1""#;
        for body in [
            r#"{"code":"200","data":{"deviceSecret":"abcdefgh"}}"#,
            r#"{"data":{"deviceSecret":"abcdefgh"}}"#,
            "{\"code\":200,\"data\":{\"deviceSecret\":\"abcdefgh\"}}\0",
            r#"{"code":200,"data":{"deviceSecret":"abcdefgh""#,
            &format!(r#"{{"code":200,"data":{{{own},"deviceSecret":"abcdefgh","#),
        ] {
            assert_eq!(rescued(200, body).as_deref(), Some("abcdefgh"), "{body}");
        }
    }

    #[test]
    fn no_other_secret_is_kept() {
        let too_long = format!(r#"{{"code":200,"data":{{"deviceSecret":"{}""#, "s".repeat(65));
        for (status, body) in [
            (200, r#"{"code":200,"data":{"deviceSecret":"abcdefgh"#),
            (200, r#"{"code":"6289","data":{"deviceSecret":"abcdefgh"}}"#),
            (200, r#"{"code":6289,"data":{"deviceSecret":"abcdefgh"}}"#),
            (500, r#"{"code":200,"data":{"deviceSecret":"abcdefgh""#),
            (200, r#"{"code":200,"data":{"deviceName":"other","deviceSecret":"abcdefgh""#),
            (200, r#"{"code":200,"data":{"productKey":"other","deviceSecret":"abcdefgh""#),
            (200, r#"{"deviceSecret":"abcdefgh","deviceSecret":"ijklmnop""#),
            (200, r#"{"deviceSecret":"""#),
            (200, &too_long),
        ] {
            assert_eq!(rescued(status, body), None, "{body}");
        }
    }
}
