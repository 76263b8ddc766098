//! The layout that firmware was compiled against, checked at compile time.

use super::*;
use crate::capi::abi::layout::layout;

layout!(iotx_conn_info_t: 48, 24 {
    port: 0, 0;
    init: 2, 2;
    host_name: 8, 4;
    client_id: 16, 8;
    username: 24, 12;
    password: 32, 16;
    pub_key: 40, 20;
});

layout!(iotx_mqtt_param_t: 88, 52 {
    port: 0, 0;
    host: 8, 4;
    client_id: 16, 8;
    username: 24, 12;
    password: 32, 16;
    pub_key: 40, 20;
    clean_session: 48, 24;
    request_timeout_ms: 52, 28;
    keepalive_interval_ms: 56, 32;
    write_buf_size: 60, 36;
    read_buf_size: 64, 40;
    handle_event: 72, 44;
});

layout!(iotx_ioctl_set_subdev_sign_t: 16, 8 {
    devid: 0, 0;
    sign: 8, 4;
});

layout!(iotx_ioctl_get_subdev_info_t: 8, 8 {
    devid: 0, 0;
    status: 4, 4;
});
