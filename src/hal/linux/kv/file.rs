//! A file that holds secrets: replaced whole, locked between processes, never through a link.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::base::deadline::Deadline;
use crate::hal::linux::descriptor::above_stdio;

/// The largest file that is read, in bytes; a larger one is not ours.
pub(crate) const FILE_MAX: u64 = 1 << 20;

/// How long to wait for another process that holds the lock.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
const LOCK_POLL: Duration = Duration::from_millis(5);

const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
const RIGHTS_OF_OTHERS: u32 = 0o077;

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

/// Reads the whole file; `None` when there is none. An error unless this user or root owns it.
///
/// Its owner alone has rights on such a file: where others have some, they are taken away, and
/// `mended` is told.
pub(crate) fn read(
    path: &Path,
    mended: impl FnOnce(io::Result<()>),
) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let Some((file, metadata)) = open_regular(path)? else { return Ok(None) };
    check_owner(&metadata)?;
    if metadata.mode() & RIGHTS_OF_OTHERS != 0 {
        mended(file.set_permissions(Permissions::from_mode(FILE_MODE)));
    }
    read_whole(file, &metadata).map(Some)
}

/// The same of a file in a folder that others may write to: an error unless this user or root
/// wrote the file.
pub(crate) fn read_owned(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    let Some((file, metadata)) = open_regular(path)? else { return Ok(None) };
    check_owner(&metadata)?;
    if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others may write to it"));
    }
    if metadata.nlink() != 1 {
        // Somebody may have linked a file here that was not made for this.
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it has a second name"));
    }
    read_whole(file, &metadata).map(Some)
}

fn check_owner(metadata: &Metadata) -> io::Result<()> {
    const ROOT: u32 = 0;
    // SAFETY: takes nothing and cannot fail.
    let this_user = unsafe { libc::geteuid() };
    if [this_user, ROOT].contains(&metadata.uid()) {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"))
}

fn open_regular(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    // Without NONBLOCK opening a named pipe would wait for a writer.
    let file = match open(plain(OpenOptions::new().read(true), libc::O_NONBLOCK), path) {
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

/// Puts `content` in the place of the file and returns when it is on the disk, with the file.
///
/// At every moment, whatever fails, the file is either the old one or the new one, whole. Only the
/// holder of the lock may call it.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<File> {
    let (temporary, mut file) = create_temporary(path)?;
    let result = write_durably(&mut file, content).and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        // The first error is the one to report, and the rest would be removed by the next try.
        let _ = fs::remove_file(&temporary);
    }
    result?;
    sync_folder(path)?;
    Ok(file)
}

/// Puts `content`, which the file holds, into `<name>.corrupt-<n>` with the first `n` that is free,
/// and returns that path once it is on the disk.
pub(crate) fn put_aside(path: &Path, content: &[u8]) -> io::Result<PathBuf> {
    for number in 1_u32.. {
        let aside = beside(path, &format!(".corrupt-{number}"));
        match create_new(&aside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(mut file) => {
                write_durably(&mut file, content)?;
                sync_folder(path)?;
                return Ok(aside);
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The file beside a store by which threads and processes keep each other out. A file of its own,
/// since the store's is replaced.
pub(crate) struct LockFile(File);

/// The right to change the file; given back on drop.
pub(crate) struct Locked<'a>(&'a File);

impl LockFile {
    /// Opens the file, without locking it yet.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        open(plain(options.write(true).create(true), 0), &beside(path, ".lock")).map(LockFile)
    }

    /// Waits for the lock until the deadline, and at most [`LOCK_TIMEOUT`]: a process that was
    /// stopped while it held the lock must not stop this one.
    pub(crate) fn lock(&self, deadline: Deadline) -> io::Result<Locked<'_>> {
        let end = Deadline::after(deadline.left().min(LOCK_TIMEOUT));
        loop {
            match self.0.try_lock() {
                Ok(()) => return Ok(Locked(&self.0)),
                Err(TryLockError::WouldBlock) if !end.is_over() => std::thread::sleep(LOCK_POLL),
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

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // Closing the file would do it as well.
        let _ = self.0.unlock();
    }
}

/// What tells a file from one that took its place: as long as it is open, no other has its number.
pub(crate) struct Version {
    _file: File,
    is: (u64, u64, i64, i64, u64),
}

impl Version {
    /// The version that this open file is, complete.
    pub(crate) fn of(file: File) -> io::Result<Self> {
        let is = Self::told_by(&file.metadata()?);
        Ok(Version { _file: file, is })
    }

    /// Whether the path still leads to this version.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok_and(|metadata| Self::told_by(&metadata) == self.is)
    }

    fn told_by(metadata: &Metadata) -> (u64, u64, i64, i64, u64) {
        let (seconds, nanoseconds) = (metadata.mtime(), metadata.mtime_nsec());
        (metadata.dev(), metadata.ino(), seconds, nanoseconds, metadata.size())
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

/// Opens a file by a descriptor that no standard stream has.
fn open(options: &OpenOptions, path: &Path) -> io::Result<File> {
    Ok(above_stdio(options.open(path)?.into())?.into())
}

fn write_durably(file: &mut File, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    file.sync_all()
}

fn create_new(path: &Path) -> io::Result<File> {
    open(plain(OpenOptions::new().write(true).create_new(true), 0), path)
}

/// An empty file that can be renamed to `path` once it is complete.
pub(crate) fn create_temporary(path: &Path) -> io::Result<(PathBuf, File)> {
    let temporary = beside(path, ".tmp");
    let file = match create_new(&temporary) {
        // Left by a process that died before it was done.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            remove_if_there(&temporary)?;
            create_new(&temporary)?
        }
        outcome => outcome?,
    };
    Ok((temporary, file))
}

/// A rename is on the disk only when its folder is.
pub(crate) fn sync_folder(file: &Path) -> io::Result<()> {
    open(OpenOptions::new().read(true), folder(file))?.sync_all()
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::thread;
    use std::time::Instant;

    use super::*;

    fn found(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        read(path, |_| ())
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folder_and_file_are_for_the_owner_only() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b/kv.json");
        create_folder(&path).unwrap();
        replace(&path, b"{}").unwrap();
        LockFile::open(&path).unwrap();
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
        let own = || LockFile::open(&path).unwrap();
        let (first, second) = (own(), own());
        let kept = first.lock(Deadline::OVER).unwrap();
        let start = Instant::now();
        let refused = second.lock(Deadline::after(SHORT)).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
        assert_eq!(refused.to_string(), "another process keeps it locked");
        assert!((SHORT..LOCK_TIMEOUT).contains(&start.elapsed()), "{:?}", start.elapsed());
        // Who waits gets it as soon as it is free.
        thread::scope(|scope| {
            let waiting = scope.spawn(|| own().lock(Deadline::after(LOCK_TIMEOUT)).map(drop));
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
        assert_eq!(found(&path).unwrap().unwrap().as_slice(), b"new");
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
        assert!(found(&file).unwrap().is_none());
        fs::write(&file, "{}").unwrap();
        symlink(&file, &link).unwrap();
        assert_eq!(found(&link).unwrap_err().raw_os_error(), Some(libc::ELOOP));
        assert!(found(temp.path()).is_err());
        symlink(&file, beside(&link, ".lock")).unwrap();
        assert!(LockFile::open(&link).is_err());
        File::create(&file).unwrap().set_len(FILE_MAX + 1).unwrap();
        assert_eq!(found(&file).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn what_was_put_aside_is_never_overwritten() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("kv.json");
        for number in 1..=3 {
            let aside = put_aside(&path, number.to_string().as_bytes()).unwrap();
            assert_eq!(aside, temp.path().join(format!("kv.json.corrupt-{number}")));
        }
        assert_eq!(fs::read_to_string(temp.path().join("kv.json.corrupt-1")).unwrap(), "1");
    }

    #[test]
    fn another_version_is_noticed() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("kv.json");
        let version = Version::of(replace(&path, b"old").unwrap()).unwrap();
        assert!(version.is_at(&path));
        replace(&path, b"new").unwrap();
        replace(&path, b"old").unwrap();
        assert!(!version.is_at(&path));
        fs::remove_file(&path).unwrap();
        assert!(!version.is_at(&path));
    }

    #[test]
    fn rights_of_others_are_taken_away() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("kv.json");
        replace(&path, b"{}").unwrap();
        read(&path, |_| panic!("it was private")).unwrap();
        for open in [0o620, 0o602, 0o644, 0o666] {
            fs::set_permissions(&path, Permissions::from_mode(open)).unwrap();
            let mut told = 0;
            read(&path, |outcome| told += i32::from(outcome.is_ok())).unwrap();
            assert_eq!((told, mode(&path)), (1, FILE_MODE), "{open:o}");
        }
    }

    #[test]
    fn a_file_without_a_folder_lies_in_the_current_one() {
        assert_eq!(folder(Path::new("kv.json")), Path::new("."));
        assert_eq!(folder(Path::new("/kv.json")), Path::new("/"));
    }
}
