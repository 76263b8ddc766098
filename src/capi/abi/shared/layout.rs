//! The layout that firmware was compiled against, checked at compile time: the macros for the
//! releases, and the structures that all of them share.
//!
//! The numbers were read off the C SDK's own headers on x86-64; those for 32-bit pointers follow
//! by the C rules, alike on i386 and armhf because no structure has a 64-bit member.

use crate::capi::abi::*;
use crate::hal::c::{NetworkAddr, hal_os_thread_param_t, ssl_hooks_t};

/// Picks the number that holds for this target's pointers.
pub(crate) const fn by_pointer(on_64_bit: usize, on_32_bit: usize) -> usize {
    if cfg!(target_pointer_width = "64") { on_64_bit } else { on_32_bit }
}

/// Asserts a structure's size and its fields' offsets: for 64-bit pointers, then for 32-bit ones.
macro_rules! layout {
    ($type:ty: $size_64:literal, $size_32:literal { $($field:ident: $at_64:literal, $at_32:literal;)* }) => {
        const _: () =
            assert!(size_of::<$type>() == $crate::capi::abi::layout::by_pointer($size_64, $size_32));
        $(const _: () = assert!(
            std::mem::offset_of!($type, $field)
                == $crate::capi::abi::layout::by_pointer($at_64, $at_32)
        );)*
    };
}
pub(crate) use layout;

/// Asserts that a text field has room for the longest text and its NUL.
macro_rules! room {
    ($type:ty: $($from:ident..$to:ident = $len:ident;)*) => {
        $(const _: () = assert!(
            std::mem::offset_of!($type, $to) - std::mem::offset_of!($type, $from) == $len + 1
        );)*
    };
}
#[allow(unused_imports, reason = "not every release has texts inside of its structures")]
pub(crate) use room;

layout!(iotx_device_info_t: 217, 217 {
    product_key: 0, 0;
    device_name: 21, 21;
    device_id: 54, 54;
    device_secret: 119, 119;
    module_vendor_id: 184, 184;
});

layout!(iotx_mqtt_topic_info_t: 32, 20 {
    packet_id: 0, 0;
    qos: 2, 2;
    dup: 3, 3;
    retain: 4, 4;
    topic_len: 6, 6;
    payload_len: 8, 8;
    ptopic: 16, 12;
    payload: 24, 16;
});

layout!(iotx_mqtt_event_msg_t: 16, 8 {
    event_type: 0, 0;
    msg: 8, 4;
});

layout!(iotx_mqtt_event_handle_t: 16, 8 {
    h_fp: 0, 0;
    pcontext: 8, 4;
});

layout!(hal_os_thread_param_t: 40, 20 {
    priority: 0, 0;
    stack_addr: 8, 4;
    stack_size: 16, 8;
    detach_state: 24, 12;
    name: 32, 16;
});

layout!(NetworkAddr: 18, 18 {
    addr: 0, 0;
    port: 16, 16;
});

layout!(ssl_hooks_t: 16, 8 {
    malloc: 0, 0;
    free: 8, 4;
});

room!(iotx_device_info_t:
    product_key..device_name = PRODUCT_KEY_LEN;
    device_name..device_id = DEVICE_NAME_LEN;
    device_id..device_secret = DEVICE_ID_LEN;
    device_secret..module_vendor_id = DEVICE_SECRET_LEN;
);
