//! HTTP/2: not supported yet.

use super::unsupported;

unsupported! {
    int {
        iotx_http2_client_disconnect
        iotx_http2_client_recv
        iotx_http2_client_send
        iotx_http2_client_send_ping
        iotx_http2_get_available_window_size
        iotx_http2_update_window_size
    }
    pointer {
        iotx_http2_client_connect
    }
}

#[cfg(abi = "2.2")]
unsupported! {
    int {
        iotx_http2_set_bitrate
        iotx_http2_set_device_info
        iotx_upload_file
        iotx_upload_file_async
    }
    nothing {
        iotx_http2_upload_file_init
    }
}

#[cfg(abi = "2.3")]
unsupported! {
    int {
        IOT_HTTP2_Disconnect
        IOT_HTTP2_Stream_Close
        IOT_HTTP2_Stream_Open
        IOT_HTTP2_Stream_Query
        IOT_HTTP2_Stream_Send
        IOT_HTTP2_Stream_UploadFile
        iotx_http2_exec_io
    }
    pointer {
        IOT_HTTP2_Connect
        iotx_http2_client_connect_with_cb
    }
}
