//! The one instance of the SDK's settings, and of the HAL, that a process has.

use super::release;
use crate::conninfo::Sdk;
use crate::hal::Hal;
use crate::hal::import::Imported;

pub(crate) static SDK: Sdk = Sdk::new(&release::PROFILE);

static HAL: Imported = Imported::with(release::HAL);

/// The HAL, as far as the release knows it.
pub(crate) fn hal() -> &'static dyn Hal {
    &HAL
}
