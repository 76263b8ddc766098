//! Which number means which option of `IOT_Ioctl`.

use std::ffi::c_int;

use super::options::iotx_ioctl_option_t as Number;
use crate::capi::abi::IoctlOption::{self, Int, Short, Text, Unsupported};
use crate::cloud::servers::ServerText;
use crate::device::Setting;

/// The option with this number, `None` when the release has none.
pub(crate) fn ioctl(number: c_int) -> Option<IoctlOption> {
    const OPTIONS: [(Number, IoctlOption); 17] = [
        (Number::IOTX_IOCTL_SET_REGION, Int(Setting::SetRegion)),
        (Number::IOTX_IOCTL_GET_REGION, Int(Setting::GetRegion)),
        (Number::IOTX_IOCTL_SET_MQTT_DOMAIN, Text(ServerText::MqttDomain)),
        (Number::IOTX_IOCTL_SET_MQTT_PORT, Short(Setting::SetMqttPort)),
        (Number::IOTX_IOCTL_SET_ENV, Short(Setting::SetEnvironment)),
        (Number::IOTX_IOCTL_SET_HTTP_DOMAIN, Text(ServerText::HttpDomain)),
        (Number::IOTX_IOCTL_SET_DYNAMIC_REGISTER, Int(Setting::SetDynamicRegister)),
        (Number::IOTX_IOCTL_GET_DYNAMIC_REGISTER, Int(Setting::GetDynamicRegister)),
        (Number::IOTX_IOCTL_RECV_PROP_REPLY, Unsupported("IOTX_IOCTL_RECV_PROP_REPLY")),
        (Number::IOTX_IOCTL_RECV_EVENT_REPLY, Unsupported("IOTX_IOCTL_RECV_EVENT_REPLY")),
        (Number::IOTX_IOCTL_SEND_PROP_SET_REPLY, Unsupported("IOTX_IOCTL_SEND_PROP_SET_REPLY")),
        (Number::IOTX_IOCTL_SET_SUBDEV_SIGN, Unsupported("IOTX_IOCTL_SET_SUBDEV_SIGN")),
        (Number::IOTX_IOCTL_GET_SUBDEV_LOGIN, Unsupported("IOTX_IOCTL_GET_SUBDEV_LOGIN")),
        (Number::IOTX_IOCTL_SET_ENDPOINT, Text(ServerText::Endpoint)),
        (Number::IOTX_IOCTL_QUERY_DEVID, Unsupported("IOTX_IOCTL_QUERY_DEVID")),
        (Number::IOTX_IOCTL_SET_UUID_ENABLED, Int(Setting::SetUuid)),
        (Number::IOTX_IOCTL_SET_BOOTSTRAP_ENABLED, Int(Setting::SetBootstrap)),
    ];
    OPTIONS.iter().find(|(known, _)| *known as c_int == number).map(|(_, option)| *option)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_release_2_3_0() {
        assert_eq!(ioctl(0), Some(Int(Setting::SetRegion)));
        assert_eq!(ioctl(3), Some(Short(Setting::SetMqttPort)));
        assert_eq!(ioctl(7), Some(Int(Setting::GetDynamicRegister)));
        assert_eq!(ioctl(13), Some(Text(ServerText::Endpoint)));
        assert_eq!(ioctl(16), Some(Int(Setting::SetBootstrap)));
        assert_eq!(ioctl(17), None);
        assert_eq!(ioctl(-1), None);
    }
}
