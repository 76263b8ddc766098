//! Where new firmware is stored until the device starts from it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::kv::{self, file};
use crate::base::sync::lock;

/// The image that is being written.
static CURRENT: Mutex<Option<Image>> = Mutex::new(None);

struct Image {
    path: PathBuf,
    temporary: PathBuf,
    file: File,
}

/// Begins an image; one that was begun before is given up.
pub(crate) fn start() -> io::Result<()> {
    let path = kv::firmware_path().ok_or(io::ErrorKind::NotFound)?;
    let mut current = lock(&CURRENT);
    *current = None;
    *current = Some(Image::create(path)?);
    Ok(())
}

/// Adds a part to the image. After a failure there is none any more.
pub(crate) fn write(part: &[u8]) -> io::Result<()> {
    let mut current = lock(&CURRENT);
    let outcome = current.as_mut().ok_or_else(none)?.file.write_all(part);
    if outcome.is_err() {
        *current = None;
    }
    outcome
}

/// Puts the image in its place and returns when it is on the disk.
pub(crate) fn stop() -> io::Result<()> {
    lock(&CURRENT).take().ok_or_else(none)?.finish()
}

fn none() -> io::Error {
    io::Error::other("nothing was started, or a part before this one failed")
}

impl Image {
    fn create(path: PathBuf) -> io::Result<Self> {
        file::create_folder(&path)?;
        let (temporary, file) = file::create_temporary(&path)?;
        Ok(Image { path, temporary, file })
    }

    fn finish(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        file::sync_folder(&self.path)
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // After the rename there is nothing by this name, and otherwise nobody needs it.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// The name that an image has beside the file of the store.
pub(crate) fn beside(store: &Path) -> PathBuf {
    store.with_file_name("firmware.bin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_takes_the_place_of_the_old_one_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/firmware.bin");
        let mut image = Image::create(path.clone()).unwrap();
        image.file.write_all(b"old").unwrap();
        image.finish().unwrap();

        let mut image = Image::create(path.clone()).unwrap();
        image.file.write_all(b"half of the new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        drop(image);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
