//! What release 2.2 exports for OTA, device shadow, device model, sub-devices, CoAP, HTTP, HTTP/2 and Wi-Fi provisioning: not supported yet.

use std::ffi::{c_char, c_int, c_void};
use std::time::Duration;

use crate::capi::unsupported::{milliseconds, unsupported, waiting};

/// Where `IOT_CoAP_Yield` gets its time from is not supported either.
const COAP_WAIT: Duration = Duration::from_millis(200);

waiting! {
    IOT_CoAP_Yield(_context: *mut c_void) -> c_int, -1, COAP_WAIT;
    IOT_Gateway_Yield(_handle: *mut c_void, timeout: u32) -> c_int, -1, Duration::from_millis(timeout.into());
    IOT_Linkkit_Yield(timeout_ms: c_int) -> (), (), milliseconds(timeout_ms);
    IOT_OTA_FetchYield(_handle: *mut c_void, _buf: *mut c_char, _buf_len: u32, timeout_s: u32) -> c_int, -1, Duration::from_secs(timeout_s.into());
    IOT_Shadow_Yield(_handle: *mut c_void, timeout_ms: u32) -> (), (), Duration::from_millis(timeout_ms.into());
    linkkit_yield(timeout_ms: c_int) -> c_int, -1, milliseconds(timeout_ms);
}

unsupported! {
    int {
        IOT_CoAP_DeviceNameAuth
        IOT_CoAP_GetMessageCode
        IOT_CoAP_GetMessagePayload
        IOT_CoAP_SendMessage
        IOT_Gateway_Destroy
        IOT_Gateway_Get_Config
        IOT_Gateway_Get_TOPO
        IOT_Gateway_Publish
        IOT_Gateway_Publish_Found_List
        IOT_Gateway_RRPC_Register
        IOT_Gateway_RRPC_Response
        IOT_Gateway_Subscribe
        IOT_Gateway_Unsubscribe
        IOT_HTTP_DeviceNameAuth
        IOT_HTTP_SendMessage
        IOT_Linkkit_Close
        IOT_Linkkit_Connect
        IOT_Linkkit_Ioctl
        IOT_Linkkit_Open
        IOT_Linkkit_Post
        IOT_Linkkit_TriggerEvent
        IOT_OTA_Deinit
        IOT_OTA_GetConfig
        IOT_OTA_GetLastError
        IOT_OTA_Ioctl
        IOT_OTA_IsFetchFinish
        IOT_OTA_IsFetching
        IOT_OTA_ReportProgress
        IOT_OTA_ReportVersion
        IOT_OTA_RequestImage
        IOT_Shadow_DeleteAttribute
        IOT_Shadow_Destroy
        IOT_Shadow_Pull
        IOT_Shadow_Push
        IOT_Shadow_PushFormat_Add
        IOT_Shadow_PushFormat_Finalize
        IOT_Shadow_PushFormat_Init
        IOT_Shadow_Push_Async
        IOT_Shadow_RegisterAttribute
        IOT_Subdevice_Login
        IOT_Subdevice_Logout
        IOT_Subdevice_Register
        IOT_Subdevice_Unregister
        awss_config_press
        awss_report_cloud
        awss_report_enrollee
        awss_report_enrollee_reply
        awss_report_reset
        awss_report_reset_reply
        awss_report_set_interval
        awss_report_token
        awss_report_token_reply
        awss_start
        awss_stop
        awss_stop_timer
        iotx_http2_client_disconnect
        iotx_http2_client_recv
        iotx_http2_client_send
        iotx_http2_client_send_ping
        iotx_http2_get_available_window_size
        iotx_http2_set_bitrate
        iotx_http2_set_device_info
        iotx_http2_update_window_size
        iotx_upload_file
        iotx_upload_file_async
        linkkit_answer_service
        linkkit_cota_init
        linkkit_end
        linkkit_fota_init
        linkkit_gateway_delete_extinfos
        linkkit_gateway_exit
        linkkit_gateway_fota_init
        linkkit_gateway_get_devinfo
        linkkit_gateway_get_num_devices
        linkkit_gateway_get_topo
        linkkit_gateway_init
        linkkit_gateway_invoke_fota_service
        linkkit_gateway_post_extinfos
        linkkit_gateway_post_property_json
        linkkit_gateway_post_property_json_sync
        linkkit_gateway_post_rawdata
        linkkit_gateway_set_event_callback
        linkkit_gateway_setopt
        linkkit_gateway_start
        linkkit_gateway_stop
        linkkit_gateway_subdev_create
        linkkit_gateway_subdev_destroy
        linkkit_gateway_subdev_login
        linkkit_gateway_subdev_logout
        linkkit_gateway_subdev_register
        linkkit_gateway_subdev_unregister
        linkkit_gateway_trigger_event_json
        linkkit_gateway_trigger_event_json_sync
        linkkit_get_value
        linkkit_invoke_cota_get_config
        linkkit_invoke_cota_service
        linkkit_invoke_fota_service
        linkkit_invoke_raw_service
        linkkit_is_end
        linkkit_is_try_leave
        linkkit_ntp_time_reply
        linkkit_ntp_time_request
        linkkit_post_property
        linkkit_set_opt
        linkkit_set_value
        linkkit_start
        linkkit_trigger_event
        linkkit_trigger_extended_info_operate
    }
    pointer {
        IOT_CoAP_Init
        IOT_Gateway_Construct
        IOT_HTTP_Init
        IOT_OTA_Init
        IOT_Shadow_Construct
        iotx_http2_client_connect
        linkkit_dispatch
        linkkit_gateway_get_default_params
        linkkit_set_tsl
    }
    nothing {
        IOT_CoAP_Deinit
        IOT_HTTP_DeInit
        IOT_HTTP_Disconnect
        iotx_http2_upload_file_init
        linkkit_try_leave
    }
    number {
        IOT_Gateway_Generate_Message_ID
    }
    data {
        awss_report_token_cnt
        awss_report_token_suc
        awss_stop_connecting
    }
}
