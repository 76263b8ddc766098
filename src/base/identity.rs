//! Who a device is: product key, device name, secret, with the platform's limits.

#![forbid(unsafe_code)]

use std::fmt;

use zeroize::Zeroizing;

use crate::base::error::Error;
use crate::base::log;

/// The longest product key, in bytes without the NUL.
pub const PRODUCT_KEY_LEN: usize = 20;
/// The longest device name, in bytes without the NUL.
pub const DEVICE_NAME_LEN: usize = 32;
/// The longest device secret, in bytes without the NUL.
pub const DEVICE_SECRET_LEN: usize = 64;
/// The longest product secret, in bytes without the NUL.
pub const PRODUCT_SECRET_LEN: usize = 64;

/// A secret: wiped from memory when dropped, never formatted.
///
/// `Debug` and the log show at most its first and last four characters.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(Zeroizing::new(text.into()))
    }

    /// The secret itself. Never pass it to anything that formats.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a log may show: `KGQQ****PZD4`; all stars when the secret is short.
    ///
    /// With the feature `log-secrets` it is the whole secret, for a lab bench.
    pub fn masked(&self) -> String {
        const SHOWN: usize = 4;
        let text = self.expose();
        if cfg!(feature = "log-secrets") {
            return text.to_owned();
        }
        match (text.get(..SHOWN), text.get(text.len().saturating_sub(SHOWN)..)) {
            (Some(head), Some(tail)) if text.len() >= 4 * SHOWN => format!("{head}****{tail}"),
            _ => "****".to_owned(),
        }
    }

    /// A device secret as it comes from the cloud or from storage: not empty, not too long, printable.
    /// The log masks it from now on.
    pub fn device_secret(text: &str) -> Result<Self, Error> {
        printable("device secret", text, DEVICE_SECRET_LEN).map(Secret::hidden)
    }

    /// A product secret as the firmware gives it. The log masks it from now on.
    pub fn product_secret(text: &str) -> Result<Self, Error> {
        printable("product secret", text, PRODUCT_SECRET_LEN).map(Secret::hidden)
    }

    fn hidden(text: &str) -> Self {
        log::hide(text);
        Secret::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****)")
    }
}

/// A device of a product, checked against the platform's limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    product_key: String,
    device_name: String,
}

impl Identity {
    /// Checks both names: not empty, within the limits, printable ASCII.
    pub fn new(product_key: &str, device_name: &str) -> Result<Self, Error> {
        Ok(Identity {
            product_key: printable("product key", product_key, PRODUCT_KEY_LEN)?.to_owned(),
            device_name: printable("device name", device_name, DEVICE_NAME_LEN)?.to_owned(),
        })
    }

    /// The product key.
    pub fn product_key(&self) -> &str {
        &self.product_key
    }

    /// The device name.
    pub fn device_name(&self) -> &str {
        &self.device_name
    }

    /// The device id: `<product key>.<device name>`.
    pub fn device_id(&self) -> String {
        format!("{}.{}", self.product_key, self.device_name)
    }
}

/// The rule for every part of an identity. Printable ASCII without blanks, because these strings
/// end up in host names, topics and form bodies.
pub(crate) fn printable<'a>(
    what: &'static str,
    text: &'a str,
    max: usize,
) -> Result<&'a str, Error> {
    if text.is_empty() {
        return Err(Error::InvalidArgument(format!("the {what} is empty")));
    }
    if text.len() > max {
        return Err(Error::TooLong { what, len: text.len(), max });
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::InvalidArgument(format!(
            "the {what} holds characters other than printable ASCII"
        )));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_inclusive() {
        assert!(Identity::new(&"p".repeat(20), &"d".repeat(32)).is_ok());
        assert!(matches!(
            Identity::new(&"p".repeat(21), "d"),
            Err(Error::TooLong { what: "product key", len: 21, max: 20 })
        ));
        assert!(matches!(
            Identity::new("p", &"d".repeat(33)),
            Err(Error::TooLong { what: "device name", .. })
        ));
        assert!(Secret::device_secret(&"s".repeat(64)).is_ok());
        assert!(Secret::device_secret(&"s".repeat(65)).is_err());
        assert!(Secret::device_secret("").is_err());
        assert!(Secret::device_secret("tab\there").is_err());
    }

    #[cfg(not(feature = "log-secrets"))]
    #[test]
    fn a_secret_is_never_shown_whole() {
        let secret = Secret::new("KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4");
        assert_eq!(secret.masked(), "KGQQ****PZD4");
        assert_eq!(format!("{secret:?}"), "Secret(****)");
        assert_eq!(Secret::new("short").masked(), "****");
        assert_eq!(Secret::new("éééééééééééé").masked(), "éé****éé");
    }
}
