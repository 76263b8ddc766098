//! The C interface: the only exports of the library.

pub mod release;
