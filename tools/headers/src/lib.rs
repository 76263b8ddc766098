//! Writes the C headers under `include/` from the Rust sources, and tells which of them are stale.

#![forbid(unsafe_code)]

mod items;
mod table;

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use items::Items;
use table::{Header, MODULES, RELEASES};

/// What rewrites every header.
pub const COMMAND: &str = "cargo run -p linkkit-headers";

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of the releases, which their folders below `include` bear.
pub fn releases() -> impl Iterator<Item = &'static str> {
    RELEASES.iter().map(|release| release.name)
}

/// The folder that firmware gives its compiler (`-I`) for a release, below the repository's root.
pub fn include(release: &str) -> PathBuf {
    Path::new("include").join(release)
}

/// The paths of a release's headers, below [`include()`].
pub fn paths(release: &str) -> impl Iterator<Item = &'static str> {
    let release = RELEASES.iter().find(|known| known.name == release);
    release.into_iter().flat_map(|release| release.headers).map(|header| header.path)
}

/// Writes every header.
pub fn write(root: &Path) -> Result<(), Box<dyn Error>> {
    for release in RELEASES {
        let items = Items::read(root, MODULES, release.name)?;
        for header in release.headers {
            let file = root.join(include(release.name)).join(header.path);
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(file, render(root, release.name, &items, header)?)?;
        }
    }
    Ok(())
}

/// The headers that are missing or not what [`write()`] would write, below the repository's root.
pub fn stale(root: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut stale = Vec::new();
    for release in RELEASES {
        let items = Items::read(root, MODULES, release.name)?;
        for header in release.headers {
            let path = include(release.name).join(header.path);
            let written = render(root, release.name, &items, header)?;
            if read_if_there(&root.join(&path))? != Some(written) {
                stale.push(path);
            }
        }
    }
    Ok(stale)
}

fn render(
    root: &Path,
    release: &str,
    items: &Items,
    header: &Header,
) -> Result<String, Box<dyn Error>> {
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml"))?;
    config.include_guard = Some(guard(header.path));
    config.sys_includes = owned(header.system);
    config.includes = owned(header.includes);
    // Types that no function mentions, too.
    config.export.include = items.names(header.items);
    config.after_includes = text(root, release, header)?;
    config.trailer = trailer(header);

    let source = tempfile::NamedTempFile::new()?;
    fs::write(&source, items.text(header.items)?)?;
    let builder = cbindgen::Builder::new().with_config(config).with_src(source.path());
    let mut text = Vec::new();
    builder.generate()?.write(&mut text);
    Ok(String::from_utf8(text)?)
}

/// The public items that are not in exactly one header of a release, and in how many they are.
pub fn misplaced(root: &Path, release: &str) -> Result<Vec<(String, usize)>, Box<dyn Error>> {
    let headers = RELEASES.iter().filter(|known| known.name == release);
    let lists: Vec<_> =
        headers.flat_map(|release| release.headers).map(|header| header.items).collect();
    let items = Items::read(root, MODULES, release)?;
    let misplaced = items.uses(&lists).filter(|(_, count)| *count != 1);
    Ok(misplaced.map(|(name, count)| (name.to_owned(), count)).collect())
}

/// What the header has besides what cbindgen writes.
fn text(root: &Path, release: &str, header: &Header) -> io::Result<Option<String>> {
    let folder = root.join("tools/headers");
    let mut texts = Vec::new();
    for owner in [release, "shared"] {
        texts.extend(read_if_there(&folder.join(owner).join(header.path))?);
    }
    let texts: Vec<_> = texts.iter().map(|text| text.trim_end()).collect();
    Ok((!texts.is_empty()).then(|| texts.join("\n\n")))
}

/// What follows the header's own types.
fn trailer(header: &Header) -> Option<String> {
    let includes: Vec<_> =
        header.late_includes.iter().map(|path| format!("#include \"{path}\"")).collect();
    (!includes.is_empty()).then(|| includes.join("\n"))
}

fn guard(path: &str) -> String {
    let name = path.replace(|c: char| !c.is_ascii_alphanumeric(), "_").to_uppercase();
    format!("LINKKIT_{name}")
}

fn owned(list: &[&str]) -> Vec<String> {
    list.iter().copied().map(str::to_owned).collect()
}

fn read_if_there(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
