//! CoAP: not supported yet.

use std::ffi::{c_int, c_void};
use std::time::Duration;

use super::{unsupported, waiting};

/// Where `IOT_CoAP_Yield` gets its time from is not supported either.
const COAP_WAIT: Duration = Duration::from_millis(200);

waiting! {
    IOT_CoAP_Yield(_context: *mut c_void) -> c_int, -1, COAP_WAIT;
}

unsupported! {
    int {
        IOT_CoAP_DeviceNameAuth
        IOT_CoAP_GetMessageCode
        IOT_CoAP_GetMessagePayload
        IOT_CoAP_SendMessage
    }
    pointer {
        IOT_CoAP_Init
    }
    nothing {
        IOT_CoAP_Deinit
    }
}
