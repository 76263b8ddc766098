//! The key-value store: one JSON object, key → base64 of the value, in one file.

use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr, OsString};
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::kv_import::{self, OldStore};
use super::{firmware, kv_file};

/// The longest key, in bytes without the NUL.
pub(crate) const KEY_MAX: usize = 128;
/// The longest value, in bytes.
pub(crate) const VALUE_MAX: usize = 64 * 1024;

/// Where the build keeps the store when the machine lets it.
const SYSTEM_PATH: &str = "/var/lib/linkkit/kv.json";

/// Values in base64, since a value may hold any bytes.
pub(crate) type Entries = BTreeMap<String, Zeroizing<String>>;

/// Why the store did not do what it was asked to. Never holds a value.
#[derive(Debug)]
pub(crate) enum KvError {
    /// There is no value under the key.
    NotFound,
    /// The key is empty or too long.
    Key(usize),
    /// The value is too long.
    Value(usize),
    /// The caller's buffer is smaller than the value.
    Room {
        /// The value's length in bytes.
        value: usize,
        /// The buffer's.
        room: usize,
    },
    /// Neither the environment nor the system offers a place for the file.
    NoPlace,
    /// The operating system reported an error.
    Io {
        /// What was tried: "read".
        doing: &'static str,
        path: PathBuf,
        cause: io::Error,
    },
    /// The file does not hold what it should.
    Corrupt { path: PathBuf, why: &'static str },
}

impl fmt::Display for KvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KvError::NotFound => f.write_str("there is no value under this key"),
            KvError::Key(len) => {
                write!(f, "the key is {len} bytes long, 1 to {KEY_MAX} are allowed")
            }
            KvError::Value(len) => {
                write!(f, "the value is {len} bytes long, at most {VALUE_MAX} are allowed")
            }
            KvError::Room { value, room } => {
                write!(f, "the value is {value} bytes long, the buffer has room for {room}")
            }
            KvError::NoPlace => write!(
                f,
                "no place for the key-value file: {SYSTEM_PATH} cannot be made, and none of \
                 LINKKIT_KV_FILE, XDG_STATE_HOME and HOME is set"
            ),
            KvError::Io { doing, path, cause } => {
                write!(f, "cannot {doing} {}: {cause}", path.display())
            }
            KvError::Corrupt { path, why } => write!(f, "{} is corrupt: {why}", path.display()),
        }
    }
}

/// The store of this process, at the path that its first use found.
pub(crate) fn store() -> Result<&'static Store, KvError> {
    static STORE: OnceLock<Option<Store>> = OnceLock::new();
    STORE
        .get_or_init(|| {
            let path = choose_path(environment, Path::new(SYSTEM_PATH))?;
            Some(Store::importing(path, kv_import::field_stores()))
        })
        .as_ref()
        .ok_or(KvError::NoPlace)
}

/// Where new firmware goes: as the environment says, else beside the store.
pub(crate) fn firmware_path() -> Option<PathBuf> {
    match environment(c"LINKKIT_FIRMWARE_FILE") {
        Some(path) => Some(path.into()),
        None => store().ok().map(|store| firmware::beside(&store.path)),
    }
}

/// A store in a file.
pub(crate) struct Store {
    path: PathBuf,
    old: Vec<OldStore>,
}

impl Store {
    /// The store in this file, which need not exist yet. Until it does, what the old stores hold
    /// counts, and the first use copies it.
    ///
    /// Absent it must be, not just empty: else a value that was deleted would come back.
    fn importing(path: impl Into<PathBuf>, old: Vec<OldStore>) -> Self {
        Store { path: path.into(), old }
    }

    /// The value under `key`, which must be at most `room` bytes long.
    pub(crate) fn get(&self, key: &str, room: usize) -> Result<Zeroizing<Vec<u8>>, KvError> {
        check_key(key)?;
        let entries = self.entries()?;
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
        })
    }

    /// Removes the value under `key`. There being none is fine.
    pub(crate) fn delete(&self, key: &str) -> Result<(), KvError> {
        check_key(key)?;
        if !self.entries()?.contains_key(key) {
            return Ok(());
        }
        self.change(|entries| {
            entries.remove(key);
        })
    }

    /// Everything that is stored.
    fn entries(&self) -> Result<Entries, KvError> {
        // No lock: the file is replaced as a whole, so a reader sees the old one or the new one.
        if let Some(entries) = self.repairing(|| self.load())? {
            return Ok(entries);
        }
        let old = kv_import::read(&self.old);
        if old.is_empty() {
            return Ok(old);
        }
        match self.import(&old) {
            Ok(entries) => Ok(entries),
            Err(why) => {
                log::error!(target: "HAL_Kv", "importing the values failed: {why}; they are used as they are and importing them is tried again");
                Ok(old)
            }
        }
    }

    /// Starts the store with `old`, unless another process was faster; returns what it holds.
    fn import(&self, old: &Entries) -> Result<Entries, KvError> {
        self.create_folder()?;
        let _lock = self.lock()?;
        if let Some(entries) = self.load()? {
            return Ok(entries);
        }
        self.save(old)?;
        Ok(old.clone())
    }

    fn change(&self, change: impl Fn(&mut Entries)) -> Result<(), KvError> {
        self.create_folder()?;
        self.repairing(|| {
            let old = self.not_imported();
            let _lock = self.lock()?;
            let mut entries = self.load()?.unwrap_or(old);
            change(&mut entries);
            self.save(&entries)
        })
    }

    /// What the old stores hold if there is no file yet. It logs, so never call it with the lock:
    /// the log ends in the firmware's console, which may want the store.
    fn not_imported(&self) -> Entries {
        match self.path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => kv_import::read(&self.old),
            _ => Entries::new(),
        }
    }

    /// Removes all values, those that an older store holds too: they are not looked for once there
    /// is a file.
    pub(crate) fn clear(&self) -> Result<(), KvError> {
        self.change(Entries::clear)
    }

    /// Does `work`; if the file turns out to be corrupt, sets it aside and does it again.
    fn repairing<T>(&self, work: impl Fn() -> Result<T, KvError>) -> Result<T, KvError> {
        match work() {
            Err(KvError::Corrupt { why, .. }) => {
                self.set_aside(why)?;
                work()
            }
            outcome => outcome,
        }
    }

    fn set_aside(&self, why: &str) -> Result<(), KvError> {
        let lock = self.lock()?;
        // Another process may have been faster.
        if !matches!(self.load(), Err(KvError::Corrupt { .. })) {
            return Ok(());
        }
        let aside = kv_file::set_aside(&self.path).map_err(|cause| self.io("set aside", cause))?;
        // The log ends in the firmware's console, which may want the store.
        drop(lock);
        log::error!(
            target: "HAL_Kv",
            "{} is corrupt: {why}; it was set aside as {}, and the store starts empty",
            self.path.display(),
            aside.display()
        );
        Ok(())
    }

    fn lock(&self) -> Result<kv_file::Lock, KvError> {
        kv_file::Lock::take(&self.path).map_err(|cause| self.io("lock", cause))
    }

    fn create_folder(&self) -> Result<(), KvError> {
        kv_file::create_folder(&self.path).map_err(|cause| self.io("make the folder of", cause))
    }

    /// What the file holds, `None` when there is no file.
    fn load(&self) -> Result<Option<Entries>, KvError> {
        let content = kv_file::read(&self.path).map_err(|cause| self.io("read", cause))?;
        let Some(content) = content else { return Ok(None) };
        decode(&content).map(Some).map_err(|why| self.corrupt(why))
    }

    fn save(&self, entries: &Entries) -> Result<(), KvError> {
        let json = encode(entries).map_err(|cause| self.io("encode", cause))?;
        kv_file::replace(&self.path, &json).map_err(|cause| self.io("write", cause))
    }

    fn io(&self, doing: &'static str, cause: io::Error) -> KvError {
        KvError::Io { doing, path: self.path.clone(), cause }
    }

    fn corrupt(&self, why: &'static str) -> KvError {
        KvError::Corrupt { path: self.path.clone(), why }
    }
}

fn check_key(key: &str) -> Result<(), KvError> {
    if (1..=KEY_MAX).contains(&key.len()) { Ok(()) } else { Err(KvError::Key(key.len())) }
}

/// What a file holds, or why it is none.
pub(crate) fn decode(content: &[u8]) -> Result<Entries, &'static str> {
    // The parser's own words could quote the text.
    serde_json::from_slice(content).map_err(|_| "it is not a JSON object of strings")
}

/// The file that holds `entries`.
pub(crate) fn encode(entries: &Entries) -> io::Result<Zeroizing<Vec<u8>>> {
    // Room for quotes, colon, comma, and for a key that is escaped to the last byte, so that the
    // vector does not grow, which would leave copies of secrets behind.
    let room = entries.iter().map(|(key, value)| 6 * key.len() + value.len() + 6).sum::<usize>();
    let mut json = Zeroizing::new(Vec::with_capacity(room + 2));
    serde_json::to_writer(&mut *json, entries)?;
    // A store that could not be read again must not be written.
    if u64::try_from(json.len()).is_ok_and(|len| len <= kv_file::FILE_MAX) {
        Ok(json)
    } else {
        Err(io::ErrorKind::FileTooLarge.into())
    }
}

/// Where the file is: as the environment says, else where the system keeps such things, else in the
/// user's home.
fn choose_path(environment: impl Fn(&CStr) -> Option<OsString>, system: &Path) -> Option<PathBuf> {
    if let Some(path) = environment(c"LINKKIT_KV_FILE") {
        return Some(path.into());
    }
    if is_usable(system) {
        return Some(system.to_owned());
    }
    // The XDG specification has relative paths ignored.
    let absolute = |name| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute(c"XDG_STATE_HOME")
        .or_else(|| absolute(c"HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("linkkit/kv.json"))
}

/// Whether the file is there or can be made. One that is there counts even if the disk is read-only
/// just now: looking elsewhere would lose the device's secret.
fn is_usable(path: &Path) -> bool {
    path.exists() || kv_file::create_folder(path).and_then(|()| kv_file::Lock::take(path)).is_ok()
}

/// A variable that is not empty. In a program with more rights than its user there are none: the
/// user could have it write anywhere.
fn environment(name: &CStr) -> Option<OsString> {
    unsafe extern "C" {
        fn secure_getenv(name: *const libc::c_char) -> *mut libc::c_char;
    }
    // SAFETY: the name is NUL-terminated.
    let value = unsafe { secure_getenv(name.as_ptr()) };
    if value.is_null() {
        return None;
    }
    // SAFETY: the C library returned a NUL-terminated string; it is copied at once.
    let value = unsafe { CStr::from_ptr(value) };
    Some(OsStr::from_bytes(value.to_bytes()).to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Command;
    use std::thread;

    use super::*;
    use crate::hal::linux::kv_import::tests::{stores_in, write_json, write_table};

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
        for content in ["", "{", "[]", r#"{"key":1}"#, "\0\0\0", r#"{"key":"dmFsdWU="}x"#] {
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
            r#"{"other":"MQ==","secret":"RmllbGRTZWNyZXQ="}"#
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
        assert_eq!(fs::read_to_string(&store.path).unwrap(), "{}");
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

    #[test]
    fn the_environment_comes_first_then_the_system_then_the_home() {
        let temp = tempfile::tempdir().unwrap();
        let path = |name: &str| temp.path().join(name).join("kv.json");
        let (system, no_system) = (path("system"), Path::new("/proc/linkkit/kv.json"));
        let choose = |variables: &[(&CStr, &str)], system: &Path| {
            let find = |name: &CStr| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            };
            choose_path(find, system)
        };
        assert_eq!(choose(&[(c"LINKKIT_KV_FILE", "/x")], &system), Some("/x".into()));
        assert_eq!(choose(&[(c"HOME", "/home/u")], &system), Some(system.clone()));
        assert_eq!(
            choose(&[(c"XDG_STATE_HOME", "/state"), (c"HOME", "/home/u")], no_system),
            Some("/state/linkkit/kv.json".into())
        );
        assert_eq!(
            choose(&[(c"XDG_STATE_HOME", "relative"), (c"HOME", "/home/u")], no_system),
            Some("/home/u/.local/state/linkkit/kv.json".into())
        );
        assert_eq!(choose(&[], no_system), None);
    }

    #[test]
    fn the_environment_is_read() {
        assert!(environment(c"PATH").is_some());
        assert!(environment(c"LINKKIT_NO_SUCH_VARIABLE").is_none());
    }
}
