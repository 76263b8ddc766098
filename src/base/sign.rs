//! The HMACs that the platform asks for, as hexadecimal text.

#![forbid(unsafe_code)]

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use crate::base::identity::{Identity, Secret};

/// The time stamp that every login and authentication carries: 2050-01-01 in milliseconds. The
/// platform does not compare it with its clock, so a device needs none.
pub const TIMESTAMP: &str = "2524608000000";

/// The length of [`owner_tag`], in bytes.
pub const OWNER_TAG_LEN: usize = 16;

/// The signature of a dynamic registration: lower-case hex HMAC-SHA256 under the product secret.
pub fn registration(identity: &Identity, random: &str, product_secret: &Secret) -> String {
    let text = format!(
        "deviceName{}productKey{}random{random}",
        identity.device_name(),
        identity.product_key()
    );
    hmac_sha256_hex(product_secret, &text)
}

/// The password of a direct login: lower-case hex HMAC-SHA256 under the device secret.
pub fn login(identity: &Identity, device_secret: &Secret) -> Secret {
    Secret::new(hmac_sha256_hex(device_secret, &login_text(identity)))
}

/// The signature of an HTTPS authentication: lower-case hex HMAC-SHA1 under the device secret.
///
/// SHA-1 because that is what release 2.2.1 sends here, and nothing public says that this service
/// takes anything stronger. An HMAC does not rest on the collision resistance that SHA-1 has lost.
pub fn authentication(identity: &Identity, device_secret: &Secret) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(device_secret.expose().as_bytes());
    mac.map_or_else(no_such_error, |mac| {
        hex(&mac.chain_update(login_text(identity)).finalize().into_bytes())
    })
}

fn login_text(identity: &Identity) -> String {
    format!(
        "clientId{}deviceName{}productKey{}timestamp{TIMESTAMP}",
        identity.device_id(),
        identity.device_name(),
        identity.product_key()
    )
}

/// What proves, in a store, that a device has this secret: the first hex digits of an HMAC-SHA256
/// over the device id, under the secret.
pub fn owner_tag(device_id: &str, device_secret: &Secret) -> String {
    let mut tag = hmac_sha256_hex(device_secret, device_id);
    tag.truncate(OWNER_TAG_LEN);
    tag
}

fn hmac_sha256_hex(key: &Secret, text: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes());
    mac.map_or_else(no_such_error, |mac| hex(&mac.chain_update(text).finalize().into_bytes()))
}

/// An HMAC takes a key of any length: the error case does not exist.
fn no_such_error<E>(_: E) -> String {
    String::new()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity::new("a1ExpAkj9Hi", "Example_dyn1").unwrap()
    }

    #[test]
    fn registration_signs_as_the_listing_shows() {
        assert_eq!(
            registration(&identity(), "7y4Jg5xdKCy9W2i", &Secret::new("ffFnFlKQW3HYjjPR")),
            "d3b560d5be0c9c19749470e85d912b65685fa4b20edcbd179ccfe98fcca23d5e"
        );
    }

    #[test]
    fn login_signs_client_id_names_and_time() {
        // Computed by an independent implementation for the secret of a recorded run.
        assert_eq!(
            login(&identity(), &Secret::new("f6b27dd95836f4599106d457b4cf0326")).expose(),
            "387514fe92036c69b393bb2b8293c88cd29455f23bccd54dec1fd613ebf1a6d6"
        );
    }
    #[test]
    fn authentication_signs_as_recorded() {
        assert_eq!(
            authentication(&identity(), &Secret::new("f6b27dd95836f4599106d457b4cf0326")),
            "149b1e3cf25cacb6708c62c05b2a10a84c010dab"
        );
    }
}
