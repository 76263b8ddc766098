//! The library, built as a firmware gets it.

#![forbid(unsafe_code)]

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::{Abi, cargo, compiler, is_newer, make_whole, run, shown, target, workspace};
use crate::error::{Error, Trying as _};

/// What the Rust standard library needs from the system.
const SYSTEM_LIBRARIES: [&str; 5] = ["-lpthread", "-ldl", "-lm", "-lrt", "-lgcc_s"];

/// How the library is optimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Cargo's `dev` profile.
    Debug,
    /// Cargo's `release` profile.
    Release,
}

/// How programs are linked with the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Linkage {
    /// With `libiot_sdk.a`.
    Static,
    /// With `libiot_sdk.so`, linked from the `.a` as the shipped one is.
    Shared,
}

/// The library, built.
#[derive(Clone, Debug)]
pub struct Library {
    /// `libiot_sdk.a` or `libiot_sdk.so`.
    pub path: PathBuf,
    linkage: Linkage,
    pub(super) abi: Abi,
}

impl Library {
    /// Builds the library from the source tree that the simulator was built from.
    ///
    /// `CARGO` and `CC` name other programs than `cargo` and `cc`; `CARGO_TARGET_DIR` counts as
    /// ever. Several processes may build at a time.
    pub fn build(profile: Profile, linkage: Linkage) -> Result<Self, Error> {
        Self::build_for(Abi::DEFAULT, profile, linkage)
    }

    /// The same for one of the releases.
    pub fn build_for(abi: Abi, profile: Profile, linkage: Linkage) -> Result<Self, Error> {
        let archive = build_archive(abi, profile)?;
        let path = match linkage {
            Linkage::Static => archive,
            Linkage::Shared => link_shared(abi, &archive)?,
        };
        Ok(Library { path, linkage, abi })
    }

    /// An archive that was built in another way, such as with a sanitizer.
    pub fn prebuilt(archive: PathBuf) -> Self {
        Library { path: archive, linkage: Linkage::Static, abi: Abi::DEFAULT }
    }

    /// The folder that the library is in.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    pub(super) fn link_arguments(&self) -> Result<Vec<OsString>, Error> {
        let mut arguments = vec![self.path.clone().into_os_string()];
        match self.linkage {
            Linkage::Static => arguments.extend(system_libraries()?),
            Linkage::Shared => {
                let mut rpath = OsString::from("-Wl,-rpath,");
                rpath.push(self.folder());
                arguments.push(rpath);
                arguments.push("-lpthread".into());
            }
        }
        Ok(arguments)
    }
}

/// What a program with the library inside needs from the system.
fn system_libraries() -> Result<Vec<OsString>, Error> {
    match target() {
        Some(target) if target.ends_with("-musl") => Ok(vec![unwinder(&target)?, "-static".into()]),
        _ => Ok(SYSTEM_LIBRARIES.map(OsString::from).into()),
    }
}

/// The unwinder that Rust brings along for musl, for which the system's, GCC's, may not be made.
fn unwinder(target: &str) -> Result<OsString, Error> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print=target-libdir", "--target", target]);
    let output = rustc.output().trying(|| format!("run {}", shown(&rustc)))?;
    let folder = String::from_utf8_lossy(&output.stdout);
    Ok(format!("{}/self-contained/libunwind.a", folder.trim_end()).into())
}

fn build_archive(abi: Abi, profile: Profile) -> Result<PathBuf, Error> {
    let mut cargo = cargo();
    match profile {
        Profile::Debug => cargo.arg("build"),
        // Nothing but the archive, as CMake builds it: beside libraries of other kinds it would not
        // be optimised as a whole.
        Profile::Release => cargo.args(["rustc", "--release", "--crate-type=staticlib"]),
    };
    cargo.args(["--package=linkkit", "--lib", "--message-format=json-render-diagnostics"]);
    if let Some(target) = target() {
        cargo.arg(format!("--target={target}"));
    }
    if abi != Abi::DEFAULT {
        // In a folder of its own, since the archive of every release has the same name.
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| workspace().join("target"), PathBuf::from);
        cargo.arg("--target-dir").arg(target.join(format!("abi-{}", abi.number())));
        cargo.args(["--no-default-features", "--features"]);
        cargo.arg(format!("abi-{}", abi.number().replace('.', "-")));
    }
    let output =
        cargo.stderr(Stdio::inherit()).output().trying(|| format!("run {}", shown(&cargo)))?;
    if !output.status.success() {
        let command = shown(&cargo);
        return Err(Error::Command { command, status: output.status, output: String::new() });
    }
    archive_among(&output.stdout).ok_or_else(|| Error::Content {
        file: shown(&cargo),
        why: "its messages name no static library iot_sdk".into(),
    })
}

/// What is needed of cargo's message about a finished library.
#[derive(Deserialize)]
struct Artifact {
    target: Target,
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Finds the static library in cargo's messages, one JSON object a line.
fn archive_among(messages: &[u8]) -> Option<PathBuf> {
    messages
        .split(|&byte| byte == b'\n')
        // Messages of other kinds have another form.
        .filter_map(|line| serde_json::from_slice::<Artifact>(line).ok())
        .filter(|artifact| artifact.target.name == "iot_sdk")
        .flat_map(|artifact| artifact.filenames)
        .find(|file| file.extension() == Some(OsStr::new("a")))
}

/// Links the shared library from the archive, unless that was done since the archive was built.
fn link_shared(abi: Abi, archive: &Path) -> Result<PathBuf, Error> {
    // Cargo's own libiot_sdk.so, for development, is beside the archive.
    let folder = archive.with_file_name("shared");
    fs::create_dir_all(&folder).trying(|| format!("make the folder {}", folder.display()))?;
    let soname = abi.soname();
    let library = folder.join(&soname);
    if !is_newer(&library, &[archive, &abi.symbols_file()]) {
        let map = folder.join("symbols.map");
        let version_map = version_map(abi, &abi.symbols()?);
        make_whole(&map, |unfinished| {
            fs::write(unfinished, &version_map).trying(|| format!("write {}", unfinished.display()))
        })?;
        make_whole(&library, |unfinished| {
            let mut script = OsString::from("-Wl,--version-script=");
            script.push(&map);
            run(compiler()
                .arg("-shared")
                .arg("-Wl,--whole-archive")
                .arg(archive)
                .arg("-Wl,--no-whole-archive")
                .arg(script)
                .arg(format!("-Wl,-soname,{soname}"))
                .args(SYSTEM_LIBRARIES)
                .arg("-o")
                .arg(unfinished))
        })?;
    }
    let development_name = folder.join("libiot_sdk.so");
    make_whole(&development_name, |unfinished| {
        symlink(&soname, unfinished).trying(|| format!("link {}", unfinished.display()))
    })?;
    Ok(development_name)
}

/// Exports the listed symbols, by the release's version, and hides the rest. A program that was
/// linked with the original library asks for no version, and gets this one.
fn version_map(abi: Abi, symbols: &[String]) -> String {
    let symbols: String = symbols.iter().map(|symbol| format!("    {symbol};\n")).collect();
    format!("LINKKIT_{} {{\n  global:\n{symbols}  local:\n    *;\n}};\n", abi.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_is_found_among_cargos_messages() {
        let messages = br#"{"reason":"compiler-artifact","target":{"name":"libc"},"filenames":["/t/liblibc.rlib"]}
not json
{"reason":"compiler-artifact","target":{"name":"iot_sdk"},"filenames":["/t/libiot_sdk.rlib","/t/libiot_sdk.a","/t/libiot_sdk.so"]}
{"reason":"build-finished","success":true}
"#;
        assert_eq!(archive_among(messages), Some(PathBuf::from("/t/libiot_sdk.a")));
        assert_eq!(archive_among(b""), None);
    }

    #[test]
    fn a_shared_library_exports_the_listed_symbols_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("lib.c");
        fs::write(&source, "int shown(void){return 1;} int hidden(void){return 2;}").unwrap();
        let map = folder.path().join("map");
        fs::write(&map, version_map(Abi::V2_2, &["shown".to_owned()])).unwrap();
        let library = folder.path().join("lib.so");
        run(compiler()
            .args(["-shared", "-fPIC"])
            .arg(format!("-Wl,--version-script={}", map.display()))
            .arg(&source)
            .arg("-o")
            .arg(&library))
        .unwrap();
        let symbols = Command::new("nm").args(["-D", "--defined-only"]).arg(library).output();
        let symbols = String::from_utf8(symbols.unwrap().stdout).unwrap();
        let names: Vec<_> =
            symbols.lines().filter_map(|line| line.split_whitespace().last()).collect();
        // The version is a symbol too.
        assert_eq!(names, ["LINKKIT_2.2", "shown@@LINKKIT_2.2"]);
    }
}
