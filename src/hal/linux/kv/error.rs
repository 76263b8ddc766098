//! What can go wrong with the key-value store, in words, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::place::SYSTEM_PATH;
use super::{KEY_MAX, VALUE_MAX};

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

impl KvError {
    /// What whoever looks after the device can do about it.
    pub(crate) fn advice(&self) -> &'static str {
        let KvError::Io { cause, .. } = self else { return "set LINKKIT_KV_FILE" };
        match cause.kind() {
            io::ErrorKind::PermissionDenied => {
                "let the user that runs this own the file and its folder, or name another by LINKKIT_KV_FILE"
            }
            io::ErrorKind::ReadOnlyFilesystem => {
                "mount the file system so that it can be written to, or name a file in another by LINKKIT_KV_FILE"
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "make room there, or name a file in another place by LINKKIT_KV_FILE"
            }
            io::ErrorKind::FileTooLarge => {
                "make the file smaller or lift the limit, or name another by LINKKIT_KV_FILE"
            }
            io::ErrorKind::TimedOut => "end the process that keeps the lock",
            _ => match cause.raw_os_error() {
                Some(libc::EMFILE | libc::ENFILE) => {
                    "close files, or raise the limit of open ones (ulimit -n)"
                }
                _ => ANOTHER_PLACE,
            },
        }
    }
}

const ANOTHER_PLACE: &str =
    "see to it that a plain file can be there, or name one in another place by LINKKIT_KV_FILE";
