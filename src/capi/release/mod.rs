//! The binary interface of the release that this build replaces: its types, numbers and limits.
//!
//! The releases of the C SDK number their options and lay out their structures differently, so
//! one build serves one release, and a release is one folder here. The C headers under `include/`
//! are generated from these files by `cargo run -p linkkit-headers`.
//!
//! Names are the C SDK's own, misspellings included, because firmware uses them.

#![allow(non_camel_case_types)]

#[cfg(feature = "abi-2-2")]
mod v2_2;

#[cfg(feature = "abi-2-2")]
pub use v2_2::*;

use std::ffi::c_int;

/// All went well.
pub(crate) const SUCCESS_RETURN: c_int = IOT_RETURN_CODES::SUCCESS_RETURN as c_int;
/// Something failed, and the log says what.
pub(crate) const FAIL_RETURN: c_int = IOT_RETURN_CODES::FAIL_RETURN as c_int;
/// A parameter is missing, or a handle is no handle.
pub(crate) const NULL_VALUE_ERROR: c_int = IOT_RETURN_CODES::NULL_VALUE_ERROR as c_int;
