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
