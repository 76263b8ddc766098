//! Where the platform is for this device: a region, or what the firmware names in its place.

#![forbid(unsafe_code)]

use crate::base::error::Error;
use crate::base::identity::{Identity, printable};
use crate::cloud::region::Region;

/// The number that stands for the firmware's own domains where the others are regions.
const CUSTOM: i32 = 5;
/// The longest domain, in bytes without the NUL.
pub const DOMAIN_LEN: usize = 59;
/// The longest host name, in bytes without the NUL.
pub const HOST_LEN: usize = 128;

/// A text that the firmware names a server by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerText {
    /// What follows the product key in the MQTT server's host name.
    MqttDomain,
    /// The host that registers and authenticates devices over HTTPS.
    HttpDomain,
    /// The MQTT server's whole host name, which counts before everything else.
    Endpoint,
}

/// Where an MQTT server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttServer {
    /// Its host name.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// The servers that a device talks to.
#[derive(Clone, Debug)]
pub(crate) struct Servers {
    /// `None`: the firmware's own domains.
    region: Option<Region>,
    mqtt_domain: String,
    http_domain: String,
    endpoint: String,
    mqtt_port: u16,
    /// Whether the MQTT host is the domain alone.
    without_product: bool,
}

impl Servers {
    /// Shanghai.
    pub(crate) const fn new() -> Self {
        Servers {
            region: Some(Region::Shanghai),
            mqtt_domain: String::new(),
            http_domain: String::new(),
            endpoint: String::new(),
            mqtt_port: 0,
            without_product: false,
        }
    }

    /// Moves to the region with this number.
    pub(crate) fn set_region(&mut self, number: i32, custom_domains: bool) -> Result<(), Error> {
        self.region = match Region::from_number(number) {
            None if number == CUSTOM && custom_domains => None,
            None => return Err(Error::InvalidArgument(format!("there is no region {number}"))),
            region => region,
        };
        Ok(())
    }

    /// The region's number.
    pub(crate) fn region_number(&self) -> i32 {
        self.region.map_or(CUSTOM, Region::number)
    }

    /// Names a server. A domain takes the place of the region.
    pub(crate) fn set_text(&mut self, what: ServerText, text: &str) -> Result<(), Error> {
        let (field, name, max) = match what {
            ServerText::MqttDomain => (&mut self.mqtt_domain, "MQTT domain", DOMAIN_LEN),
            ServerText::HttpDomain => (&mut self.http_domain, "HTTP domain", DOMAIN_LEN),
            ServerText::Endpoint => (&mut self.endpoint, "endpoint", HOST_LEN),
        };
        printable(name, text, max)?.clone_into(field);
        if what != ServerText::Endpoint {
            self.region = None;
        }
        Ok(())
    }

    /// Sets the MQTT server's port; 0 means the release's own.
    pub(crate) fn set_mqtt_port(&mut self, port: u16) {
        self.mqtt_port = port;
    }

    /// Sets whether the MQTT host is the domain alone, without the product key and whatever the
    /// endpoint: so it is in the vendor's test environments.
    pub(crate) fn set_without_product(&mut self, without_product: bool) {
        self.without_product = without_product;
    }

    /// Whether the MQTT host is the domain alone.
    pub(crate) fn is_without_product(&self) -> bool {
        self.without_product
    }

    /// The host that registers and authenticates devices over HTTPS.
    pub(crate) fn https_host(&self) -> Result<String, Error> {
        match self.region {
            Some(region) => Ok(region.https_host()),
            None => named("HTTP domain", &self.http_domain).map(str::to_owned),
        }
    }

    /// The MQTT host of the device's product.
    pub(crate) fn mqtt_host(&self, identity: &Identity) -> Result<String, Error> {
        if !self.endpoint.is_empty() && !self.without_product {
            return Ok(self.endpoint.clone());
        }
        let domain = match self.region {
            Some(region) => region.mqtt_domain(),
            None => named("MQTT domain", &self.mqtt_domain)?.to_owned(),
        };
        Ok(if self.without_product {
            domain
        } else {
            format!("{}.{domain}", identity.product_key())
        })
    }

    /// The MQTT server's port, where the release has `default`.
    pub(crate) fn mqtt_port(&self, default: u16) -> u16 {
        if self.mqtt_port == 0 { default } else { self.mqtt_port }
    }
}

fn named<'a>(what: &str, text: &'a str) -> Result<&'a str, Error> {
    if text.is_empty() {
        return Err(Error::InvalidArgument(format!("the region is custom and no {what} is set")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity::new("a1ExpAkj9Hi", "d").unwrap()
    }

    #[test]
    fn a_domain_takes_the_place_of_the_region() {
        let mut servers = Servers::new();
        servers.set_text(ServerText::MqttDomain, "mqtt.example").unwrap();
        assert_eq!(servers.region_number(), CUSTOM);
        assert_eq!(servers.mqtt_host(&identity()).unwrap(), "a1ExpAkj9Hi.mqtt.example");
        assert!(servers.https_host().is_err());
        servers.set_text(ServerText::HttpDomain, "auth.example").unwrap();
        assert_eq!(servers.https_host().unwrap(), "auth.example");
        servers.set_region(1, true).unwrap();
        assert_eq!(servers.https_host().unwrap(), "iot-auth.ap-southeast-1.aliyuncs.com");
    }

    #[test]
    fn an_endpoint_is_the_whole_host_and_leaves_the_region() {
        let mut servers = Servers::new();
        servers.set_text(ServerText::Endpoint, "broker.example").unwrap();
        assert_eq!(servers.mqtt_host(&identity()).unwrap(), "broker.example");
        assert_eq!(servers.region_number(), 0);
    }

    #[test]
    fn a_test_environment_has_no_product_key_in_its_host() {
        let mut servers = Servers::new();
        servers.set_without_product(true);
        assert_eq!(servers.mqtt_host(&identity()).unwrap(), "iot-as-mqtt.cn-shanghai.aliyuncs.com");
        servers.set_text(ServerText::MqttDomain, "mqtt.example").unwrap();
        servers.set_text(ServerText::Endpoint, "broker.example").unwrap();
        assert_eq!(servers.mqtt_host(&identity()).unwrap(), "mqtt.example");
        servers.set_without_product(false);
        assert_eq!(servers.mqtt_host(&identity()).unwrap(), "broker.example");
    }

    #[test]
    fn limits_are_inclusive_and_a_bad_value_changes_nothing() {
        let mut servers = Servers::new();
        servers.set_text(ServerText::MqttDomain, &"d".repeat(59)).unwrap();
        servers.set_region(0, true).unwrap();
        for bad in ["", "a b", &"d".repeat(60)] {
            assert!(servers.set_text(ServerText::MqttDomain, bad).is_err(), "{bad}");
            assert_eq!(servers.region_number(), 0);
        }
        assert!(servers.set_text(ServerText::Endpoint, &"e".repeat(129)).is_err());
        assert!(servers.set_region(CUSTOM, false).is_err());
        assert!(servers.set_region(CUSTOM + 1, true).is_err());
    }

    #[test]
    fn the_port_is_the_releases_until_it_is_set() {
        let mut servers = Servers::new();
        assert_eq!(servers.mqtt_port(443), 443);
        servers.set_mqtt_port(1883);
        assert_eq!(servers.mqtt_port(443), 1883);
    }
}
