//! The platform's regions and the host names that belong to them.

#![forbid(unsafe_code)]

/// Where the device's instance of the platform is, by the numbers of the C interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Region {
    /// China (Shanghai), the default.
    #[default]
    Shanghai = 0,
    /// Singapore, which is also the Living Platform's activation centre for devices abroad.
    Singapore = 1,
    /// Japan (Tokyo).
    Japan = 2,
    /// US (Silicon Valley).
    UsWest = 3,
    /// Germany (Frankfurt).
    Germany = 4,
}

impl Region {
    /// Every region, in the order of their numbers.
    pub const ALL: [Region; 5] =
        [Region::Shanghai, Region::Singapore, Region::Japan, Region::UsWest, Region::Germany];

    /// The region with this number, `None` when there is none.
    pub fn from_number(number: i32) -> Option<Self> {
        usize::try_from(number).ok().and_then(|index| Self::ALL.get(index).copied())
    }

    /// The region's number in the C interface.
    pub fn number(self) -> i32 {
        self as i32
    }

    fn suffix(self) -> &'static str {
        match self {
            Region::Shanghai => "cn-shanghai.aliyuncs.com",
            Region::Singapore => "ap-southeast-1.aliyuncs.com",
            Region::Japan => "ap-northeast-1.aliyuncs.com",
            Region::UsWest => "us-west-1.aliyuncs.com",
            Region::Germany => "eu-central-1.aliyuncs.com",
        }
    }

    /// The host that registers and authenticates devices over HTTPS.
    pub fn https_host(self) -> String {
        format!("iot-auth.{}", self.suffix())
    }

    /// What follows the product key in the MQTT host.
    pub fn mqtt_domain(self) -> String {
        format!("iot-as-mqtt.{}", self.suffix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_hosts_are_those_of_the_c_sdk() {
        assert_eq!(Region::from_number(0), Some(Region::Shanghai));
        assert_eq!(Region::from_number(4), Some(Region::Germany));
        assert_eq!(Region::from_number(5), None);
        assert_eq!(Region::from_number(-1), None);
        for region in Region::ALL {
            assert_eq!(Region::from_number(region.number()), Some(region));
        }
        assert_eq!(Region::Singapore.https_host(), "iot-auth.ap-southeast-1.aliyuncs.com");
        assert_eq!(Region::Shanghai.mqtt_domain(), "iot-as-mqtt.cn-shanghai.aliyuncs.com");
    }
}
