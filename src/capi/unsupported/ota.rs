//! Over-the-air updates: not supported yet.

use std::ffi::{c_char, c_int, c_void};
use std::time::Duration;

use super::{unsupported, waiting};

waiting! {
    IOT_OTA_FetchYield(_handle: *mut c_void, _buf: *mut c_char, _buf_len: u32, timeout_s: u32) -> c_int, -1, Duration::from_secs(timeout_s.into());
}

unsupported! {
    int {
        IOT_OTA_Deinit
        IOT_OTA_GetLastError
        IOT_OTA_Ioctl
        IOT_OTA_IsFetchFinish
        IOT_OTA_IsFetching
        IOT_OTA_ReportProgress
        IOT_OTA_ReportVersion
        linkkit_cota_init
        linkkit_fota_init
        linkkit_invoke_cota_get_config
        linkkit_invoke_cota_service
        linkkit_invoke_fota_service
    }
    pointer {
        IOT_OTA_Init
    }
}

#[cfg(abi = "2.2")]
unsupported! {
    int {
        IOT_OTA_GetConfig
        IOT_OTA_RequestImage
    }
}
