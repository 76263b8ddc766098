//! The HMACs by which a device proves that it knows a secret.

#![forbid(unsafe_code)]

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::Sha256;

use crate::config::DeviceId;

/// How a device signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SignMethod {
    /// What the platform takes when a device names no method.
    #[default]
    Md5,
    Sha1,
    Sha256,
}

impl SignMethod {
    /// Reads the platform's name of a method, or the short form without `hmac`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix("hmac").unwrap_or(name) {
            "md5" => Some(SignMethod::Md5),
            "sha1" => Some(SignMethod::Sha1),
            "sha256" => Some(SignMethod::Sha256),
            _ => None,
        }
    }

    /// Whether this is the signature of the text. Compares in constant time.
    pub(crate) fn verify(self, secret: &str, text: &str, signature: &[u8]) -> bool {
        match self {
            SignMethod::Md5 => verify::<Hmac<Md5>>(secret, text, signature),
            SignMethod::Sha1 => verify::<Hmac<Sha1>>(secret, text, signature),
            SignMethod::Sha256 => verify::<Hmac<Sha256>>(secret, text, signature),
        }
    }
}

/// What a device signs that logs in: over MQTT directly, or over HTTPS before that.
///
/// The timestamp is part of it only when the device gives one.
pub(crate) fn login_text(device: &DeviceId, client_id: &str, timestamp: Option<&str>) -> String {
    let DeviceId { product_key, device_name } = device;
    let mut text = format!("clientId{client_id}deviceName{device_name}productKey{product_key}");
    if let Some(timestamp) = timestamp {
        text.push_str("timestamp");
        text.push_str(timestamp);
    }
    text
}

fn verify<M: Mac + KeyInit>(secret: &str, text: &str, signature: &[u8]) -> bool {
    <M as KeyInit>::new_from_slice(secret.as_bytes())
        .is_ok_and(|mac| mac.chain_update(text).verify_slice(signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_method_has_two_names() {
        for (method, names) in [
            (SignMethod::Md5, ["hmacmd5", "md5"]),
            (SignMethod::Sha1, ["hmacsha1", "sha1"]),
            (SignMethod::Sha256, ["hmacsha256", "sha256"]),
        ] {
            assert_eq!(names.map(SignMethod::parse), [Some(method); 2]);
        }
        for unknown in ["", "hmac", "HMACMD5", "hmachmacmd5", "sha512"] {
            assert_eq!(SignMethod::parse(unknown), None, "{unknown}");
        }
    }

    /// RFC 2202 and RFC 4231, test case 2 of each.
    #[test]
    fn the_published_vectors_verify() {
        for (method, signature) in [
            (SignMethod::Md5, "750c783e6ab0b503eaa86e310a5db738"),
            (SignMethod::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (
                SignMethod::Sha256,
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
        ] {
            let signature = base16ct::lower::decode_vec(signature).unwrap();
            assert!(method.verify("Jefe", "what do ya want for nothing?", &signature));
            assert!(!method.verify("jefe", "what do ya want for nothing?", &signature));
        }
    }
}
