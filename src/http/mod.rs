//! One POST over TLS, as the platform's registration and authentication services want it.
//!
//! A reply can bring a secret, so every buffer of this module that held a part of one is wiped.
//! What rustls decrypts into before it comes here is wiped by the library's allocator.

#![forbid(unsafe_code)]

mod exchange;
mod form;
mod wire;

#[cfg(any(test, fuzzing))]
pub(crate) use exchange::reply_over;
pub use exchange::{Exchange, begin, post};
pub use form::{FormPost, Reply};

/// The longest reply body, in bytes: the platform's replies have less than one thousand.
pub(crate) const BODY_MAX: usize = 64 * 1024;
