//! Who the device is, as the firmware sets it, which is kept in memory; and which machine it is.

use std::fs;
use std::io;
use std::sync::{PoisonError, RwLock};

use zeroize::Zeroizing;

use crate::base::identity::{
    DEVICE_NAME_LEN, DEVICE_SECRET_LEN, PRODUCT_KEY_LEN, PRODUCT_SECRET_LEN,
};

/// What `HAL_GetPartnerID` answers, for a product that has no partner id of its own.
pub(crate) const PARTNER_ID: &str = "example.demo.partner-id";
/// What `HAL_GetModuleID` answers.
pub(crate) const MODULE_ID: &str = "example.demo.module-id";
/// What `HAL_GetChipID` answers.
pub(crate) const CHIP_ID: &str = "rtl8188eu 12345678";
/// What `HAL_GetFirmwareVersion` answers.
pub(crate) const FIRMWARE_VERSION: &str = "app-1.0.0-20180101.1000";

pub(crate) static PRODUCT_KEY: Field = Field::new(PRODUCT_KEY_LEN);
pub(crate) static DEVICE_NAME: Field = Field::new(DEVICE_NAME_LEN);
pub(crate) static DEVICE_SECRET: Field = Field::new(DEVICE_SECRET_LEN);
pub(crate) static PRODUCT_SECRET: Field = Field::new(PRODUCT_SECRET_LEN);

/// The device id: `<product key>.<device name>`.
pub(crate) fn device_id() -> Vec<u8> {
    [PRODUCT_KEY.get().as_slice(), DEVICE_NAME.get().as_slice()].join(&b'.')
}

/// What tells this machine from others, whatever device it is set up as.
pub(crate) fn machine_id() -> io::Result<String> {
    const PATH: &str = "/etc/machine-id";
    let id = fs::read_to_string(PATH)?.trim().to_owned();
    if id.is_empty() {
        return Err(io::Error::other(format!("{PATH} is empty")));
    }
    Ok(id)
}

/// One string of the identity, empty until it is set. Wiped when it is replaced.
pub(crate) struct Field {
    max: usize,
    /// `None` until it is set, since no wiped text can be made in a constant.
    text: RwLock<Option<Zeroizing<Vec<u8>>>>,
}

impl Field {
    const fn new(max: usize) -> Self {
        Field { max, text: RwLock::new(None) }
    }

    /// The longest text, in bytes without the NUL.
    pub(crate) fn max(&self) -> usize {
        self.max
    }

    /// Takes a copy of the text; `false`, and nothing changes, when it is too long.
    pub(crate) fn set(&self, text: &[u8]) -> bool {
        if text.len() > self.max {
            return false;
        }
        let text = Some(Zeroizing::new(text.to_vec()));
        *self.text.write().unwrap_or_else(PoisonError::into_inner) = text;
        true
    }

    /// A copy of the text.
    pub(crate) fn get(&self) -> Zeroizing<Vec<u8>> {
        self.text.read().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_keeps_what_fits() {
        let field = Field::new(4);
        assert!(field.get().is_empty());
        assert!(field.set(b"four"));
        assert!(!field.set(b"five!"));
        assert_eq!(field.get().as_slice(), b"four");
        assert!(field.set(b""));
        assert!(field.get().is_empty());
    }
}
