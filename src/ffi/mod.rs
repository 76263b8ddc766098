//! The one door between C and Rust, in both directions: panics and cancellation stop here, pointers
//! become values, handles become objects.

#![allow(unsafe_code, reason = "it is the border to C")]

pub(crate) mod alloc;
pub(crate) mod context;
pub(crate) mod guard;
pub(crate) mod objects;
pub(crate) mod ptr;
pub(crate) mod ret;
