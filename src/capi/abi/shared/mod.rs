//! What all releases have alike.

pub mod enums;
pub(super) mod errno;
pub(super) mod identity;
pub(crate) mod layout;
pub(super) mod message;
pub(super) mod product;
