//! Who is registered: the secrets that the cloud handed out, kept in a JSON file when asked, and
//! the tokens of the devices that authenticated over HTTPS, which are not kept.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::config::{Config, DeviceId, Region};
use crate::error::{Error, Trying as _};

const SECRET_LEN: usize = 32;
/// The name of the file of secrets in the state folder.
const DEVICES: &str = "devices.json";
/// The platform's code for a device that was disabled in the console.
const DISABLED: u32 = 6204;

/// The configuration, the secret of each device that has one, and the tokens.
pub(crate) struct Registry {
    pub(crate) config: Config,
    /// Where the secrets handed out are kept.
    state: Option<PathBuf>,
    handed_out: Mutex<BTreeMap<DeviceId, String>>,
    /// By the platform's number of the device, the `iotId`.
    tokens: Mutex<BTreeMap<String, Token>>,
    /// The regions of the data nodes that devices were moved to, whatever their country.
    moved: Mutex<BTreeMap<DeviceId, String>>,
    /// The devices that were disabled while the cloud runs.
    disabled: Mutex<BTreeSet<DeviceId>>,
}

/// What a device got when it authenticated over HTTPS.
struct Token {
    device: DeviceId,
    token: String,
    /// The region of the data node that it is for.
    node: String,
    /// `None`: void.
    since: Option<Instant>,
}

/// The user name and password that a device gets when it authenticates over HTTPS.
pub(crate) struct Granted {
    pub(crate) iot_id: String,
    pub(crate) iot_token: String,
}

/// Where a device stands, as the console shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It was created and has no secret yet.
    Unregistered,
    /// It registered and was given its secret.
    Registered,
    /// Its secret is in the configuration.
    Burned,
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
        let state = config.state.as_ref().map(|folder| folder.join(DEVICES));
        let handed_out = match &state {
            Some(path) => load(path)?,
            None => BTreeMap::new(),
        };
        Ok(Registry {
            state,
            config: config.clone(),
            handed_out: Mutex::new(handed_out),
            tokens: Mutex::default(),
            moved: Mutex::default(),
            disabled: Mutex::default(),
        })
    }

    /// The secret of a device: its own certificate's, or the one handed out.
    pub(crate) fn secret(&self, id: &DeviceId) -> Option<String> {
        self.configured_secret(id).or_else(|| lock(&self.handed_out).get(id).cloned())
    }

    /// Makes the secret of a device and keeps it, once in the device's life.
    pub(crate) fn hand_out(&self, id: &DeviceId) -> Result<String, NoSecret> {
        let mut handed_out = lock(&self.handed_out);
        if self.configured_secret(id).is_some() || handed_out.contains_key(id) {
            return Err(NoSecret::AlreadyActive);
        }
        let secret =
            random_text().trying(|| "get random numbers".into()).map_err(NoSecret::NotKept)?;
        handed_out.insert(id.clone(), secret.clone());
        if let Some(path) = &self.state
            && let Err(error) = save(path, &handed_out)
        {
            handed_out.remove(id);
            return Err(NoSecret::NotKept(error));
        }
        Ok(secret)
    }

    /// Makes a device registrable again. Its token is void from now on.
    ///
    /// Returns whether there was a secret to forget.
    pub(crate) fn reset(&self, id: &DeviceId) -> Result<bool, Error> {
        let mut handed_out = lock(&self.handed_out);
        let Some(secret) = handed_out.remove(id) else { return Ok(false) };
        if let Some(path) = &self.state
            && let Err(error) = save(path, &handed_out)
        {
            handed_out.insert(id.clone(), secret);
            return Err(error);
        }
        lock(&self.tokens).retain(|_, token| token.device != *id);
        Ok(true)
    }

    /// Every device that was created or has registered.
    pub(crate) fn devices(&self) -> BTreeMap<DeviceId, Standing> {
        let mut devices: BTreeMap<_, _> = self
            .config
            .products
            .iter()
            .flat_map(|product| product.devices.iter().map(move |device| (product, device)))
            .map(|(product, device)| {
                let standing =
                    device.secret.as_ref().map_or(Standing::Unregistered, |_| Standing::Burned);
                (DeviceId::new(&product.key, &device.name), standing)
            })
            .collect();
        let handed_out = lock(&self.handed_out);
        devices.extend(handed_out.keys().map(|id| (id.clone(), Standing::Registered)));
        devices
    }

    /// Refuses everything that a device asks for, or ends that.
    pub(crate) fn set_disabled(&self, id: &DeviceId, disabled: bool) {
        let mut all = lock(&self.disabled);
        if disabled {
            all.insert(id.clone());
        } else {
            all.remove(id);
        }
    }

    /// The code with which everything that the device asks for is refused.
    pub(crate) fn refusal(&self, id: &DeviceId) -> Option<u32> {
        let disabled = lock(&self.disabled).contains(id);
        disabled.then_some(DISABLED).or_else(|| self.config.refusal(id))
    }

    /// Sends a device to this region from its next authentication on.
    pub(crate) fn move_to(&self, id: DeviceId, region: &Region) {
        lock(&self.moved).insert(id, region.name.clone());
    }

    /// The region of the data node of a device that asked in region `asked`.
    pub(crate) fn node(&self, id: &DeviceId, asked: &str) -> Option<&Region> {
        match lock(&self.moved).get(id) {
            Some(region) => self.config.region(region),
            None => self.config.node(id, asked),
        }
    }

    /// Gives a device a new token for the data node in this region; the old one is void.
    pub(crate) fn grant(&self, id: &DeviceId, node: &str) -> Result<Granted, Error> {
        let random = || random_text().trying(|| "get random numbers".into());
        let mut tokens = lock(&self.tokens);
        let known = tokens.iter().find(|(_, token)| token.device == *id);
        let iot_id = match known {
            Some((iot_id, _)) => iot_id.clone(),
            None => random()?,
        };
        let iot_token = random()?;
        let token = Token {
            device: id.clone(),
            token: iot_token.clone(),
            node: node.into(),
            since: Some(Instant::now()),
        };
        tokens.insert(iot_id.clone(), token);
        Ok(Granted { iot_id, iot_token })
    }

    /// The device that has this number.
    pub(crate) fn device_with(&self, iot_id: &str) -> Option<DeviceId> {
        lock(&self.tokens).get(iot_id).map(|token| token.device.clone())
    }

    /// The device that proves itself by a token at the data node in this region, or why not.
    pub(crate) fn redeem(&self, granted: &Granted, node: &str) -> Result<DeviceId, String> {
        let tokens = lock(&self.tokens);
        let token = tokens.get(&granted.iot_id).ok_or("no device has this iotId")?;
        let lifetime = self.config.activation.token_lifetime();
        if token.token != granted.iot_token {
            Err("the token is not the device's newest".into())
        } else if token.since.is_none_or(|since| since.elapsed() >= lifetime) {
            Err("the token has expired".into())
        } else if token.node != node {
            Err(format!("the device was sent to {}, and this is {node}", token.node))
        } else {
            Ok(token.device.clone())
        }
    }

    /// Makes every token void.
    pub(crate) fn expire_tokens(&self) {
        lock(&self.tokens).values_mut().for_each(|token| token.since = None);
    }

    fn configured_secret(&self, id: &DeviceId) -> Option<String> {
        self.config.device(id)?.secret.clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

fn save(path: &Path, secrets: &BTreeMap<DeviceId, String>) -> Result<(), Error> {
    let kept: Vec<Kept> = secrets
        .iter()
        .map(|(id, secret)| Kept {
            product_key: id.product_key.clone(),
            device_name: id.device_name.clone(),
            device_secret: secret.clone(),
        })
        .collect();
    let mut text = serde_json::to_vec_pretty(&kept)
        .map_err(io::Error::other)
        .trying(|| format!("write the state {}", path.display()))?;
    text.push(b'\n');
    replace(path, &text)
}

/// Replaces a file of the state as a whole, for its owner alone to read: a crash leaves the old one
/// or the new one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let replace = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        File::open(folder)?.sync_all()
    };
    replace().trying(|| format!("write the state {}", path.display()))
}

/// 32 letters and digits, each as likely as any other.
fn random_text() -> io::Result<String> {
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
        let config = Config { state: Some(folder.path().into()), ..Config::default() };
        let secret = Registry::open(&config).unwrap().hand_out(&device()).unwrap();
        assert_eq!(secret.len(), SECRET_LEN);

        let restarted = Registry::open(&config).unwrap();
        assert_eq!(restarted.secret(&device()), Some(secret));
        assert!(matches!(restarted.hand_out(&device()), Err(NoSecret::AlreadyActive)));
    }

    #[test]
    fn a_secret_that_cannot_be_kept_is_not_handed_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing");
        let registry = Registry::open(&Config { state: Some(path), ..Config::default() }).unwrap();
        assert!(matches!(registry.hand_out(&device()), Err(NoSecret::NotKept(_))));
        assert_eq!(registry.secret(&device()), None);
    }

    #[test]
    fn a_damaged_state_file_is_an_error_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(DEVICES);
        fs::write(&path, "[{").unwrap();
        let config = Config { state: Some(folder.path().into()), ..Config::default() };
        assert!(matches!(Registry::open(&config), Err(Error::Content { .. })));
        assert_eq!(fs::read_to_string(path).unwrap(), "[{");
    }

    #[test]
    fn secrets_differ() {
        assert_ne!(random_text().unwrap(), random_text().unwrap());
    }

    #[test]
    fn a_reset_device_registers_again_even_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { state: Some(folder.path().into()), ..Config::default() };
        let registry = Registry::open(&config).unwrap();
        assert!(!registry.reset(&device()).unwrap());
        let first = registry.hand_out(&device()).unwrap();
        assert_eq!(registry.devices()[&device()], Standing::Registered);
        assert!(registry.reset(&device()).unwrap());
        let registry = Registry::open(&config).unwrap();
        assert_eq!(registry.devices()[&device()], Standing::Unregistered);
        assert_ne!(registry.hand_out(&device()).unwrap(), first);
    }

    #[test]
    fn a_token_is_for_one_node_until_it_expires_or_is_replaced() {
        let registry = Registry::open(&Config::default()).unwrap();
        let old = registry.grant(&device(), "us-west-1").unwrap();
        let new = registry.grant(&device(), "us-west-1").unwrap();
        assert_eq!(old.iot_id, new.iot_id);
        assert_eq!(registry.redeem(&new, "us-west-1"), Ok(device()));
        assert!(registry.redeem(&new, "eu-central-1").unwrap_err().contains("us-west-1"));
        assert!(registry.redeem(&old, "us-west-1").unwrap_err().contains("newest"));
        registry.expire_tokens();
        assert!(registry.redeem(&new, "us-west-1").unwrap_err().contains("expired"));
        let mut config = Config::default();
        config.activation.token_lifetime_s = 0;
        let registry = Registry::open(&config).unwrap();
        let token = registry.grant(&device(), "us-west-1").unwrap();
        assert!(registry.redeem(&token, "us-west-1").unwrap_err().contains("expired"));
    }
}
