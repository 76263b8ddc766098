//! Gateway and sub-devices: not supported yet.

#[cfg(abi = "2.2")]
use std::ffi::{c_int, c_void};
#[cfg(abi = "2.2")]
use std::time::Duration;

use super::unsupported;
#[cfg(abi = "2.2")]
use super::waiting;

unsupported! {
    int {
        linkkit_gateway_delete_extinfos
        linkkit_gateway_exit
        linkkit_gateway_fota_init
        linkkit_gateway_get_devinfo
        linkkit_gateway_get_num_devices
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
    }
    pointer {
        linkkit_gateway_get_default_params
    }
}

#[cfg(abi = "2.2")]
waiting! {
    IOT_Gateway_Yield(_handle: *mut c_void, timeout: u32) -> c_int, -1, Duration::from_millis(timeout.into());
}

#[cfg(abi = "2.2")]
unsupported! {
    int {
        IOT_Gateway_Destroy
        IOT_Gateway_Get_Config
        IOT_Gateway_Get_TOPO
        IOT_Gateway_Publish
        IOT_Gateway_Publish_Found_List
        IOT_Gateway_RRPC_Register
        IOT_Gateway_RRPC_Response
        IOT_Gateway_Subscribe
        IOT_Gateway_Unsubscribe
        IOT_Subdevice_Login
        IOT_Subdevice_Logout
        IOT_Subdevice_Register
        IOT_Subdevice_Unregister
        linkkit_gateway_get_topo
    }
    pointer {
        IOT_Gateway_Construct
    }
    number {
        IOT_Gateway_Generate_Message_ID
    }
}
