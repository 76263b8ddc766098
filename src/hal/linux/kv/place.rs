//! Where the key-value store's file is.

use std::ffi::{CStr, OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{self, Path, PathBuf};

use super::file;

/// Where the build keeps the store when the machine lets it.
pub(super) const SYSTEM_PATH: &str = "/var/lib/linkkit/kv.json";

/// The file's place, which stays the same wherever the process goes; `None`: there is none.
pub(super) fn find() -> Option<PathBuf> {
    let path = choose(environment, Path::new(SYSTEM_PATH))?;
    Some(path::absolute(&path).unwrap_or(path))
}

/// Where the file is: as the environment says, else where the system keeps such things, else in the
/// user's home.
fn choose(environment: impl Fn(&CStr) -> Option<OsString>, system: &Path) -> Option<PathBuf> {
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
    path.exists() || file::create_folder(path).and_then(|()| file::LockFile::open(path)).is_ok()
}

/// A variable that is not empty. In a program with more rights than its user there are none: the
/// user could have it write anywhere.
pub(super) fn environment(name: &CStr) -> Option<OsString> {
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
    use super::*;

    #[test]
    fn the_environment_comes_first_then_the_system_then_the_home() {
        let temp = tempfile::tempdir().unwrap();
        let path = |name: &str| temp.path().join(name).join("kv.json");
        let (system, no_system) = (path("system"), Path::new("/proc/linkkit/kv.json"));
        let choose = |variables: &[(&CStr, &str)], system: &Path| {
            let find = |name: &CStr| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            };
            super::choose(find, system)
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
