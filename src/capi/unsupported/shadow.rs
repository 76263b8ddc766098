//! Device shadow: not supported yet.

use std::ffi::c_void;
use std::time::Duration;

use super::{unsupported, waiting};

waiting! {
    IOT_Shadow_Yield(_handle: *mut c_void, timeout_ms: u32) -> (), (), Duration::from_millis(timeout_ms.into());
}

unsupported! {
    int {
        IOT_Shadow_DeleteAttribute
        IOT_Shadow_Destroy
        IOT_Shadow_Pull
        IOT_Shadow_Push
        IOT_Shadow_PushFormat_Add
        IOT_Shadow_PushFormat_Finalize
        IOT_Shadow_PushFormat_Init
        IOT_Shadow_Push_Async
        IOT_Shadow_RegisterAttribute
    }
    pointer {
        IOT_Shadow_Construct
    }
}
