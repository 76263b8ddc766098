//! Link Kit in Rust: a C-ABI drop-in replacement of Alibaba Cloud's Link Kit C SDK.
//!
//! A C firmware that links the C SDK relinks against this library and changes nothing. The C
//! interface lives in `capi`; everything below it is safe Rust that reaches the outside only
//! through the [`hal::Hal`] trait, whose implementation calls the C functions `HAL_*` that the
//! firmware may bring itself.
//!
//! ```text
//! capi  →  conninfo, dynreg, https_auth, report, mqtt  →  https, transport  →  hal
//! ```

#[cfg(not(feature = "abi-2-2"))]
compile_error!("choose exactly one binary profile: build with the feature `abi-2-2`");

pub mod capi;
pub mod conninfo;
pub mod deadline;
pub mod dynreg;
pub mod error;
pub mod hal;
pub mod https;
pub mod https_auth;
pub mod identity;
pub mod log;
pub mod mqtt;
pub mod refusal;
pub mod region;
pub mod report;
pub mod secret_store;
pub mod service;
pub mod sign;
mod sync;
pub mod transport;
