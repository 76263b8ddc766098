//! The one instance of the SDK's settings that a process has.

use super::release;
use crate::conninfo::Sdk;

pub(crate) static SDK: Sdk = Sdk::new(&release::PROFILE);
