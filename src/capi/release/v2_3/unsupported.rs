//! What release 2.3 exports for OTA, device shadow, device model, CoAP, HTTP, HTTP/2 and Wi-Fi provisioning: not supported yet.

use crate::capi::unsupported::unsupported;

unsupported! {
    int {
        IOT_CoAP_DeviceNameAuth
        IOT_CoAP_GetMessageCode
        IOT_CoAP_GetMessagePayload
        IOT_CoAP_SendMessage
        IOT_CoAP_Yield
        IOT_HTTP2_Disconnect
        IOT_HTTP2_Stream_Close
        IOT_HTTP2_Stream_Open
        IOT_HTTP2_Stream_Query
        IOT_HTTP2_Stream_Send
        IOT_HTTP_DeviceNameAuth
        IOT_HTTP_SendMessage
        IOT_Linkkit_Close
        IOT_Linkkit_Connect
        IOT_Linkkit_Open
        IOT_Linkkit_Query
        IOT_Linkkit_Report
        IOT_Linkkit_TriggerEvent
        IOT_OTA_Deinit
        IOT_OTA_FetchYield
        IOT_OTA_GetLastError
        IOT_OTA_Ioctl
        IOT_OTA_IsFetchFinish
        IOT_OTA_IsFetching
        IOT_OTA_ReportProgress
        IOT_OTA_ReportVersion
        IOT_Shadow_DeleteAttribute
        IOT_Shadow_Destroy
        IOT_Shadow_Pull
        IOT_Shadow_Push
        IOT_Shadow_PushFormat_Add
        IOT_Shadow_PushFormat_Finalize
        IOT_Shadow_PushFormat_Init
        IOT_Shadow_Push_Async
        IOT_Shadow_RegisterAttribute
        awss_config_press
        awss_dev_ap_start
        awss_dev_ap_stop
        awss_report_cloud
        awss_report_enrollee
        awss_report_enrollee_reply
        awss_report_reset
        awss_report_reset_reply
        awss_report_reset_to_cloud
        awss_report_set_interval
        awss_report_token
        awss_report_token_reply
        awss_start
        awss_start_bind
        awss_stop
        awss_stop_report_reset
        awss_stop_report_token
        awss_stop_timer
        iotx_http2_client_disconnect
        iotx_http2_client_recv
        iotx_http2_client_send
        iotx_http2_client_send_ping
        iotx_http2_exec_io
        iotx_http2_get_available_window_size
        iotx_http2_update_window_size
        linkkit_ntp_time_request
    }
    pointer {
        IOT_CoAP_Init
        IOT_HTTP2_Connect
        IOT_HTTP_Init
        IOT_OTA_Init
        IOT_Shadow_Construct
        iotx_http2_client_connect
        iotx_http2_client_connect_with_cb
    }
    nothing {
        IOT_CoAP_Deinit
        IOT_HTTP_DeInit
        IOT_HTTP_Disconnect
        IOT_Linkkit_Yield
        IOT_Shadow_Yield
    }
    data {
        awss_report_token_cnt
        awss_report_token_suc
        awss_stop_connecting
    }
}
