//! Where the secret of a device that registered itself is kept: in the firmware's key-value store,
//! and in memory until that takes it.
//!
//! Release 2.x stores the secret under one key, whatever device it is. So an entry beside it says
//! whose it is: the device and a tag that only this device with this secret has. An entry whose
//! tag does not fit was written for an earlier secret and says nothing, as none does: release 2.x
//! wrote none, and a power cut may come between the two. Then the secret is taken for this device's.
//!
//! A store of the firmware's own never gets the entry: the C SDK stores one value, so a port may
//! have one place, whatever the key, and the entry would take the secret's.

#![forbid(unsafe_code)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::hal::{Hal, KvFailure};
use crate::identity::{DEVICE_NAME_LEN, DEVICE_SECRET_LEN, Identity, PRODUCT_KEY_LEN, Secret};
use crate::sign;
use crate::sync::lock;

const TARGET: &str = "IOT_SetupConnInfo";

/// The key under which releases 2.x store the device secret, whatever device it is.
pub const DEVICE_SECRET_KEY: &str = "DyncRegDeviceSecret";
/// Releases 3.x put the device name behind it.
const DEVICE_KEY_PREFIX: &str = "DYNAMIC_REG_";
const OWNER_SUFFIX: &str = ".owner";
/// `<product key>.<device name> <tag>`, in bytes.
const OWNER_LEN: usize = PRODUCT_KEY_LEN + 1 + DEVICE_NAME_LEN + 1 + sign::OWNER_TAG_LEN;

/// The time between two attempts to store a secret that could not be stored.
const SAVE_PAUSE: Duration = Duration::from_secs(60);

/// Device secrets, stored or still to be stored. Every method may be called from any thread.
#[derive(Debug, Default)]
pub struct SecretStore {
    /// Secrets that the cloud has handed out and the store has not taken.
    unsaved: Mutex<Vec<Unsaved>>,
    /// Whether there are any; read on every yield, without the lock.
    has_unsaved: AtomicBool,
}

#[derive(Clone, Debug)]
struct Unsaved {
    identity: Identity,
    secret: Secret,
    tried: Instant,
}

impl SecretStore {
    /// One with nothing left to be stored.
    pub const fn new() -> Self {
        SecretStore { unsaved: Mutex::new(Vec::new()), has_unsaved: AtomicBool::new(false) }
    }

    /// The secret of this device that the store has not taken yet.
    pub fn unsaved(&self, identity: &Identity) -> Option<Secret> {
        let unsaved = lock(&self.unsaved);
        let of_device = unsaved.iter().find(|unsaved| unsaved.identity == *identity);
        of_device.map(|unsaved| unsaved.secret.clone())
    }

    /// Stores the secret, or remembers that it still has to be stored.
    pub fn save(&self, hal: &dyn Hal, identity: &Identity, secret: &Secret) {
        let stored = store(hal, identity, secret);
        if let Err(failure) = &stored {
            log::error!(
                target: TARGET,
                "Save Device Secret to KV Failed: HAL_Kv_Set returned {}; the secret is used from memory and storing it is tried again, but a power cut before that loses it",
                failure.0
            );
        }
        let mut unsaved = lock(&self.unsaved);
        unsaved.retain(|unsaved| unsaved.identity != *identity);
        if stored.is_err() {
            unsaved.push(Unsaved {
                identity: identity.clone(),
                secret: secret.clone(),
                tried: Instant::now(),
            });
        }
        self.has_unsaved.store(!unsaved.is_empty(), Ordering::Relaxed);
    }

    /// Offers the secrets that the store refused to the store again. Does nothing when there are
    /// none.
    pub fn save_again(&self, hal: &dyn Hal) {
        self.offer(hal, self.due(Duration::ZERO));
    }

    /// Does the same in a thread, because a store may block for longer than the caller has time, but
    /// leaves the store alone for a minute after each attempt.
    pub fn save_again_when_due(&'static self, hal: &'static dyn Hal) {
        let due = self.due(SAVE_PAUSE);
        if due.is_empty() {
            return;
        }
        if let Err(cause) = hal.spawn(c"linkkit-save", Box::new(move || self.offer(hal, due))) {
            log::error!(target: TARGET, "no thread to store the device secret with: {cause}");
        }
    }

    /// The secrets with which nothing has been tried for so long. They count as tried now.
    fn due(&self, pause: Duration) -> Vec<Unsaved> {
        if !self.has_unsaved.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let mut unsaved = lock(&self.unsaved);
        let due = unsaved.iter_mut().filter(|unsaved| unsaved.tried.elapsed() >= pause);
        due.map(|unsaved| {
            unsaved.tried = Instant::now();
            unsaved.clone()
        })
        .collect()
    }

    fn offer(&self, hal: &dyn Hal, secrets: Vec<Unsaved>) {
        for Unsaved { identity, secret, .. } in secrets {
            self.save(hal, &identity, &secret);
            if self.unsaved(&identity).is_none() {
                log::info!(target: TARGET, "DeviceSecret is stored now");
            }
        }
    }
}

/// The secret that is stored for this device. One that cannot be a device secret counts as none,
/// and so does one that belongs to another device.
pub fn stored(hal: &dyn Hal, identity: &Identity) -> Option<Secret> {
    keys(identity).iter().find_map(|key| {
        let secret = read_secret(hal, key)?;
        match owner(hal, key, &secret) {
            Some(owner) if owner == identity.device_id() => {}
            Some(owner) => {
                log::warn!(target: TARGET, "the secret stored under {key} is that of {owner} and is not used");
                return None;
            }
            None => write_owner(hal, key, identity, &secret),
        }
        Some(secret)
    })
}

/// Stores the secret where no other device's lies.
fn store(hal: &dyn Hal, identity: &Identity, secret: &Secret) -> Result<(), KvFailure> {
    let [first, second] = keys(identity);
    let of_another_device = read_secret(hal, &first)
        .and_then(|secret| owner(hal, &first, &secret))
        .is_some_and(|owner| owner != identity.device_id());
    let key = if of_another_device { second } else { first };
    hal.kv_set(&key, secret.expose().as_bytes())?;
    write_owner(hal, &key, identity, secret);
    Ok(())
}

/// The keys under which a device's secret may lie, that of the release replaced first.
fn keys(identity: &Identity) -> [String; 2] {
    [DEVICE_SECRET_KEY.to_owned(), format!("{DEVICE_KEY_PREFIX}{}", identity.device_name())]
}

fn read_secret(hal: &dyn Hal, key: &str) -> Option<Secret> {
    let value = read(hal, key, DEVICE_SECRET_LEN)?;
    let secret = Secret::device_secret(value.expose());
    if let Err(why) = &secret {
        log::warn!(target: TARGET, "the value stored under {key} is not used: {why}");
    }
    secret.ok()
}

/// The device that the entry beside a secret names, if the entry was written for this secret.
fn owner(hal: &dyn Hal, key: &str, secret: &Secret) -> Option<String> {
    let entry = read(hal, &format!("{key}{OWNER_SUFFIX}"), OWNER_LEN)?;
    let (device_id, tag) = entry.expose().split_once(' ')?;
    (tag == sign::owner_tag(device_id, secret)).then(|| device_id.to_owned())
}

fn write_owner(hal: &dyn Hal, key: &str, identity: &Identity, secret: &Secret) {
    if hal.has_own_kv() {
        return;
    }
    let device_id = identity.device_id();
    let entry = format!("{device_id} {}", sign::owner_tag(&device_id, secret));
    let stored = hal.kv_set(&format!("{key}{OWNER_SUFFIX}"), entry.as_bytes());
    if let Err(failure) = stored {
        // Without it the secret serves as it does in the C SDK.
        log::warn!(target: TARGET, "whose secret it is could not be stored: HAL_Kv_Set returned {}", failure.0);
    }
}

/// A text in the store, at most `max` bytes long.
fn read(hal: &dyn Hal, key: &str, max: usize) -> Option<Secret> {
    // Room for a NUL, which some ports store with the text.
    let value = hal.kv_get(key, max + 1)?;
    let Ok(text) = std::str::from_utf8(&value) else {
        log::warn!(target: TARGET, "the value stored under {key} is not used: {} bytes that are not text", value.len());
        return None;
    };
    Some(Secret::new(text.trim_end_matches('\0')))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::hal::fake::{FakeHal, shared_log};
    use crate::transport::test_support::PATIENCE;

    const SECRET: &str = "KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4";
    const OTHER_SECRET: &str = "f6b27dd95836f4599106d457b4cf0326";
    const OWNER_KEY: &str = "DyncRegDeviceSecret.owner";
    const DEVICE_KEY: &str = "DYNAMIC_REG_Example_dyn1";

    fn device() -> Identity {
        Identity::new("a1ExpAkj9Hi", "Example_dyn1").unwrap()
    }

    fn other_device() -> Identity {
        Identity::new("a1ExpAkj9Hi", "Example_dyn2").unwrap()
    }

    fn put(hal: &FakeHal, key: &str, value: &[u8]) {
        hal.state().kv.insert(key.to_owned(), value.to_owned());
    }

    fn found(hal: &FakeHal, identity: &Identity) -> Option<String> {
        stored(hal, identity).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn a_secret_is_stored_with_its_owner() {
        let hal = FakeHal::leak();
        SecretStore::new().save(hal, &device(), &Secret::new(SECRET));
        assert_eq!(hal.state().kv[DEVICE_SECRET_KEY], SECRET.as_bytes());
        let owner = String::from_utf8(hal.state().kv[OWNER_KEY].clone()).unwrap();
        // The tag was computed by an independent implementation of HMAC-SHA256.
        assert_eq!(owner, "a1ExpAkj9Hi.Example_dyn1 896cc17b7aac4340");
        assert_eq!(found(hal, &device()).as_deref(), Some(SECRET));
        assert_eq!(hal.calls("kv_set"), 2);
    }

    #[test]
    fn the_secret_of_a_device_in_the_field_is_taken_and_marked() {
        for key in [DEVICE_SECRET_KEY, DEVICE_KEY] {
            let hal = FakeHal::leak();
            put(hal, key, SECRET.as_bytes());
            assert_eq!(found(hal, &device()).as_deref(), Some(SECRET), "{key}");
            assert_eq!(hal.calls("kv_set"), 1);
            assert!(hal.state().kv.contains_key(&format!("{key}.owner")));
            assert_eq!(found(hal, &device()).as_deref(), Some(SECRET));
            assert_eq!(hal.calls("kv_set"), 1, "once is enough");
        }
    }

    #[test]
    fn a_store_of_the_firmware_s_gets_nothing_but_the_secret() {
        let hal = FakeHal::leak();
        hal.state().own_kv = true;
        SecretStore::new().save(hal, &device(), &Secret::new(SECRET));
        assert_eq!(found(hal, &device()).as_deref(), Some(SECRET));
        assert_eq!(hal.state().kv.len(), 1);
        assert_eq!(hal.calls("kv_set"), 1);
    }

    #[test]
    fn the_key_of_the_release_replaced_comes_first() {
        let hal = FakeHal::leak();
        put(hal, DEVICE_SECRET_KEY, SECRET.as_bytes());
        put(hal, DEVICE_KEY, OTHER_SECRET.as_bytes());
        assert_eq!(found(hal, &device()).as_deref(), Some(SECRET));
    }

    #[test]
    fn another_device_s_secret_is_neither_used_nor_replaced() {
        let log = shared_log();
        let hal = FakeHal::leak();
        let (store, same_name) =
            (SecretStore::new(), Identity::new("another", "Example_dyn1").unwrap());
        store.save(hal, &device(), &Secret::new(SECRET));
        for other in [other_device(), same_name] {
            assert_eq!(found(hal, &other), None);
        }
        assert!(log.printed().contains(
            "the secret stored under DyncRegDeviceSecret is that of a1ExpAkj9Hi.Example_dyn1"
        ));

        store.save(hal, &other_device(), &Secret::new(OTHER_SECRET));
        assert_eq!(found(hal, &device()).as_deref(), Some(SECRET));
        assert_eq!(found(hal, &other_device()).as_deref(), Some(OTHER_SECRET));
    }

    #[test]
    fn a_power_cut_between_secret_and_owner_loses_nothing() {
        let hal = FakeHal::leak();
        put(hal, DEVICE_SECRET_KEY, OTHER_SECRET.as_bytes());
        assert!(found(hal, &other_device()).is_some());
        // The entry still names the other device, but was not written for this secret.
        put(hal, DEVICE_SECRET_KEY, SECRET.as_bytes());
        assert_eq!(found(hal, &device()).as_deref(), Some(SECRET));
        assert_eq!(found(hal, &other_device()), None, "the owner is known now");
    }

    #[test]
    fn an_owner_entry_that_makes_no_sense_says_nothing() {
        for entry in [b"" as &[u8], b"\xff", b"a1ExpAkj9Hi.another", b" ", &[b'x'; 100]] {
            let hal = FakeHal::leak();
            put(hal, DEVICE_SECRET_KEY, SECRET.as_bytes());
            put(hal, OWNER_KEY, entry);
            assert_eq!(found(hal, &device()).as_deref(), Some(SECRET), "{entry:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_device_secret_counts_as_none() {
        let too_long = [b's'; DEVICE_SECRET_LEN + 1];
        for value in [b"" as &[u8], b"\0", b"\xff\xff", b"a b", b"a\nb", b"a\0b", &too_long] {
            let hal = FakeHal::leak();
            put(hal, DEVICE_SECRET_KEY, value);
            assert_eq!(found(hal, &device()), None, "{value:?}");
            assert_eq!(hal.calls("kv_set"), 0);
        }
        let hal = FakeHal::leak();
        put(hal, DEVICE_SECRET_KEY, format!("{SECRET}\0").as_bytes());
        assert_eq!(found(hal, &device()).as_deref(), Some(SECRET), "a port may store the NUL");
    }

    #[test]
    fn secrets_of_two_devices_wait_for_the_store() {
        let hal = FakeHal::leak();
        let store: &SecretStore = Box::leak(Box::default());
        hal.state().kv_failure = Some(-1);
        store.save(hal, &device(), &Secret::new(SECRET));
        store.save(hal, &other_device(), &Secret::new(OTHER_SECRET));
        assert_eq!(store.unsaved(&device()).unwrap().expose(), SECRET);
        store.save_again_when_due(hal);
        assert_eq!(hal.calls("kv_set"), 2, "the store is left alone for a while");
        hal.state().kv_failure = None;
        store.save_again(hal);
        assert!(store.unsaved(&device()).is_none() && store.unsaved(&other_device()).is_none());
        assert_eq!(found(hal, &device()).as_deref(), Some(SECRET));
        assert_eq!(found(hal, &other_device()).as_deref(), Some(OTHER_SECRET));
        let calls = hal.calls("kv_set");
        store.save_again(hal);
        assert_eq!(hal.calls("kv_set"), calls, "once stored they are not stored again");
    }

    #[test]
    fn what_is_due_is_stored_in_a_thread() {
        let hal = FakeHal::leak();
        let store: &SecretStore = Box::leak(Box::default());
        hal.state().kv_failure = Some(-1);
        store.save(hal, &device(), &Secret::new(SECRET));
        lock(&store.unsaved)[0].tried = Instant::now() - SAVE_PAUSE;
        // The store does not answer, and nobody waits for it.
        let mut answer = hal.state();
        store.save_again_when_due(hal);
        answer.kv_failure = None;
        drop(answer);
        let end = Instant::now() + PATIENCE;
        while store.unsaved(&device()).is_some() {
            assert!(Instant::now() < end, "it is not stored");
            thread::yield_now();
        }
        assert_eq!(found(hal, &device()).as_deref(), Some(SECRET));
    }
}
