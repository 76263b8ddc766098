//! The C functions `HAL_*`, by topic.
//!
//! Each is one that a firmware may define itself. Where it does not, the library's own definition for
//! Linux is linked. Unless said otherwise a function may be called from any thread, by several at a
//! time, and the library holds none of its locks while it calls one.

#![allow(non_snake_case, reason = "parameters are named as in the C headers")]

mod crypt;
mod device;
mod firmware;
mod identity;
#[cfg(not(abi = "2.2"))]
mod since_2_3;
mod ssl;
mod store;
mod system;
mod tcp;
mod timer;
mod trust;
mod types;
mod udp;

pub use crypt::*;
pub use device::*;
pub use firmware::*;
pub use identity::*;
#[cfg(not(abi = "2.2"))]
pub use since_2_3::*;
pub use ssl::*;
pub use store::*;
pub use system::*;
pub use tcp::*;
pub use timer::*;
pub use trust::*;
pub use types::*;
pub use udp::*;
