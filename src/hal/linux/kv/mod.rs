//! The key-value store: one JSON object, key → base64 of the value, in one file.

mod error;
pub(crate) mod file;
pub(crate) mod old;
mod place;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

pub(crate) use error::KvError;
use old::OldStore;

use super::firmware;
use crate::base::deadline::Deadline;
use crate::base::salvage;
use crate::hal::{KvEntries, KvSession, StoreFailure};

const TARGET: &str = "HAL_Kv";

/// The longest key, in bytes without the NUL.
pub(crate) const KEY_MAX: usize = 128;
/// The longest value, in bytes.
pub(crate) const VALUE_MAX: usize = 64 * 1024;

/// The entry that names the old stores which have been imported, a line each. Those that it does not
/// name are still looked for; so are all of them in a file without it, unless it has no entry at all:
/// earlier versions left that when everything was deleted.
const IMPORTED_KEY: &str = "linkkit.imported";

/// Values in base64, since a value may hold any bytes.
pub(crate) type Entries = BTreeMap<String, Zeroizing<String>>;

/// The store of this process, at the path that its first use found.
pub(crate) fn store() -> Result<&'static Store, KvError> {
    static STORE: OnceLock<Option<Store>> = OnceLock::new();
    STORE
        .get_or_init(|| Some(Store::importing(place::find()?, old::field_stores())))
        .as_ref()
        .ok_or(KvError::NoPlace)
}

/// Where new firmware goes: as the environment says, else beside the store.
pub(crate) fn firmware_path() -> Option<PathBuf> {
    match place::environment(c"LINKKIT_FIRMWARE_FILE") {
        Some(path) => Some(path.into()),
        None => store().ok().map(|store| firmware::beside(&store.path)),
    }
}

/// A store in a file.
pub(crate) struct Store {
    path: PathBuf,
    old: Vec<OldStore>,
    /// Whether the log says already that others had rights on the file.
    rights_said: AtomicBool,
}

/// What a store holds, and what has to be done before the file holds it too.
struct Whole {
    entries: Entries,
    /// The file as it is, if it is damaged, and what is wrong with it.
    damaged: Option<(Zeroizing<Vec<u8>>, String)>,
    /// What the log is to say of the old stores that were found.
    imported: Vec<String>,
}

impl Whole {
    fn is_in_file(&self) -> bool {
        self.damaged.is_none() && self.imported.is_empty()
    }
}

impl Store {
    /// The store in this file, which need not exist yet. What the old stores hold is added to it, each
    /// of them once, as soon as it can be read.
    fn importing(path: impl Into<PathBuf>, old: Vec<OldStore>) -> Self {
        Store { path: path.into(), old, rights_said: AtomicBool::new(false) }
    }

    /// For several changes of the store, each of several entries, by a deadline.
    pub(crate) fn session(&self, deadline: Deadline) -> Session<'_> {
        Session { store: self, deadline, lock: None, known: None }
    }

    /// The value under `key`, which must be at most `room` bytes long.
    pub(crate) fn get(&self, key: &str, room: usize) -> Result<Zeroizing<Vec<u8>>, KvError> {
        check_key(key)?;
        let entries = self.entries(Some(key), patience())?;
        let encoded = entries.get(key).ok_or(KvError::NotFound)?;
        let value = Zeroizing::new(
            STANDARD
                .decode(encoded.as_bytes())
                .map_err(|_| self.corrupt("the value under this key is not base64"))?,
        );
        if value.len() > room {
            return Err(KvError::Room { value: value.len(), room });
        }
        Ok(value)
    }

    /// Stores `value` under `key` and returns when it is on the disk.
    pub(crate) fn set(&self, key: &str, value: &[u8]) -> Result<(), KvError> {
        check_key(key)?;
        if value.len() > VALUE_MAX {
            return Err(KvError::Value(value.len()));
        }
        self.change(|entries| {
            entries.insert(key.to_owned(), Zeroizing::new(STANDARD.encode(value)));
            true
        })
    }

    /// Removes the value under `key`. There being none is fine.
    pub(crate) fn delete(&self, key: &str) -> Result<(), KvError> {
        check_key(key)?;
        if !self.entries(None, patience())?.contains_key(key) {
            return Ok(());
        }
        self.change(|entries| entries.remove(key).is_some())
    }

    /// Removes all values, those that an older store holds too: it is not looked for any more.
    pub(crate) fn clear(&self) -> Result<(), KvError> {
        self.change(|entries| {
            entries.clear();
            self.old.iter().for_each(|old| note_import(entries, old));
            true
        })
    }

    fn change(&self, change: impl Fn(&mut Entries) -> bool) -> Result<(), KvError> {
        self.session(patience()).change(change).map(drop)
    }

    /// Everything that is stored. With `wanted` old stores are looked for only if this key is missing.
    /// Importing them waits for the lock until the deadline.
    fn entries(&self, wanted: Option<&str>, deadline: Deadline) -> Result<Entries, KvError> {
        // No lock: the file is replaced as a whole, so a reader sees the old one or the new one.
        let whole = self.read(wanted)?;
        if whole.is_in_file() {
            return Ok(whole.entries);
        }
        match self.session(deadline).change(|_| false) {
            Ok(entries) => Ok(entries),
            Err(why) => {
                whole.imported.iter().for_each(|line| log::info!(target: TARGET, "{line}"));
                log::error!(target: TARGET, "importing the values failed: {why}; they are used as they are and importing them is tried again");
                Ok(whole.entries)
            }
        }
    }

    /// What the file holds, as far as it is sound, and the old stores that have not been imported.
    fn read(&self, wanted: Option<&str>) -> Result<Whole, KvError> {
        let mended = |outcome| self.say_rights(outcome);
        let content = file::read(&self.path, mended).map_err(|cause| self.io("read", cause))?;
        let exists = content.is_some();
        let (mut entries, damaged) = match content {
            None => (Entries::new(), None),
            Some(content) => match decode(&content) {
                Ok(entries) => (entries, None),
                Err((sound, why)) => (sound, Some((content, why))),
            },
        };
        let is_decided = exists && damaged.is_none() && entries.is_empty();
        let mut imported = Vec::new();
        if !is_decided && !wanted.is_some_and(|key| entries.contains_key(key)) {
            for old in self.old.iter().filter(|old| !is_imported(old, &entries)).collect::<Vec<_>>()
            {
                let Some((values, line)) = old.look() else { continue };
                imported.push(line);
                for (key, value) in values {
                    entries.entry(key).or_insert(value);
                }
                note_import(&mut entries, old);
            }
        }
        Ok(Whole { entries, damaged, imported })
    }

    fn say_rights(&self, outcome: io::Result<()>) {
        if self.rights_said.swap(true, Ordering::Relaxed) {
            return;
        }
        let path = self.path.display();
        match outcome {
            Ok(()) => log::warn!(
                target: TARGET,
                "others had rights on {path}, which holds secrets: they are taken away"
            ),
            Err(cause) => log::error!(
                target: TARGET,
                "others have rights on {path}, which holds secrets, and they cannot be taken away: {cause}"
            ),
        }
    }

    fn put_aside(&self, content: &[u8], why: &str) -> Result<(), KvError> {
        let aside = file::put_aside(&self.path, content)
            .map_err(|cause| self.io("keep a copy of the damaged", cause))?;
        log::error!(
            target: TARGET,
            "{} is corrupt: {why}; it was set aside as {}, and what of it is sound is kept",
            self.path.display(),
            aside.display()
        );
        Ok(())
    }

    fn io(&self, doing: &'static str, cause: io::Error) -> KvError {
        KvError::Io { doing, path: self.path.clone(), cause }
    }

    fn corrupt(&self, why: &'static str) -> KvError {
        KvError::Corrupt { path: self.path.clone(), why }
    }
}

fn is_imported(old: &OldStore, entries: &Entries) -> bool {
    let listed = entries.get(IMPORTED_KEY).and_then(|list| STANDARD.decode(list.as_bytes()).ok());
    listed.is_some_and(|list| list.split(|&byte| byte == b'\n').any(|name| name == old.name()))
}

fn note_import(entries: &mut Entries, old: &OldStore) {
    let list = entries.get(IMPORTED_KEY).and_then(|list| STANDARD.decode(list.as_bytes()).ok());
    let list = [list.unwrap_or_default(), old.name().to_vec()].join(&b'\n');
    entries.insert(IMPORTED_KEY.to_owned(), Zeroizing::new(STANDARD.encode(list)));
}

/// A use of the store by which several entries change as one, more than once.
///
/// It keeps what the next change would have to open and read otherwise: between a secret's arrival and
/// the disk there shall be little to do.
pub(crate) struct Session<'a> {
    store: &'a Store,
    deadline: Deadline,
    lock: Option<file::LockFile>,
    /// What this session wrote last.
    known: Option<(file::Version, Entries)>,
}

impl Session<'_> {
    /// Has `change` change the entries, which nobody else does meanwhile, and returns them when they
    /// are on the disk. `false`: there is nothing that has to be written.
    fn change(&mut self, change: impl FnOnce(&mut Entries) -> bool) -> Result<Entries, KvError> {
        // The log ends in the firmware's console, which may want the store.
        let _held = crate::base::log::hold();
        let store = self.store;
        let lock = match self.lock.take() {
            Some(lock) => lock,
            None => {
                file::create_folder(&store.path)
                    .map_err(|cause| store.io("make the folder of", cause))?;
                file::LockFile::open(&store.path).map_err(|cause| store.io("lock", cause))?
            }
        };
        let lock = self.lock.insert(lock);
        let _locked = lock.lock(self.deadline).map_err(|cause| store.io("lock", cause))?;
        let mut whole = match self.known.take() {
            Some((version, entries)) if version.is_at(&store.path) => {
                Whole { entries, damaged: None, imported: Vec::new() }
            }
            _ => store.read(None)?,
        };
        if let Some((content, why)) = &whole.damaged {
            store.put_aside(content, why)?;
        }
        if !change(&mut whole.entries) && whole.is_in_file() {
            return Ok(whole.entries);
        }
        if whole.entries.is_empty() {
            // A file without any entry would mean that the old stores have been imported.
            whole.entries.insert(IMPORTED_KEY.to_owned(), Zeroizing::default());
        }
        let json = encode(&whole.entries).map_err(|cause| store.io("encode", cause))?;
        let file = file::replace(&store.path, &json).map_err(|cause| store.io("write", cause))?;
        whole.imported.iter().for_each(|line| log::info!(target: TARGET, "{line}"));
        let version = file::Version::of(file).map_err(|cause| store.io("look at", cause))?;
        self.known = Some((version, whole.entries.clone()));
        Ok(whole.entries)
    }
}

impl KvSession for Session<'_> {
    fn read(&mut self) -> Result<Box<dyn KvEntries>, StoreFailure> {
        match self.store.entries(None, self.deadline) {
            Ok(entries) => Ok(Box::new(entries)),
            Err(error) => Err(failure(&error)),
        }
    }

    fn change(
        &mut self,
        change: &mut dyn FnMut(&mut dyn KvEntries) -> bool,
    ) -> Result<(), StoreFailure> {
        Session::change(self, |entries| change(entries)).map(drop).map_err(|error| failure(&error))
    }
}

/// For what no set-up waits for.
fn patience() -> Deadline {
    Deadline::after(file::LOCK_TIMEOUT)
}

/// A failure in words, with what to do about it.
pub(crate) fn failure(error: &KvError) -> StoreFailure {
    StoreFailure(format!("{error}; {}", error.advice()))
}

impl KvEntries for Entries {
    fn value(&self, key: &str) -> Option<Zeroizing<Vec<u8>>> {
        STANDARD.decode(self.get(key)?.as_bytes()).map(Zeroizing::new).ok()
    }

    fn put(&mut self, key: &str, value: &[u8]) {
        self.insert(key.to_owned(), Zeroizing::new(STANDARD.encode(value)));
    }
}

pub(crate) fn check_key(key: &str) -> Result<(), KvError> {
    if (1..=KEY_MAX).contains(&key.len()) { Ok(()) } else { Err(KvError::Key(key.len())) }
}

/// What a file holds; of one that is damaged, what of it is sound, and what is wrong with it.
pub(crate) fn decode(content: &[u8]) -> Result<Entries, (Entries, String)> {
    if let Ok(entries) = serde_json::from_slice(content) {
        return Ok(entries);
    }
    let text = content.strip_suffix(b"\0").unwrap_or(content);
    if let Ok(entries) = serde_json::from_slice(text) {
        return Err((entries, "a NUL is behind it".to_owned()));
    }
    let (mut sound, mut others) = (Entries::new(), Vec::new());
    if let Ok(fields) = serde_json::from_slice::<serde_json::Map<_, _>>(text) {
        for (key, value) in fields {
            match value {
                serde_json::Value::String(value) => drop(sound.insert(key, Zeroizing::new(value))),
                _ => others.push(key),
            }
        }
        return Err((sound, format!("no text is the value of {}", others.join(", "))));
    }
    for (key, value) in salvage::pairs(text) {
        let is_sound = check_key(&key).is_ok() && STANDARD.decode(value.as_bytes()).is_ok();
        if is_sound {
            sound.entry(key).or_insert(value);
        }
    }
    // The parser's own words could quote the text.
    let count = sound.len();
    Err((sound, format!("it is not a JSON object of strings, {count} entries in it are whole")))
}

/// The file that holds `entries`.
pub(crate) fn encode(entries: &Entries) -> io::Result<Zeroizing<Vec<u8>>> {
    // Room for quotes, colon, comma, and for a key that is escaped to the last byte, so that the
    // vector does not grow, which would leave copies of secrets behind.
    let room = entries.iter().map(|(key, value)| 6 * key.len() + value.len() + 6).sum::<usize>();
    let mut json = Zeroizing::new(Vec::with_capacity(room + 2));
    serde_json::to_writer(&mut *json, entries)?;
    // A store that could not be read again must not be written.
    if u64::try_from(json.len()).is_ok_and(|len| len <= file::FILE_MAX) {
        Ok(json)
    } else {
        Err(io::ErrorKind::FileTooLarge.into())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;
    use std::process::Command;
    use std::thread;
    use std::time::Instant;

    use super::*;
    use crate::hal::linux::kv::old::tests::{stores_in, write_json, write_table};

    impl Store {
        fn at(path: impl Into<PathBuf>) -> Self {
            Store::importing(path, Vec::new())
        }
    }

    fn temp_store() -> (tempfile::TempDir, Store) {
        let temp = tempfile::tempdir().unwrap();
        let store = Store::at(temp.path().join("state/kv.json"));
        (temp, store)
    }

    /// A store that does not exist yet, beside an old one.
    fn store_after_upgrade(values: &[(&str, &[u8])]) -> (tempfile::TempDir, Store) {
        let temp = tempfile::tempdir().unwrap();
        write_json(temp.path(), values);
        let store = Store::importing(temp.path().join("state/kv.json"), stores_in(temp.path()));
        (temp, store)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn values_of_any_bytes_come_back() {
        let (temp, store) = temp_store();
        let all: Vec<u8> = (0..=255).collect();
        for (key, value) in [("bytes", all.as_slice()), ("empty", b""), ("Schlüssel \"\n", b"x")] {
            store.set(key, value).unwrap();
        }
        // Another process would read the file anew, as another store does.
        let again = Store::at(&store.path);
        assert_eq!(again.get("bytes", 256).unwrap().as_slice(), all);
        assert!(again.get("empty", 0).unwrap().is_empty());
        assert_eq!(again.get("Schlüssel \"\n", 1).unwrap().as_slice(), b"x");
        store.set("bytes", b"replaced").unwrap();
        assert_eq!(again.get("bytes", 256).unwrap().as_slice(), b"replaced");
        assert_eq!(names(&temp.path().join("state")), ["kv.json", "kv.json.lock"]);
    }

    #[test]
    fn the_file_has_the_documented_form() {
        let (_temp, store) = temp_store();
        store.set("DyncRegDeviceSecret", b"FieldSecret").unwrap();
        let text = fs::read_to_string(&store.path).unwrap();
        assert_eq!(text, r#"{"DyncRegDeviceSecret":"RmllbGRTZWNyZXQ="}"#);
    }

    #[test]
    fn a_missing_value_is_none_and_makes_no_file() {
        let (temp, store) = temp_store();
        assert!(matches!(store.get("key", 10), Err(KvError::NotFound)));
        store.delete("key").unwrap();
        assert!(names(temp.path()).is_empty());
    }

    #[test]
    fn a_deleted_value_is_gone_and_the_others_stay() {
        let (_temp, store) = temp_store();
        store.set("a", b"1").unwrap();
        store.set("b", b"2").unwrap();
        store.delete("a").unwrap();
        store.delete("a").unwrap();
        assert!(matches!(store.get("a", 10), Err(KvError::NotFound)));
        assert_eq!(store.get("b", 10).unwrap().as_slice(), b"2");
    }

    #[test]
    fn bounds_are_kept() {
        let (_temp, store) = temp_store();
        store.set(&"k".repeat(KEY_MAX), &vec![0; VALUE_MAX]).unwrap();
        assert!(matches!(store.set("", b""), Err(KvError::Key(0))));
        assert!(matches!(store.set(&"k".repeat(KEY_MAX + 1), b""), Err(KvError::Key(_))));
        assert!(matches!(store.set("k", &vec![0; VALUE_MAX + 1]), Err(KvError::Value(_))));
        store.set("k", b"1234").unwrap();
        assert!(matches!(store.get("k", 3), Err(KvError::Room { value: 4, room: 3 })));
    }

    #[test]
    fn a_full_store_refuses_and_keeps_what_it_has() {
        let (_temp, store) = temp_store();
        let value = vec![0; VALUE_MAX];
        let refused = (0..100)
            .map(|number| store.set(&number.to_string(), &value))
            .find_map(Result::err)
            .unwrap();
        assert!(matches!(refused, KvError::Io { doing: "encode", .. }), "{refused}");
        assert_eq!(store.get("0", VALUE_MAX).unwrap().len(), VALUE_MAX);
    }

    #[test]
    fn a_corrupt_file_is_set_aside() {
        for content in ["", "{", "[]", r#"{"key":1}"#, "\0\0\0"] {
            let (temp, store) = temp_store();
            store.set("key", b"value").unwrap();
            fs::write(&store.path, content).unwrap();
            assert!(matches!(store.get("key", 10), Err(KvError::NotFound)), "{content}");
            store.set("key", b"new").unwrap();
            fs::write(&store.path, "corrupt again").unwrap();
            store.set("other", b"value").unwrap();
            assert!(matches!(store.get("key", 10), Err(KvError::NotFound)));
            let folder = temp.path().join("state");
            let aside =
                |number| fs::read_to_string(folder.join(format!("kv.json.corrupt-{number}")));
            assert_eq!(aside(1).unwrap(), content);
            assert_eq!(aside(2).unwrap(), "corrupt again");
        }
    }

    #[test]
    fn a_value_that_is_not_base64_spoils_itself_only() {
        let (_temp, store) = temp_store();
        store.set("good", b"value").unwrap();
        fs::write(&store.path, r#"{"bad":"***","good":"dmFsdWU="}"#).unwrap();
        assert!(matches!(store.get("bad", 10), Err(KvError::Corrupt { .. })));
        assert_eq!(store.get("good", 10).unwrap().as_slice(), b"value");
    }

    #[test]
    fn an_error_never_tells_a_value() {
        let (_temp, store) = temp_store();
        store.set("key", b"x").unwrap();
        fs::write(&store.path, r#"{"key":"c2VjcmV0*"}"#).unwrap();
        assert!(!store.get("key", 10).unwrap_err().to_string().contains("c2VjcmV0"));
    }

    #[test]
    fn a_symbolic_link_is_not_followed() {
        let (temp, store) = temp_store();
        store.set("key", b"value").unwrap();
        let target = temp.path().join("target");
        fs::rename(&store.path, &target).unwrap();
        symlink(&target, &store.path).unwrap();
        let before = fs::read(&target).unwrap();
        assert!(matches!(store.get("key", 10), Err(KvError::Io { .. })));
        assert!(matches!(store.set("key", b"new"), Err(KvError::Io { .. })));
        assert!(matches!(store.delete("key"), Err(KvError::Io { .. })));
        assert_eq!(fs::read(&target).unwrap(), before);
    }

    #[test]
    fn a_file_that_others_could_read_becomes_private() {
        let (_temp, store) = temp_store();
        store.set("key", b"value").unwrap();
        fs::set_permissions(&store.path, fs::Permissions::from_mode(0o644)).unwrap();
        store.set("key", b"value").unwrap();
        assert_eq!(fs::metadata(&store.path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_store_without_a_place_for_it_is_an_error() {
        let store = Store::at("/proc/linkkit/kv.json");
        assert!(matches!(store.set("key", b"value"), Err(KvError::Io { .. })));
    }

    #[test]
    fn the_first_use_imports_and_leaves_the_old_file_in_place() {
        let values: [(&str, &[u8]); 2] = [("secret", b"FieldSecret"), ("other", b"1")];
        let (temp, store) = store_after_upgrade(&values);
        let old_file = fs::read(temp.path().join("kvfile.db")).unwrap();
        assert!(matches!(store.get("another", 10), Err(KvError::NotFound)));
        assert_eq!(
            fs::read_to_string(&store.path).unwrap(),
            r#"{"linkkit.imported":"Cmt2ZmlsZS5kYg==","other":"MQ==","secret":"RmllbGRTZWNyZXQ="}"#
        );
        assert_eq!(fs::read(temp.path().join("kvfile.db")).unwrap(), old_file);
        fs::remove_file(temp.path().join("kvfile.db")).unwrap();
        assert_eq!(store.get("secret", 20).unwrap().as_slice(), b"FieldSecret");
    }

    #[test]
    fn a_value_of_our_own_is_never_replaced() {
        let (temp, store) = store_after_upgrade(&[("secret", b"old"), ("other", b"1")]);
        store.set("secret", b"new").unwrap();
        assert_eq!(store.get("other", 10).unwrap().as_slice(), b"1", "imported by the write");
        write_json(temp.path(), &[("secret", b"older"), ("late", b"2")]);
        write_table(temp.path(), &[("secret", b"planted")]);
        let again = Store::importing(&store.path, stores_in(temp.path()));
        assert_eq!(again.get("secret", 10).unwrap().as_slice(), b"new");
        assert!(matches!(again.get("late", 10), Err(KvError::NotFound)));
    }

    #[test]
    fn a_deleted_value_does_not_come_back_from_the_old_file() {
        let (_temp, store) = store_after_upgrade(&[("secret", b"old")]);
        store.delete("secret").unwrap();
        assert!(matches!(store.get("secret", 10), Err(KvError::NotFound)));
    }

    #[test]
    fn an_old_file_that_is_refused_does_no_harm() {
        let (temp, store) = store_after_upgrade(&[]);
        fs::write(temp.path().join("kvfile.db"), "{\"secret\":").unwrap();
        assert!(matches!(store.get("secret", 10), Err(KvError::NotFound)));
        assert!(!store.path.exists());
        store.set("secret", b"new").unwrap();
        assert_eq!(store.get("secret", 10).unwrap().as_slice(), b"new");
        assert_eq!(fs::read_to_string(temp.path().join("kvfile.db")).unwrap(), "{\"secret\":");
    }

    #[test]
    fn old_values_serve_when_they_cannot_be_imported() {
        let temp = tempfile::tempdir().unwrap();
        write_table(temp.path(), &[("secret", b"old")]);
        let store = Store::importing("/proc/linkkit/kv.json", stores_in(temp.path()));
        assert_eq!(store.get("secret", 10).unwrap().as_slice(), b"old");
        assert!(matches!(store.set("secret", b"new"), Err(KvError::Io { .. })));
    }

    #[test]
    fn importing_waits_for_the_lock_no_longer_than_its_caller() {
        let (_temp, store) = store_after_upgrade(&[("secret", b"old")]);
        file::create_folder(&store.path).unwrap();
        let lock = file::LockFile::open(&store.path).unwrap();
        let _kept = lock.lock(Deadline::OVER).unwrap();
        let start = Instant::now();
        let entries = KvSession::read(&mut store.session(Deadline::OVER)).unwrap();
        assert_eq!(entries.value("secret").unwrap().as_slice(), b"old");
        assert!(start.elapsed() < file::LOCK_TIMEOUT);
    }

    /// What the old store was refused for has been mended, or the device runs where it lies.
    #[test]
    fn an_old_store_is_looked_for_until_it_is_found() {
        let (temp, store) = store_after_upgrade(&[("secret", b"old")]);
        let old = temp.path().join("kvfile.db");
        let others_may_write = fs::Permissions::from_mode(0o666);
        fs::set_permissions(&old, others_may_write).unwrap();
        store.set("wifi", b"network").unwrap();
        assert!(matches!(store.get("secret", 10), Err(KvError::NotFound)));
        fs::set_permissions(&old, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(store.get("secret", 10).unwrap().as_slice(), b"old");

        write_table(temp.path(), &[("secret", b"table"), ("late", b"2")]);
        assert_eq!(store.get("late", 10).unwrap().as_slice(), b"2");
        assert_eq!(store.get("secret", 10).unwrap().as_slice(), b"old", "our own counts");
        store.delete("late").unwrap();
        let again = Store::importing(&store.path, stores_in(temp.path()));
        assert!(matches!(again.get("late", 10), Err(KvError::NotFound)), "it is decided");
    }

    #[test]
    fn what_is_sound_of_a_damaged_store_is_kept() {
        const SECRET: &str = r#""secret":"b2xk""#;
        for damaged in [
            format!(r#"{{"number":7,{SECRET}}}"#),
            format!("{{{SECRET}}}\0"),
            format!(r#"{{{SECRET},"cut":"b2x"#),
            format!("{{\"torn\":\"b2\u{1}^\",{SECRET}}}"),
        ] {
            let (temp, store) = temp_store();
            store.set("other", b"value").unwrap();
            fs::write(&store.path, &damaged).unwrap();
            assert_eq!(store.get("secret", 10).unwrap().as_slice(), b"old", "{damaged}");
            let aside = temp.path().join("state/kv.json.corrupt-1");
            assert_eq!(fs::read_to_string(aside).unwrap(), damaged);
        }
    }

    #[test]
    fn a_corrupt_store_starts_with_the_old_values() {
        let (_temp, store) = store_after_upgrade(&[("secret", b"old")]);
        store.set("other", b"1").unwrap();
        fs::write(&store.path, "{").unwrap();
        assert_eq!(store.get("secret", 10).unwrap().as_slice(), b"old");
        fs::write(&store.path, "{").unwrap();
        store.set("other", b"1").unwrap();
        assert_eq!(store.get("secret", 10).unwrap().as_slice(), b"old");
    }

    const WRITERS: usize = 4;
    const KEYS_EACH: usize = 25;

    fn write_keys(store: &Store, writer: &str) {
        for number in 0..KEYS_EACH {
            store.set(&format!("{writer}-{number}"), writer.as_bytes()).unwrap();
        }
    }

    fn assert_all_keys(store: &Store) {
        for writer in 0..WRITERS {
            for number in 0..KEYS_EACH {
                let value = store.get(&format!("{writer}-{number}"), 10).unwrap();
                assert_eq!(value.as_slice(), writer.to_string().as_bytes());
            }
        }
    }

    #[test]
    fn threads_lose_nothing() {
        let (_temp, store) = temp_store();
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let store = &store;
                scope.spawn(move || write_keys(store, &writer.to_string()));
            }
        });
        assert_all_keys(&store);
    }

    /// Processes are this test itself, run again with the two variables set.
    #[test]
    fn processes_lose_nothing() {
        const SELF: &str = "hal::linux::kv::tests::processes_lose_nothing";
        if let (Some(path), Ok(writer)) =
            (std::env::var_os("KV_TEST_FILE"), std::env::var("KV_TEST_WRITER"))
        {
            write_keys(&Store::at(path), &writer);
            return;
        }
        let (_temp, store) = temp_store();
        let children: Vec<_> = (0..WRITERS)
            .map(|writer| {
                Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", SELF])
                    .env("KV_TEST_FILE", &store.path)
                    .env("KV_TEST_WRITER", writer.to_string())
                    .stdout(std::process::Stdio::null())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        assert_all_keys(&store);
    }
}
