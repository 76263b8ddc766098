//! Link Kit in Rust: a C-ABI drop-in replacement of Alibaba Cloud's Link Kit C SDK.
//!
//! A C firmware that links the C SDK relinks against this library and changes nothing. The C
//! interface lives in `capi`; everything below it is safe Rust that reaches the outside only
//! through the [`hal::Hal`] trait, whose implementation calls the C functions `HAL_*` that the
//! firmware may bring itself.
//!
//! ```text
//! capi → device → mqtt, cloud → http → transport → hal → ffi → base
//! ```

pub mod base;
pub mod capi;
pub mod cloud;
pub mod device;
mod ffi;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod hal;
pub mod http;
pub mod mqtt;
pub mod transport;
