//! The root that the platform's servers are verified by.

use std::ffi::c_char;

unsafe extern "C" {
    /// Returns the root certificate that the platform's servers are verified by, PEM with a NUL.
    ///
    /// The text must stay valid for ever. The library's own returns GlobalSign Root CA (R1), and
    /// the library then trusts Mozilla's list as well; a firmware's own is the only one trusted.
    pub fn iotx_ca_get() -> *const c_char;
}
