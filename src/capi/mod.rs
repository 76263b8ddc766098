//! The C interface: the only exports. Pointers become values here, and panics become codes.

#![allow(unsafe_code, reason = "it is the border to C")]

pub mod abi;
#[cfg(not(abi = "2.2"))]
pub mod callbacks;
#[cfg(abi = "2.2")]
#[path = "no_callbacks.rs"]
pub mod callbacks;
mod clients;
pub mod conninfo;
pub mod event;
pub(crate) mod hal_ssl;
pub mod ioctl;
#[allow(non_snake_case, reason = "functions are named as in the C headers")]
pub mod json;
pub mod log;
#[allow(non_snake_case, reason = "parameters are named as in the C headers")]
pub mod mqtt;
mod sdk;
mod unsupported;
