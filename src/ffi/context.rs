//! What firmware gives to be handed back to it.

use std::ffi::c_void;

/// The pointer that comes with a function of the firmware's, and goes to that function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context(*mut c_void);

// SAFETY: the library never looks behind the pointer; it only hands it to the function that came
// with it, which the firmware has written to be called from the threads that its header names.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    pub(crate) fn new(pointer: *mut c_void) -> Self {
        Context(pointer)
    }

    /// A method, so that closures capture the whole `Context` and not the bare pointer in it.
    pub(crate) fn pointer(self) -> *mut c_void {
        self.0
    }
}
