//! Writes the C headers under `include/` from the Rust sources, and tells which of them are stale.

#![forbid(unsafe_code)]

mod table;

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use table::{HEADERS, Header};

/// What rewrites every header.
pub const COMMAND: &str = "cargo run -p linkkit-headers";

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder that firmware gives its compiler (`-I`), below the repository's root.
pub const INCLUDE: &str = "include/2.2";

/// The paths of all headers, below [`INCLUDE`].
pub fn paths() -> impl Iterator<Item = &'static str> {
    HEADERS.iter().map(|header| header.path)
}

/// Writes every header.
pub fn write(root: &Path) -> Result<(), Box<dyn Error>> {
    for header in HEADERS {
        let file = root.join(INCLUDE).join(header.path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, render(root, header)?)?;
    }
    Ok(())
}

/// The headers that are missing or not what [`write()`] would write, below the repository's root.
pub fn stale(root: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut stale = Vec::new();
    for header in HEADERS {
        let path = Path::new(INCLUDE).join(header.path);
        if read_if_there(&root.join(&path))? != Some(render(root, header)?) {
            stale.push(path);
        }
    }
    Ok(stale)
}

fn render(root: &Path, header: &Header) -> Result<String, Box<dyn Error>> {
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml"))?;
    config.include_guard = Some(guard(header.path));
    config.sys_includes = owned(header.system);
    config.includes = owned(header.includes);
    config.export.include = owned(header.types);
    config.after_includes = read_if_there(&root.join("tools/headers/2.2").join(header.path))?
        .map(|text| text.trim_end().to_owned());

    let sources = header.sources.iter().map(|source| root.join(source));
    let builder = cbindgen::Builder::new().with_config(config);
    let bindings = sources.fold(builder, cbindgen::Builder::with_src).generate()?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    Ok(String::from_utf8(text)?)
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
