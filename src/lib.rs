//! Link Kit in Rust: a C-ABI drop-in replacement of Alibaba Cloud's Link Kit C SDK.
//!
//! A C firmware that links the C SDK relinks against this library and changes nothing. The C
//! interface lives in `capi`; everything below it is safe Rust that reaches the outside only
//! through the [`hal::Hal`] trait, whose implementation calls the C functions `HAL_*` that the
//! firmware may bring itself.
//!
//! ```text
//! capi  →  conninfo, dynreg, https_auth, bootstrap, report, mqtt  →  https, transport  →  hal
//! ```

#[cfg(all(feature = "abi-2-2", feature = "abi-2-3"))]
compile_error!(
    "a build serves one release: `abi-2-2` is the default, `abi-2-3` is built with `--no-default-features --features abi-2-3`"
);
#[cfg(not(any(feature = "abi-2-2", feature = "abi-2-3")))]
compile_error!("choose the release to serve: build with the feature `abi-2-2` or `abi-2-3`");

pub mod bootstrap;
pub mod capi;
pub mod conninfo;
pub mod deadline;
pub mod dynreg;
pub mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod hal;
pub mod https;
pub mod https_auth;
pub mod identity;
pub mod json;
pub mod log;
pub mod mqtt;
pub mod profile;
pub mod refusal;
pub mod region;
pub mod report;
mod salvage;
pub mod secret_store;
pub mod service;
pub mod sign;
pub mod site;
mod sync;
pub mod transport;
mod waiting;
