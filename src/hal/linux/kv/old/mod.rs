//! The stores that the C SDK left on devices in the field. A device that registered under it has
//! its secret there, and the cloud does not give it another.
//!
//! They are only read. A file that somebody else could have put there is refused: one of them lies
//! in a folder that everybody may write to.

pub(crate) mod json;
pub(crate) mod table;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Entries, file};

/// What an old file holds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What is sound.
    pub(crate) entries: Entries,
    /// What is not, in words; never a value.
    pub(crate) damage: Vec<String>,
}

/// A store of the C SDK's reference port.
pub(super) struct OldStore {
    path: PathBuf,
    /// What the new store calls it once it has been imported.
    name: &'static str,
    parse: fn(&[u8]) -> Result<Found, &'static str>,
    /// Whether the log says already why the file is refused. It is asked for with every value that
    /// our own store does not have.
    refusal_said: AtomicBool,
}

impl OldStore {
    /// One as release 2.2.1 writes it.
    fn json(path: impl Into<PathBuf>) -> Self {
        Self::new(path, "kvfile.db", json::parse)
    }

    /// One as releases 2.3.0 to 3.2.0 write it.
    fn table(path: impl Into<PathBuf>) -> Self {
        Self::new(path, "linkkit_kv.bin", table::parse)
    }

    fn new(
        path: impl Into<PathBuf>,
        name: &'static str,
        parse: fn(&[u8]) -> Result<Found, &'static str>,
    ) -> Self {
        OldStore { path: path.into(), name, parse, refusal_said: AtomicBool::new(false) }
    }

    /// The name under which the new store notes that it has been imported.
    pub(super) fn name(&self) -> &'static [u8] {
        self.name.as_bytes()
    }

    /// What the file holds and what the log is to say of it; `None` when there is no such file or it is
    /// refused.
    pub(super) fn look(&self) -> Option<(Entries, String)> {
        let path = self.path.display();
        match self.read() {
            Ok(None) => None,
            Ok(Some(Found { entries, damage })) => {
                let mut line = format!("{} values of the C SDK are found in {path}", entries.len());
                if !damage.is_empty() {
                    line.push_str("; damaged and left out: ");
                    line.push_str(&damage.join(", "));
                }
                Some((entries, line))
            }
            Err(why) => {
                if !self.refusal_said.swap(true, Ordering::Relaxed) {
                    log::error!(target: "HAL_Kv", "{path} of the C SDK is not imported: {why}; it is looked for again until it is");
                }
                None
            }
        }
    }

    fn read(&self) -> Result<Option<Found>, String> {
        match file::read_owned(&self.path).map_err(|cause| cause.to_string())? {
            Some(content) => Ok(Some((self.parse)(&content)?)),
            None => Ok(None),
        }
    }
}

/// The files of the reference ports, that of the later releases first: of a key in both its value
/// counts.
pub(super) fn field_stores() -> Vec<OldStore> {
    vec![OldStore::table("linkkit_kv.bin"), OldStore::json("/tmp/kvfile.db")]
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    use std::path::Path;
    use std::process::Command;

    use super::*;

    /// Old stores in this folder, which need not exist.
    pub(crate) fn stores_in(folder: &Path) -> Vec<OldStore> {
        vec![
            OldStore::table(folder.join("linkkit_kv.bin")),
            OldStore::json(folder.join("kvfile.db")),
        ]
    }

    /// What release 2.2.1 leaves behind: the values in base64.
    pub(crate) fn write_json(folder: &Path, values: &[(&str, &[u8])]) {
        fs::write(folder.join("kvfile.db"), json::tests::file(values)).unwrap();
    }

    /// What the later releases leave behind.
    pub(crate) fn write_table(folder: &Path, values: &[(&str, &[u8])]) {
        fs::write(folder.join("linkkit_kv.bin"), table::tests::file(values)).unwrap();
    }

    /// Why the file is refused that `plant` makes of a good one.
    fn refusal(plant: impl Fn(&Path)) -> String {
        let folder = tempfile::tempdir().unwrap();
        write_json(folder.path(), &[("key", b"value")]);
        let path = folder.path().join("kvfile.db");
        plant(&path);
        let store = OldStore::json(&path);
        assert!(store.look().is_none());
        store.read().unwrap_err()
    }

    #[test]
    fn what_somebody_else_could_have_planted_is_refused() {
        let aside = |path: &Path| {
            let target = path.with_extension("aside");
            fs::rename(path, &target).unwrap();
            target
        };
        assert!(refusal(|path| symlink(aside(path), path).unwrap()).contains("symbolic link"));
        assert!(
            refusal(|path| fs::hard_link(aside(path), path).unwrap()).contains("second name"),
            "a hard link"
        );
        for mode in [0o620, 0o602, 0o666] {
            let writable = |path: &Path| {
                fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
            };
            assert!(refusal(writable).contains("others may write to it"), "{mode:o}");
        }
        let folder = |path: &Path| {
            aside(path);
            fs::create_dir(path).unwrap();
        };
        assert!(refusal(folder).contains("not a regular file"));
        let pipe = |path: &Path| {
            aside(path);
            assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        };
        assert!(refusal(pipe).contains("not a regular file"));
        let huge = |path: &Path| {
            File::options().write(true).open(path).unwrap().set_len(1 << 40).unwrap();
        };
        assert!(refusal(huge).contains("too large"), "{}", refusal(huge));
    }

    /// Giving a file away takes root, as the gate is.
    #[test]
    fn another_user_s_file_is_refused() {
        // SAFETY: takes nothing and cannot fail.
        if unsafe { libc::geteuid() } != 0 {
            // Of a user who is not root, this file would be another's: a file of root is trusted.
            return;
        }
        const NOBODY: u32 = 65534;
        let given_away = |path: &Path| chown(path, Some(NOBODY), None).unwrap();
        assert!(refusal(given_away).contains("belongs to another user"));
    }

    #[test]
    fn the_old_files_are_where_the_reference_ports_put_them() {
        let paths: Vec<_> = field_stores().into_iter().map(|store| store.path).collect();
        assert_eq!(paths, [Path::new("linkkit_kv.bin"), Path::new("/tmp/kvfile.db")]);
    }
}
