//! Where the secret of a device that registered itself is kept: in the firmware's key-value store,
//! and in memory until that takes it.
//!
//! Release 2.x stores the secret under one key, whatever device it is. So in the library's own store
//! an entry beside it says whose it is: the device and a tag that only this device with this secret
//! has. The two are written as one. An entry whose tag does not fit says nothing, as none does:
//! release 2.x wrote none. Then the secret is taken for this device's.
//!
//! A store of the firmware's own never gets the entry: the C SDK stores one value, so a port may
//! have one place, whatever the key, and the entry would take the secret's.

#![forbid(unsafe_code)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::base::deadline::Deadline;
use crate::base::error::Error;
use crate::base::identity::{DEVICE_SECRET_LEN, Identity, Secret};
use crate::base::sign;
use crate::base::sync::lock;
use crate::hal::{Hal, KvEntries, KvSession, StoreFailure};

const TARGET: &str = "IOT_SetupConnInfo";

/// The key under which releases 2.x store the device secret, whatever device it is.
pub const DEVICE_SECRET_KEY: &str = "DyncRegDeviceSecret";
/// Releases 3.x put the device name behind it.
const DEVICE_KEY_PREFIX: &str = "DYNAMIC_REG_";
const OWNER_SUFFIX: &str = ".owner";

/// The longest that storing a secret again may wait for the store.
const SAVE_TIMEOUT: Duration = Duration::from_secs(5);
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
    pub fn save(&self, place: &mut Place<'_>, identity: &Identity, secret: &Secret) {
        let stored = place.keep(identity, secret);
        if let Err(why) = &stored {
            log::error!(
                target: TARGET,
                "Save Device Secret to KV Failed: {}; the secret is used from memory and storing it is tried again, but a power cut before that loses it",
                why.0
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
            match Place::open(hal, Deadline::after(SAVE_TIMEOUT)) {
                Ok(mut place) => self.save(&mut place, &identity, &secret),
                Err(error) => {
                    log::error!(target: TARGET, "Save Device Secret to KV Failed: {error}")
                }
            }
            if self.unsaved(&identity).is_none() {
                log::info!(target: TARGET, "DeviceSecret is stored now");
            }
        }
    }
}

/// Where a device's secret is kept, in use by one set-up.
pub struct Place<'a> {
    hal: &'a dyn Hal,
    /// The library's own store; else the firmware's functions are called.
    own: Option<Box<dyn KvSession>>,
}

impl<'a> Place<'a> {
    /// The store that is linked, to be used until the deadline.
    ///
    /// # Errors
    /// [`Error::Store`]: it is the library's own and has no place.
    pub fn open(hal: &'a dyn Hal, deadline: Deadline) -> Result<Self, Error> {
        let own = hal.kv_session(deadline).transpose().map_err(unusable)?;
        Ok(Place { hal, own })
    }

    /// The secret that is stored for this device. One that cannot be a device secret counts as none,
    /// and so does one that belongs to another device.
    ///
    /// # Errors
    /// [`Error::Store`]: nobody knows, because the library's own store cannot be read. A firmware's
    /// own does not tell that from there being none.
    pub fn find(&mut self, identity: &Identity) -> Result<Option<Secret>, Error> {
        let Some(own) = &mut self.own else {
            return Ok(firmware_keys(identity).iter().find_map(|key| {
                usable(key, self.hal.kv_get(key, DEVICE_SECRET_LEN + ROOM_FOR_NUL))
            }));
        };
        let entries = own.read().map_err(unusable)?;
        let Some(found) = look(&*entries, identity) else { return Ok(None) };
        if !found.has_owner {
            let marked = own.change(&mut |entries| {
                put_owner(entries, &found.key, identity, &found.secret);
                true
            });
            if let Err(why) = marked {
                // Without it the secret serves as it does in the C SDK.
                log::warn!(target: TARGET, "whose secret it is could not be stored: {}", why.0);
            }
        }
        Ok(Some(found.secret))
    }

    /// Makes sure that a secret can be kept before the cloud is asked for one, by keeping on the disk
    /// for whom it will be. What is ready then makes storing it quick.
    ///
    /// # Errors
    /// [`Error::Store`]: the library's own store does not take it. A firmware's own is not asked.
    pub fn make_ready(&mut self, identity: &Identity) -> Result<(), Error> {
        let Some(own) = &mut self.own else { return Ok(()) };
        let ready = own.change(&mut |entries| {
            let owner = owner_key(&free_key(entries, identity));
            entries.put(&owner, identity.device_id().as_bytes());
            true
        });
        ready.map_err(unusable)
    }

    /// Stores the secret, and whose it is, where no other device's lies.
    fn keep(&mut self, identity: &Identity, secret: &Secret) -> Result<(), StoreFailure> {
        let Some(own) = &mut self.own else {
            let stored = self.hal.kv_set(DEVICE_SECRET_KEY, secret.expose().as_bytes());
            return stored
                .map_err(|failure| StoreFailure(format!("HAL_Kv_Set returned {}", failure.0)));
        };
        own.change(&mut |entries| {
            let key = free_key(entries, identity);
            entries.put(&key, secret.expose().as_bytes());
            put_owner(entries, &key, identity, secret);
            true
        })
    }
}

fn unusable(why: StoreFailure) -> Error {
    Error::Store(why.0)
}

/// Some ports store a NUL with a text.
const ROOM_FOR_NUL: usize = 1;

/// The keys under which a firmware's own store may have the secret, that of the release replaced
/// first.
fn firmware_keys(identity: &Identity) -> [String; 2] {
    [DEVICE_SECRET_KEY.to_owned(), format!("{DEVICE_KEY_PREFIX}{}", identity.device_name())]
}

/// The keys under which it may lie in the library's own. The last is no other device's.
fn keys(identity: &Identity) -> [String; 3] {
    let [first, second] = firmware_keys(identity);
    [first, second, format!("{DEVICE_KEY_PREFIX}{}", identity.device_id())]
}

fn owner_key(key: &str) -> String {
    format!("{key}{OWNER_SUFFIX}")
}

/// A device's secret in a store.
struct Found {
    key: String,
    secret: Secret,
    /// Whether the store says that it is this device's.
    has_owner: bool,
}

/// The device's secret: before all others the one that the store says is its own.
fn look(entries: &dyn KvEntries, identity: &Identity) -> Option<Found> {
    let mut without_owner = None;
    for key in keys(identity) {
        let Some(secret) = usable(&key, entries.value(&key)) else { continue };
        match owner(entries, &key, &secret) {
            Some(owner) if owner == identity.device_id() => {
                return Some(Found { key, secret, has_owner: true });
            }
            Some(owner) => {
                log::warn!(target: TARGET, "the secret stored under {key} is that of {owner} and is not used");
            }
            None if without_owner.is_none() => {
                without_owner = Some(Found { key, secret, has_owner: false });
            }
            None => {}
        }
    }
    without_owner
}

/// The first key that holds no secret, or this device's own.
fn free_key(entries: &dyn KvEntries, identity: &Identity) -> String {
    let [first, second, last] = keys(identity);
    let is_free = |key: &String| {
        let secret =
            entries.value(key).and_then(|value| Secret::device_secret(&text(&value)?).ok());
        secret.is_none_or(|secret| {
            owner(entries, key, &secret).is_some_and(|owner| owner == identity.device_id())
        })
    };
    [first, second].into_iter().find(is_free).unwrap_or(last)
}

/// The device that the entry beside a secret names, if the entry was written for this secret.
fn owner(entries: &dyn KvEntries, key: &str, secret: &Secret) -> Option<String> {
    let entry = text(&entries.value(&owner_key(key))?)?;
    let (device_id, tag) = entry.split_once(' ')?;
    (tag == sign::owner_tag(device_id, secret)).then(|| device_id.to_owned())
}

fn put_owner(entries: &mut dyn KvEntries, key: &str, identity: &Identity, secret: &Secret) {
    let device_id = identity.device_id();
    let entry = format!("{device_id} {}", sign::owner_tag(&device_id, secret));
    entries.put(&owner_key(key), entry.as_bytes());
}

/// The value under `key` as a device secret.
fn usable(key: &str, value: Option<Zeroizing<Vec<u8>>>) -> Option<Secret> {
    let value = value?;
    let Some(text) = text(&value) else {
        log::warn!(target: TARGET, "the value stored under {key} is not used: {} bytes that are not text", value.len());
        return None;
    };
    let secret = Secret::device_secret(&text);
    if let Err(why) = &secret {
        log::warn!(target: TARGET, "the value stored under {key} is not used: {why}");
    }
    secret.ok()
}

fn text(value: &[u8]) -> Option<Zeroizing<String>> {
    let text = std::str::from_utf8(value).ok()?;
    Some(Zeroizing::new(text.trim_end_matches('\0').to_owned()))
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
        let found = place(hal).find(identity).unwrap();
        found.map(|secret| secret.expose().to_owned())
    }

    fn place(hal: &FakeHal) -> Place<'_> {
        Place::open(hal, Deadline::after(PATIENCE)).unwrap()
    }

    #[test]
    fn a_secret_is_stored_with_its_owner() {
        let hal = FakeHal::leak();
        SecretStore::new().save(&mut place(hal), &device(), &Secret::new(SECRET));
        assert_eq!(hal.state().kv[DEVICE_SECRET_KEY], SECRET.as_bytes());
        let owner = String::from_utf8(hal.state().kv[OWNER_KEY].clone()).unwrap();
        // The tag was computed by an independent implementation of HMAC-SHA256.
        assert_eq!(owner, "a1ExpAkj9Hi.Example_dyn1 896cc17b7aac4340");
        assert_eq!(found(hal, &device()).as_deref(), Some(SECRET));
        assert_eq!(hal.calls("kv_change"), 1, "both at once");
    }

    #[test]
    fn what_is_made_ready_says_for_whom_and_holds_no_secret() {
        let hal = FakeHal::leak();
        place(hal).make_ready(&device()).unwrap();
        assert_eq!(hal.state().kv[OWNER_KEY], b"a1ExpAkj9Hi.Example_dyn1");
        assert_eq!(hal.state().kv.len(), 1);
        assert_eq!(found(hal, &device()), None);
        hal.state().kv_failure = Some(-1);
        let refused = place(hal).make_ready(&device());
        assert!(matches!(refused, Err(Error::Store(why)) if why == "the disk says -1"));
        hal.state().own_kv = true;
        place(hal).make_ready(&device()).unwrap();
        assert_eq!(hal.calls("kv_set"), 0, "a firmware's own store is not asked");
    }

    #[test]
    fn a_store_that_cannot_be_read_is_no_empty_one() {
        let hal = FakeHal::leak();
        hal.state().kv_unreadable = Some("cannot read it".into());
        assert!(matches!(place(hal).find(&device()), Err(Error::Store(_))));
    }

    #[test]
    fn devices_that_register_at_once_all_keep_theirs() {
        let hal = FakeHal::leak();
        let third = Identity::new("another", "Example_dyn1").unwrap();
        let all = [(device(), SECRET), (other_device(), OTHER_SECRET), (third, "third-secret")];
        let mut places: Vec<_> = all.iter().map(|_| place(hal)).collect();
        for ((device, _), place) in all.iter().zip(&mut places) {
            assert!(place.find(device).unwrap().is_none());
            place.make_ready(device).unwrap();
        }
        for ((device, secret), place) in all.iter().zip(&mut places) {
            place.keep(device, &Secret::new(*secret)).unwrap();
        }
        for (device, secret) in &all {
            assert_eq!(found(hal, device).as_deref(), Some(*secret));
        }
    }

    #[test]
    fn the_secret_of_a_device_in_the_field_is_taken_and_marked() {
        for key in [DEVICE_SECRET_KEY, DEVICE_KEY] {
            let hal = FakeHal::leak();
            put(hal, key, SECRET.as_bytes());
            assert_eq!(found(hal, &device()).as_deref(), Some(SECRET), "{key}");
            assert_eq!(hal.calls("kv_change"), 1);
            assert!(hal.state().kv.contains_key(&format!("{key}.owner")));
            assert_eq!(found(hal, &device()).as_deref(), Some(SECRET));
            assert_eq!(hal.calls("kv_change"), 1, "once is enough");
        }
    }

    #[test]
    fn a_store_of_the_firmware_s_gets_nothing_but_the_secret() {
        let hal = FakeHal::leak();
        hal.state().own_kv = true;
        SecretStore::new().save(&mut place(hal), &device(), &Secret::new(SECRET));
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
        store.save(&mut place(hal), &device(), &Secret::new(SECRET));
        for other in [other_device(), same_name] {
            assert_eq!(found(hal, &other), None);
        }
        assert!(log.printed().contains(
            "the secret stored under DyncRegDeviceSecret is that of a1ExpAkj9Hi.Example_dyn1"
        ));

        store.save(&mut place(hal), &other_device(), &Secret::new(OTHER_SECRET));
        assert_eq!(found(hal, &device()).as_deref(), Some(SECRET));
        assert_eq!(found(hal, &other_device()).as_deref(), Some(OTHER_SECRET));
    }

    #[test]
    fn an_owner_of_an_earlier_secret_says_nothing() {
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
            assert_eq!(hal.calls("kv_change"), 0);
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
        store.save(&mut place(hal), &device(), &Secret::new(SECRET));
        store.save(&mut place(hal), &other_device(), &Secret::new(OTHER_SECRET));
        assert_eq!(store.unsaved(&device()).unwrap().expose(), SECRET);
        store.save_again_when_due(hal);
        assert_eq!(hal.calls("kv_change"), 2, "the store is left alone for a while");
        hal.state().kv_failure = None;
        store.save_again(hal);
        assert!(store.unsaved(&device()).is_none() && store.unsaved(&other_device()).is_none());
        assert_eq!(found(hal, &device()).as_deref(), Some(SECRET));
        assert_eq!(found(hal, &other_device()).as_deref(), Some(OTHER_SECRET));
        let calls = hal.calls("kv_change");
        store.save_again(hal);
        assert_eq!(hal.calls("kv_change"), calls, "once stored they are not stored again");
    }

    #[test]
    fn what_is_due_is_stored_in_a_thread() {
        let hal = FakeHal::leak();
        let store: &SecretStore = Box::leak(Box::default());
        hal.state().kv_failure = Some(-1);
        store.save(&mut place(hal), &device(), &Secret::new(SECRET));
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
