//! The configuration: which products and devices the cloud knows, and where it listens.
//!
//! The file is TOML; `simulator/example.toml` shows all of it and equals [`Config::default`].

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Trying as _};
use crate::mqtt::fault::FaultRule;

/// A device of a product. Displayed as `<product key>.<device name>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceId {
    /// The product key.
    pub product_key: String,
    /// The device name.
    pub device_name: String,
}

impl DeviceId {
    /// Names a device.
    pub fn new(product_key: impl Into<String>, device_name: impl Into<String>) -> Self {
        DeviceId { product_key: product_key.into(), device_name: device_name.into() }
    }

    /// Whether a person means this device: by its whole name, or by its device name.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let whole = name.strip_prefix(&self.product_key).and_then(|rest| rest.strip_prefix('.'));
        name == self.device_name || whole == Some(&self.device_name)
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.product_key, self.device_name)
    }
}

/// Everything that the cloud has to be told. It holds secrets, so it has no `Debug`.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The ports on which every region listens.
    #[serde(default)]
    pub listen: Listen,
    /// The platform's regions; the first is also where its global hosts are.
    #[serde(rename = "region", default = "default_regions")]
    pub regions: Vec<Region>,
    /// How devices that authenticate over HTTPS are sent to a data node.
    #[serde(default)]
    pub activation: Activation,
    /// The products.
    #[serde(rename = "product")]
    pub products: Vec<Product>,
    /// Faults of MQTT connections, in force from the start.
    #[serde(default, rename = "fault")]
    pub faults: Vec<FaultRule>,
    /// What the faults' chances are drawn from; `None`: a new one each time.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The folder in which the secrets handed out, the CA and the ports survive a restart; `None`:
    /// in memory.
    #[serde(skip)]
    pub state: Option<PathBuf>,
    /// Where the control API listens; `None`: there is none.
    #[serde(skip)]
    pub control: Option<SocketAddr>,
}

/// The ports on which every region listens. 0, the default, takes one that is free in all of them.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// The authentication service.
    pub https: u16,
    /// The MQTT broker, over TLS.
    pub mqtt: u16,
    /// The MQTT broker, over plain TCP.
    pub mqtt_tcp: u16,
}

/// A region of the platform, on a loopback address of its own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Its name, as host names have it: `ap-southeast-1`.
    pub name: String,
    /// Where it listens.
    pub address: Ipv4Addr,
}

impl Region {
    /// The host name of a product's MQTT broker in this region.
    pub fn mqtt_host(&self, product_key: &str) -> String {
        format!("{product_key}.iot-as-mqtt.{}.aliyuncs.com", self.name)
    }
}

/// The platform's five regions, on 127.0.0.1 to 127.0.0.5.
fn default_regions() -> Vec<Region> {
    ["cn-shanghai", "ap-southeast-1", "ap-northeast-1", "us-west-1", "eu-central-1"]
        .into_iter()
        .zip(1..)
        .map(|(name, last)| Region { name: name.into(), address: Ipv4Addr::new(127, 0, 0, last) })
        .collect()
}

/// How devices that authenticate over HTTPS are sent to a data node.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Activation {
    /// How long a token is valid, in seconds.
    pub token_lifetime_s: u64,
    /// The region of the data node for devices of a country. Others stay in the region that they
    /// asked.
    pub nodes: BTreeMap<String, String>,
}

impl Activation {
    /// How long a token is valid.
    pub fn token_lifetime(&self) -> Duration {
        Duration::from_secs(self.token_lifetime_s)
    }
}

impl Default for Activation {
    fn default() -> Self {
        Activation { token_lifetime_s: 7 * 24 * 60 * 60, nodes: BTreeMap::new() }
    }
}

/// A product.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The product key.
    pub key: String,
    /// The product secret, which signs dynamic registrations.
    pub secret: String,
    /// The console's "dynamic registration" switch.
    #[serde(default)]
    pub dynamic_registration: bool,
    /// Whether devices that nobody created beforehand may register.
    #[serde(default)]
    pub any_device: bool,
    /// Refuse whatever its devices ask for, with this code of the platform.
    #[serde(default)]
    pub refuse: Option<u32>,
    /// The devices created beforehand.
    #[serde(default, rename = "device")]
    pub devices: Vec<Device>,
}

/// A device that was created beforehand.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// The device name.
    pub name: String,
    /// The secret of a device with a certificate of its own; `None`: it has yet to register.
    #[serde(default)]
    pub secret: Option<String>,
    /// Where the device is, as the platform would tell from its address.
    #[serde(default)]
    pub country: Option<String>,
    /// Refuse whatever it asks for, with this code of the platform; 6204 is a disabled device.
    #[serde(default)]
    pub refuse: Option<u32>,
}

impl Device {
    /// A device that has yet to register.
    pub fn new(name: impl Into<String>) -> Self {
        Device { name: name.into(), secret: None, country: None, refuse: None }
    }
}

impl Default for Config {
    /// The product of the Link Kit documentation, with dynamic registration on: `Example_dyn1`
    /// has yet to register and is in the United States, `Example_dev1` has a certificate of its own.
    fn default() -> Self {
        let nodes = [("US", "us-west-1"), ("DE", "eu-central-1"), ("JP", "ap-northeast-1")];
        Config {
            listen: Listen::default(),
            regions: default_regions(),
            activation: Activation {
                nodes: nodes.map(|(country, node)| (country.into(), node.into())).into(),
                ..Activation::default()
            },
            products: vec![Product {
                key: "a1ExpAkj9Hi".into(),
                secret: "ffFnFlKQW3HYjjPR".into(),
                dynamic_registration: true,
                any_device: false,
                refuse: None,
                devices: vec![
                    Device { country: Some("US".into()), ..Device::new("Example_dyn1") },
                    Device {
                        secret: Some("ik0qF60vcdvStygvKOTs3xEUbVj6BbSR".into()),
                        ..Device::new("Example_dev1")
                    },
                ],
            }],
            faults: Vec::new(),
            seed: None,
            state: None,
            control: None,
        }
    }
}

impl Config {
    /// Reads a configuration file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path)
            .trying(|| format!("read the configuration {}", path.display()))?;
        Self::parse(&text).map_err(|why| Error::Content { file: path.display().to_string(), why })
    }

    /// Reads a configuration from its text; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Config = toml::from_str(text).map_err(|e| e.to_string())?;
        config.check()?;
        Ok(config)
    }

    /// Adds the faults of a file that has `[[fault]]` tables alone.
    pub fn add_faults(&mut self, path: &Path) -> Result<(), Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Faults {
            #[serde(rename = "fault")]
            faults: Vec<FaultRule>,
        }
        let wrong = |why| Error::Content { file: path.display().to_string(), why };
        let text =
            fs::read_to_string(path).trying(|| format!("read the faults {}", path.display()))?;
        let Faults { faults } = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        faults.iter().try_for_each(FaultRule::check).map_err(wrong)?;
        self.faults.extend(faults);
        Ok(())
    }

    /// Every secret in it: those of products, and of devices that do not register.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.products.iter().flat_map(|product| {
            let of_devices = product.devices.iter().filter_map(|device| device.secret.as_deref());
            of_devices.chain([product.secret.as_str()])
        })
    }

    fn check(&self) -> Result<(), String> {
        self.check_regions()?;
        self.faults.iter().try_for_each(FaultRule::check)?;
        let mut seen = HashSet::new();
        for product in &self.products {
            check_name("product key", &product.key, 20)?;
            check_name("product secret", &product.secret, 64)?;
            if !seen.insert((product.key.as_str(), "")) {
                return Err(format!("product {} is there twice", product.key));
            }
            for device in &product.devices {
                check_name("device name", &device.name, 32)?;
                if let Some(secret) = &device.secret {
                    check_name("device secret", secret, 64)?;
                }
                if !seen.insert((&product.key, &device.name)) {
                    return Err(format!(
                        "device {} of product {} is there twice",
                        device.name, product.key
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Config {
    fn check_regions(&self) -> Result<(), String> {
        let mut seen = HashSet::new();
        for Region { name, address } in &self.regions {
            check_name("region's name", name, 63)?;
            if !address.is_loopback() {
                return Err(format!("region {name}: {address} is not a loopback address"));
            }
            if !seen.insert(name.clone()) || !seen.insert(address.to_string()) {
                return Err(format!("region {name}: its name or its address is there twice"));
            }
        }
        if self.regions.is_empty() {
            return Err("there is no region".into());
        }
        match self.activation.nodes.iter().find(|(_, node)| !seen.contains(*node)) {
            Some((country, node)) => Err(format!("country {country}: there is no region {node}")),
            None => Ok(()),
        }
    }

    /// The region with this name.
    pub(crate) fn region(&self, name: &str) -> Option<&Region> {
        self.regions.iter().find(|region| region.name == name)
    }

    /// The region of the data node of a device that asked in region `asked`.
    pub(crate) fn node(&self, device: &DeviceId, asked: &str) -> Option<&Region> {
        let country = self.device(device).and_then(|device| device.country.as_ref());
        let node = country.and_then(|country| self.activation.nodes.get(country));
        self.region(node.map_or(asked, String::as_str))
    }

    /// The product with this key.
    pub(crate) fn product(&self, key: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.key == key)
    }

    /// The device, if it was created beforehand.
    pub(crate) fn device(&self, id: &DeviceId) -> Option<&Device> {
        let product = self.product(&id.product_key)?;
        product.devices.iter().find(|device| device.name == id.device_name)
    }

    /// The code with which everything that the device asks for is refused.
    pub(crate) fn refusal(&self, id: &DeviceId) -> Option<u32> {
        let of_product = self.product(&id.product_key).and_then(|product| product.refuse);
        of_product.or_else(|| self.device(id).and_then(|device| device.refuse))
    }
}

/// The platform's limits. The message never holds the text: it may be a secret.
fn check_name(what: &str, text: &str, max: usize) -> Result<(), String> {
    match text.len() {
        0 => Err(format!("a {what} is empty")),
        len if len > max => Err(format!("a {what} has {len} bytes; {max} are allowed")),
        _ if !text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(format!("a {what} holds characters other than printable ASCII"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_file_says_what_is_built_in() {
        let example = Config::parse(include_str!("../example.toml")).unwrap();
        assert!(example == Config::default());
    }

    #[test]
    fn mistakes_are_named() {
        let why = |text: &str| Config::parse(text).err().unwrap();
        assert!(why("[[product]]\nkey='p'\nsecret='s'\ncolour='red'").contains("colour"));
        assert_eq!(
            why("[[product]]\nkey='p'\nsecret='s'\n[[product]]\nkey='p'\nsecret='t'"),
            "product p is there twice"
        );
        let twice = "[[product.device]]\nname='d'\n";
        assert_eq!(
            why(&format!("[[product]]\nkey='p'\nsecret='s'\n{twice}{twice}")),
            "device d of product p is there twice"
        );
        assert_eq!(why("[[product]]\nkey=''\nsecret='s'"), "a product key is empty");
        let long = "k".repeat(21);
        assert_eq!(
            why(&format!("[[product]]\nkey='{long}'\nsecret='s'")),
            "a product key has 21 bytes; 20 are allowed"
        );
        let product = "[[product]]\nkey='p'\nsecret='s'\n";
        let region =
            |address: &str| format!("[[region]]\nname='r'\naddress='{address}'\n{product}");
        assert_eq!(why(&region("10.0.0.1")), "region r: 10.0.0.1 is not a loopback address");
        assert_eq!(
            why(&format!("[activation]\nnodes={{US='mars'}}\n{product}")),
            "country US: there is no region mars"
        );
        assert_eq!(why(&format!("region=[]\n{product}")), "there is no region");
    }
}
