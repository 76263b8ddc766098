//! The C interface: the only exports. Pointers become values here, and panics become codes.

#![allow(unsafe_code, reason = "it is the border to C")]

pub(crate) mod boundary;
pub mod conninfo;
pub mod event;
mod hal;
mod handle;
pub mod ioctl;
#[allow(non_snake_case, reason = "functions are named as in the C headers")]
pub mod json;
pub mod log;
mod memory;
#[allow(non_snake_case, reason = "parameters are named as in the C headers")]
pub mod mqtt;
mod ptr;
pub mod release;
mod sdk;
mod unsupported;
