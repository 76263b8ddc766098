//! The layout that firmware was compiled against, checked at compile time.

use super::*;
use crate::capi::abi::layout::{layout, room};
use crate::capi::abi::*;

layout!(iotx_conn_info_t: 1168, 1164 {
    port: 0, 0;
    host_name: 2, 2;
    client_id: 131, 131;
    username: 388, 388;
    password: 901, 901;
    pub_key: 1160, 1160;
});

layout!(iotx_mqtt_param_t: 112, 60 {
    port: 0, 0;
    host: 8, 4;
    client_id: 16, 8;
    username: 24, 12;
    password: 32, 16;
    pub_key: 40, 20;
    clean_session: 48, 24;
    request_timeout_ms: 52, 28;
    keepalive_interval_ms: 56, 32;
    pwrite_buf: 64, 36;
    write_buf_size: 72, 40;
    pread_buf: 80, 44;
    read_buf_size: 88, 48;
    handle_event: 96, 52;
});

room!(iotx_conn_info_t:
    host_name..client_id = HOST_ADDRESS_LEN;
    client_id..username = CLIENT_ID_LEN;
    username..password = USER_NAME_LEN;
);
