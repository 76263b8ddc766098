//! What the platform does for devices, a file a feature: what it checks, what it answers.

#![forbid(unsafe_code)]

pub(crate) mod auth;
pub(crate) mod login;
pub(crate) mod signature;
