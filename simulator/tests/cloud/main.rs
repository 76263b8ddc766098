//! The cloud from outside: what devices, programs in a terminal and other clients meet.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

mod api;
mod browser;
mod control;
mod faults;
mod https;
mod mqtt;
mod support;
