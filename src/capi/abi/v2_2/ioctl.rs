//! Which number means which option of `IOT_Ioctl`.

use std::ffi::c_int;

use super::options::iotx_ioctl_option_t as Number;
use crate::capi::abi::IoctlOption::{self, Int};
use crate::device::Setting;

/// The option with this number, `None` when the release has none.
pub(crate) fn ioctl(number: c_int) -> Option<IoctlOption> {
    const OPTIONS: [(Number, IoctlOption); 4] = [
        (Number::IOTX_IOCTL_SET_DOMAIN, Int(Setting::SetRegion)),
        (Number::IOTX_IOCTL_GET_DOMAIN, Int(Setting::GetRegion)),
        (Number::IOTX_IOCTL_SET_DYNAMIC_REGISTER, Int(Setting::SetDynamicRegister)),
        (Number::IOTX_IOCTL_GET_DYNAMIC_REGISTER, Int(Setting::GetDynamicRegister)),
    ];
    OPTIONS.iter().find(|(known, _)| *known as c_int == number).map(|(_, option)| *option)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_release_2_2_1() {
        assert_eq!(ioctl(0), Some(Int(Setting::SetRegion)));
        assert_eq!(ioctl(3), Some(Int(Setting::GetDynamicRegister)));
        assert_eq!(ioctl(4), None);
        assert_eq!(ioctl(-1), None);
    }
}
