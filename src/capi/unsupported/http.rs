//! HTTP: not supported yet.

use super::unsupported;

unsupported! {
    int {
        IOT_HTTP_DeviceNameAuth
        IOT_HTTP_SendMessage
    }
    pointer {
        IOT_HTTP_Init
    }
    nothing {
        IOT_HTTP_DeInit
        IOT_HTTP_Disconnect
    }
}
