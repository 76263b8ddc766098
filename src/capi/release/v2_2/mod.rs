//! Release 2.2.1. Each file makes one C header; `enums` serves them all.

pub mod enums;
mod errno;
mod export;
mod import;
mod ioctl;
mod layout;
mod mqtt;
mod product;

use std::ffi::c_uint;

pub use errno::*;
pub use export::*;
pub use import::*;
pub(crate) use ioctl::ioctl;
pub use mqtt::*;
pub use product::*;

// A C enumeration crosses the border as a plain integer. Firmware can pass any number, and a Rust
// enum that holds a number without a variant is undefined behaviour. The headers show the
// enumeration of the same name in `enums`; this file is not among those that they are made from.

/// A log level, one of [`enums::_IOT_LogLevel`].
pub type IOT_LogLevel = c_uint;

/// A quality of service, one of [`enums::iotx_mqtt_qos_t`].
pub type iotx_mqtt_qos_t = c_uint;

/// An event, one of [`enums::iotx_mqtt_event_type_t`].
pub type iotx_mqtt_event_type_t = c_uint;
