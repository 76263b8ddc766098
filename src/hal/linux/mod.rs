//! The defaults of the HAL for Linux: what the `HAL_*` functions do that a firmware does not bring.
//!
//! Values in, values out; `capi` turns the pointers of the C interface into them.

#![allow(unsafe_code, reason = "it calls the C library")]

pub(crate) mod crypt;
mod descriptor;
pub(crate) mod firmware;
pub(crate) mod identity;
pub(crate) mod interfaces;
pub(crate) mod kv;
pub(crate) mod memory;
pub(crate) mod random;
pub(crate) mod sync;
pub(crate) mod tcp;
pub(crate) mod thread;
pub(crate) mod time;
pub(crate) mod timer;
pub(crate) mod udp;
