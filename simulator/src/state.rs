//! Who is registered: the secrets that the cloud handed out, kept in a JSON file when asked.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::config::{Config, DeviceId, Product};
use crate::error::{Error, Trying as _};

const SECRET_LEN: usize = 32;

/// The products, and the secret of each device that has one.
pub(crate) struct Registry {
    products: Vec<Product>,
    file: Option<PathBuf>,
    handed_out: Mutex<BTreeMap<DeviceId, String>>,
}

/// Why a secret was not handed out.
#[derive(Debug)]
pub(crate) enum NoSecret {
    /// The device has one already.
    AlreadyActive,
    /// The secret could not be kept, so it does not exist.
    NotKept(Error),
}

/// One line of the state file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kept {
    product_key: String,
    device_name: String,
    device_secret: String,
}

impl Registry {
    /// Starts with what the configuration says and the state file remembers.
    pub(crate) fn open(config: &Config) -> Result<Self, Error> {
        let handed_out = match &config.state {
            Some(path) => load(path)?,
            None => BTreeMap::new(),
        };
        Ok(Registry {
            products: config.products.clone(),
            file: config.state.clone(),
            handed_out: Mutex::new(handed_out),
        })
    }

    pub(crate) fn product(&self, key: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.key == key)
    }

    /// The secret of a device: its own certificate's, or the one handed out.
    pub(crate) fn secret(&self, id: &DeviceId) -> Option<String> {
        self.configured_secret(id).or_else(|| self.lock().get(id).cloned())
    }

    /// Makes the secret of a device and keeps it, once in the device's life.
    pub(crate) fn hand_out(&self, id: &DeviceId) -> Result<String, NoSecret> {
        let mut handed_out = self.lock();
        if self.configured_secret(id).is_some() || handed_out.contains_key(id) {
            return Err(NoSecret::AlreadyActive);
        }
        let secret =
            random_secret().trying(|| "get random numbers".into()).map_err(NoSecret::NotKept)?;
        handed_out.insert(id.clone(), secret.clone());
        if let Some(path) = &self.file
            && let Err(error) = save(path, &handed_out)
        {
            handed_out.remove(id);
            return Err(NoSecret::NotKept(error));
        }
        Ok(secret)
    }

    fn configured_secret(&self, id: &DeviceId) -> Option<String> {
        let product = self.product(&id.product_key)?;
        product.devices.iter().find(|device| device.name == id.device_name)?.secret.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<DeviceId, String>> {
        self.handed_out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn load(path: &Path) -> Result<BTreeMap<DeviceId, String>, Error> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(source) => {
            return Err(Error::Io { what: format!("read the state {}", path.display()), source });
        }
    };
    let kept: Vec<Kept> = serde_json::from_slice(&text)
        .map_err(|e| Error::Content { file: path.display().to_string(), why: e.to_string() })?;
    Ok(kept
        .into_iter()
        .map(|kept| (DeviceId::new(kept.product_key, kept.device_name), kept.device_secret))
        .collect())
}

/// Replaces the file as a whole: a crash leaves the old one or the new one.
fn save(path: &Path, secrets: &BTreeMap<DeviceId, String>) -> Result<(), Error> {
    let kept: Vec<Kept> = secrets
        .iter()
        .map(|(id, secret)| Kept {
            product_key: id.product_key.clone(),
            device_name: id.device_name.clone(),
            device_secret: secret.clone(),
        })
        .collect();
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let replace = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, &kept)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        File::open(folder)?.sync_all()
    };
    replace().trying(|| format!("write the state {}", path.display()))
}

/// 32 letters and digits, each as likely as any other.
fn random_secret() -> io::Result<String> {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut secret = String::with_capacity(SECRET_LEN);
    let mut bytes = [0; SECRET_LEN];
    while secret.len() < SECRET_LEN {
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        // Six bits a byte; the two values past the alphabet are thrown away, not folded back.
        let letters = bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 0x3f)));
        secret.extend(letters.map(|&letter| char::from(letter)).take(SECRET_LEN - secret.len()));
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> DeviceId {
        DeviceId::new("a1ExpAkj9Hi", "Example_dyn1")
    }

    #[test]
    fn a_secret_is_handed_out_once_even_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { state: Some(folder.path().join("state.json")), ..Config::default() };
        let secret = Registry::open(&config).unwrap().hand_out(&device()).unwrap();
        assert_eq!(secret.len(), SECRET_LEN);

        let restarted = Registry::open(&config).unwrap();
        assert_eq!(restarted.secret(&device()), Some(secret));
        assert!(matches!(restarted.hand_out(&device()), Err(NoSecret::AlreadyActive)));
    }

    #[test]
    fn a_secret_that_cannot_be_kept_is_not_handed_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("state.json");
        let registry = Registry::open(&Config { state: Some(path), ..Config::default() }).unwrap();
        assert!(matches!(registry.hand_out(&device()), Err(NoSecret::NotKept(_))));
        assert_eq!(registry.secret(&device()), None);
    }

    #[test]
    fn a_damaged_state_file_is_an_error_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        fs::write(&path, "[{").unwrap();
        let config = Config { state: Some(path.clone()), ..Config::default() };
        assert!(matches!(Registry::open(&config), Err(Error::Content { .. })));
        assert_eq!(fs::read_to_string(path).unwrap(), "[{");
    }

    #[test]
    fn secrets_differ() {
        assert_ne!(random_secret().unwrap(), random_secret().unwrap());
    }
}
