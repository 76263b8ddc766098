//! A file that holds secrets: replaced whole, locked between processes, never through a link.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::deadline::Deadline;

/// The largest file that is read, in bytes; a larger one is not ours.
pub(crate) const FILE_MAX: u64 = 1 << 20;

/// How long to wait for another process that holds the lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
const LOCK_POLL: Duration = Duration::from_millis(5);

const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Makes the folder that `file` lies in, for its owner only, and returns when it is on the disk. An
/// existing one stays as it is.
pub(crate) fn create_folder(file: &Path) -> io::Result<()> {
    let folder = folder(file);
    if folder.is_dir() {
        return Ok(());
    }
    create_folder(folder)?;
    match DirBuilder::new().mode(FOLDER_MODE).create(folder) {
        // Another process may have been faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(folder),
    }
}

/// Reads the whole file; `None` when there is none.
pub(crate) fn read(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let Some((file, metadata)) = open_regular(path)? else { return Ok(None) };
    read_whole(file, &metadata).map(Some)
}

/// The same of a file in a folder that others may write to: an error unless this user or root
/// wrote the file.
pub(crate) fn read_owned(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    const ROOT: u32 = 0;
    let Some((file, metadata)) = open_regular(path)? else { return Ok(None) };
    // SAFETY: takes nothing and cannot fail.
    let this_user = unsafe { libc::geteuid() };
    if ![this_user, ROOT].contains(&metadata.uid()) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others may write to it"));
    }
    if metadata.nlink() != 1 {
        // Somebody may have linked a file here that was not made for this.
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it has a second name"));
    }
    read_whole(file, &metadata).map(Some)
}

fn open_regular(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    // Without NONBLOCK opening a named pipe would wait for a writer.
    let file = match plain(OpenOptions::new().read(true), libc::O_NONBLOCK).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    Ok(Some((file, metadata)))
}

fn read_whole(file: File, metadata: &Metadata) -> io::Result<Zeroizing<Vec<u8>>> {
    if metadata.len() > FILE_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    // With room for all of it the vector does not grow, which would leave copies behind.
    let room = usize::try_from(metadata.len()).unwrap_or(0) + 1;
    let mut content = Zeroizing::new(Vec::with_capacity(room));
    file.take(FILE_MAX).read_to_end(&mut content)?;
    Ok(content)
}

/// Puts `content` in the place of the file and returns when it is on the disk.
///
/// At every moment, whatever fails, the file is either the old one or the new one, whole. Only the
/// holder of the [`Lock`] may call it.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = beside(path, ".tmp");
    // One may be left by a process that died here.
    remove_if_there(&temporary)?;
    let result = write_durably(&temporary, content).and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        // The first error is the one to report, and the rest would be removed by the next try.
        let _ = fs::remove_file(&temporary);
    }
    result?;
    sync_folder(path)
}

/// Renames the file to `<name>.corrupt-<n>` with the first `n` that is free, and returns that
/// path. Only the holder of the [`Lock`] may call it.
pub(crate) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let mut number = 1_u32;
    let target = loop {
        let candidate = beside(path, &format!(".corrupt-{number}"));
        match fs::symlink_metadata(&candidate) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => break candidate,
            Err(error) => return Err(error),
            Ok(_) => number = number.checked_add(1).ok_or(io::ErrorKind::AlreadyExists)?,
        }
    };
    fs::rename(path, &target)?;
    sync_folder(path)?;
    Ok(target)
}

/// The right to change the file, against other threads and other processes; given back on drop.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock, at most five seconds: a process that was stopped while it held the lock
    /// must not stop this one.
    pub(crate) fn take(path: &Path) -> io::Result<Self> {
        Self::take_within(path, LOCK_TIMEOUT)
    }

    fn take_within(path: &Path, timeout: Duration) -> io::Result<Self> {
        // A file of its own, since the locked one is replaced.
        let file =
            plain(OpenOptions::new().write(true).create(true), 0).open(beside(path, ".lock"))?;
        let deadline = Deadline::after(timeout);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::WouldBlock) if !deadline.is_over() => {
                    std::thread::sleep(LOCK_POLL);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "another process keeps it locked",
                    ));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

/// The folder that `file` lies in.
fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The path with something added to the file's name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Opens nothing through a symbolic link, which somebody else could have put there.
fn plain(options: &mut OpenOptions, flags: libc::c_int) -> &mut OpenOptions {
    options.mode(FILE_MODE).custom_flags(libc::O_NOFOLLOW | flags)
}

fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = create_new(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn create_new(path: &Path) -> io::Result<File> {
    plain(OpenOptions::new().write(true).create_new(true), 0).open(path)
}

/// An empty file that can be renamed to `path` once it is complete.
pub(crate) fn create_temporary(path: &Path) -> io::Result<(PathBuf, File)> {
    let temporary = beside(path, ".tmp");
    // One may be left by a process that died before it was done.
    remove_if_there(&temporary)?;
    let file = create_new(&temporary)?;
    Ok((temporary, file))
}

/// A rename is on the disk only when its folder is.
pub(crate) fn sync_folder(file: &Path) -> io::Result<()> {
    File::open(folder(file))?.sync_all()
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::thread;
    use std::time::Instant;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folder_and_file_are_for_the_owner_only() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b/kv.json");
        create_folder(&path).unwrap();
        replace(&path, b"{}").unwrap();
        drop(Lock::take(&path).unwrap());
        assert_eq!(mode(&temp.path().join("a")), 0o700);
        assert_eq!(mode(&temp.path().join("a/b")), 0o700);
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&beside(&path, ".lock")), 0o600);
    }

    #[test]
    fn a_lock_that_is_kept_is_waited_for_and_given_up() {
        const SHORT: Duration = Duration::from_millis(100);
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("kv.json");
        let kept = Lock::take(&path).unwrap();
        let start = Instant::now();
        let refused = Lock::take_within(&path, SHORT).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
        assert_eq!(refused.to_string(), "another process keeps it locked");
        assert!((SHORT..LOCK_TIMEOUT).contains(&start.elapsed()), "{:?}", start.elapsed());
        // Who waits gets it as soon as it is free.
        thread::scope(|scope| {
            let waiting = scope.spawn(|| Lock::take(&path).map(drop));
            drop(kept);
            waiting.join().unwrap().unwrap();
        });
    }

    #[test]
    fn replacing_leaves_nothing_else_behind() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("kv.json");
        fs::write(beside(&path, ".tmp"), "left by a process that died").unwrap();
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(read(&path).unwrap().unwrap().as_slice(), b"new");
        let names: Vec<_> =
            fs::read_dir(temp.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["kv.json"]);
    }

    #[test]
    fn a_link_in_the_way_is_removed_and_not_followed() {
        let temp = tempfile::tempdir().unwrap();
        let (path, target) = (temp.path().join("kv.json"), temp.path().join("target"));
        fs::write(&target, "untouched").unwrap();
        symlink(&target, beside(&path, ".tmp")).unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "untouched");
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_replacement_that_fails_leaves_nothing_behind() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("kv.json");
        // A folder in its place makes the rename fail.
        fs::create_dir(&path).unwrap();
        assert!(replace(&path, b"new").is_err());
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_a_regular_file_is_read() {
        let temp = tempfile::tempdir().unwrap();
        let (file, link) = (temp.path().join("file"), temp.path().join("link"));
        assert!(read(&file).unwrap().is_none());
        fs::write(&file, "{}").unwrap();
        symlink(&file, &link).unwrap();
        assert_eq!(read(&link).unwrap_err().raw_os_error(), Some(libc::ELOOP));
        assert!(read(temp.path()).is_err());
        symlink(&file, beside(&link, ".lock")).unwrap();
        assert!(Lock::take(&link).is_err());
        File::create(&file).unwrap().set_len(FILE_MAX + 1).unwrap();
        assert_eq!(read(&file).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn what_was_set_aside_is_never_overwritten() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("kv.json");
        for number in 1..=3 {
            fs::write(&path, number.to_string()).unwrap();
            let aside = set_aside(&path).unwrap();
            assert_eq!(aside, temp.path().join(format!("kv.json.corrupt-{number}")));
        }
        assert_eq!(fs::read_to_string(temp.path().join("kv.json.corrupt-1")).unwrap(), "1");
        assert!(!path.exists());
    }

    #[test]
    fn a_file_without_a_folder_lies_in_the_current_one() {
        assert_eq!(folder(Path::new("kv.json")), Path::new("."));
        assert_eq!(folder(Path::new("/kv.json")), Path::new("/"));
    }
}
