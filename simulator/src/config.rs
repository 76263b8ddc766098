//! The configuration: which products and devices the cloud knows, and where it listens.
//!
//! The file is TOML; `simulator/example.toml` shows all of it and equals [`Config::default`].

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Trying as _};

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
    /// Where the cloud listens.
    #[serde(default)]
    pub listen: Listen,
    /// The products.
    #[serde(rename = "product")]
    pub products: Vec<Product>,
    /// Where to keep the secrets handed out, so that 6289 survives a restart; `None`: in memory.
    #[serde(skip)]
    pub state: Option<PathBuf>,
}

/// Where the cloud listens. Port 0, the default, takes a free one.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// The authentication service.
    pub https: SocketAddr,
    /// The MQTT broker.
    pub mqtt: SocketAddr,
}

impl Default for Listen {
    fn default() -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Listen { https: free, mqtt: free }
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
}

impl Default for Config {
    /// The product of the Link Kit documentation, with dynamic registration on: `Example_dyn1`
    /// has yet to register, `Example_dev1` has a certificate of its own.
    fn default() -> Self {
        Config {
            listen: Listen::default(),
            products: vec![Product {
                key: "a1ExpAkj9Hi".into(),
                secret: "ffFnFlKQW3HYjjPR".into(),
                dynamic_registration: true,
                any_device: false,
                devices: vec![
                    Device { name: "Example_dyn1".into(), secret: None },
                    Device {
                        name: "Example_dev1".into(),
                        secret: Some("ik0qF60vcdvStygvKOTs3xEUbVj6BbSR".into()),
                    },
                ],
            }],
            state: None,
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

    fn check(&self) -> Result<(), String> {
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
    }
}
