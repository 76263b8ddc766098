//! Which number means which option of `IOT_Ioctl`.

use std::ffi::c_int;

use super::options::iotx_ioctl_option_t as Number;
use crate::capi::release::IoctlOption::{self, Int, Short, Text, Unsupported};
use crate::conninfo::Ioctl;
use crate::site::SiteText;

/// The option with this number, `None` when the release has none.
pub(crate) fn ioctl(number: c_int) -> Option<IoctlOption> {
    const OPTIONS: [(Number, IoctlOption); 17] = [
        (Number::IOTX_IOCTL_SET_REGION, Int(Ioctl::SetRegion)),
        (Number::IOTX_IOCTL_GET_REGION, Int(Ioctl::GetRegion)),
        (Number::IOTX_IOCTL_SET_MQTT_DOMAIN, Text(SiteText::MqttDomain)),
        (Number::IOTX_IOCTL_SET_MQTT_PORT, Short(Ioctl::SetMqttPort)),
        (Number::IOTX_IOCTL_SET_ENV, Short(Ioctl::SetEnvironment)),
        (Number::IOTX_IOCTL_SET_HTTP_DOMAIN, Text(SiteText::HttpDomain)),
        (Number::IOTX_IOCTL_SET_DYNAMIC_REGISTER, Int(Ioctl::SetDynamicRegister)),
        (Number::IOTX_IOCTL_GET_DYNAMIC_REGISTER, Int(Ioctl::GetDynamicRegister)),
        (Number::IOTX_IOCTL_RECV_PROP_REPLY, Unsupported("IOTX_IOCTL_RECV_PROP_REPLY")),
        (Number::IOTX_IOCTL_RECV_EVENT_REPLY, Unsupported("IOTX_IOCTL_RECV_EVENT_REPLY")),
        (Number::IOTX_IOCTL_SEND_PROP_SET_REPLY, Unsupported("IOTX_IOCTL_SEND_PROP_SET_REPLY")),
        (Number::IOTX_IOCTL_SET_SUBDEV_SIGN, Unsupported("IOTX_IOCTL_SET_SUBDEV_SIGN")),
        (Number::IOTX_IOCTL_GET_SUBDEV_LOGIN, Unsupported("IOTX_IOCTL_GET_SUBDEV_LOGIN")),
        (Number::IOTX_IOCTL_SET_ENDPOINT, Text(SiteText::Endpoint)),
        (Number::IOTX_IOCTL_QUERY_DEVID, Unsupported("IOTX_IOCTL_QUERY_DEVID")),
        (Number::IOTX_IOCTL_SET_UUID_ENABLED, Int(Ioctl::SetUuid)),
        (Number::IOTX_IOCTL_SET_BOOTSTRAP_ENABLED, Int(Ioctl::SetBootstrap)),
    ];
    OPTIONS.iter().find(|(known, _)| *known as c_int == number).map(|(_, option)| *option)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_release_2_3_0() {
        assert_eq!(ioctl(0), Some(Int(Ioctl::SetRegion)));
        assert_eq!(ioctl(3), Some(Short(Ioctl::SetMqttPort)));
        assert_eq!(ioctl(7), Some(Int(Ioctl::GetDynamicRegister)));
        assert_eq!(ioctl(13), Some(Text(SiteText::Endpoint)));
        assert_eq!(ioctl(16), Some(Int(Ioctl::SetBootstrap)));
        assert_eq!(ioctl(17), None);
        assert_eq!(ioctl(-1), None);
    }
}
