//! The one instance of the SDK's settings that a process has.

use super::abi::{Abi as _, Release};
use crate::device::Sdk;

pub(crate) static SDK: Sdk = Sdk::new(&Release::DIALECT);
