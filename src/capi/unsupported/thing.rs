//! The thing model: not supported yet.

use std::ffi::c_int;

use super::{milliseconds, unsupported, waiting};

waiting! {
    IOT_Linkkit_Yield(timeout_ms: c_int) -> (), (), milliseconds(timeout_ms);
    linkkit_yield(timeout_ms: c_int) -> c_int, -1, milliseconds(timeout_ms);
}

unsupported! {
    int {
        IOT_Linkkit_Close
        IOT_Linkkit_Connect
        IOT_Linkkit_Open
        IOT_Linkkit_TriggerEvent
        linkkit_answer_service
        linkkit_end
        linkkit_get_value
        linkkit_invoke_raw_service
        linkkit_is_try_leave
        linkkit_ntp_time_request
        linkkit_post_property
        linkkit_set_opt
        linkkit_set_value
        linkkit_start
        linkkit_trigger_event
        linkkit_trigger_extended_info_operate
    }
    pointer {
        linkkit_dispatch
        linkkit_set_tsl
    }
}

#[cfg(abi = "2.2")]
unsupported! {
    int {
        IOT_Linkkit_Ioctl
        IOT_Linkkit_Post
        linkkit_is_end
        linkkit_ntp_time_reply
    }
    nothing {
        linkkit_try_leave
    }
}

#[cfg(abi = "2.3")]
unsupported! {
    int {
        IOT_Linkkit_Query
        IOT_Linkkit_Report
    }
}
