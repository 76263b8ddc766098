//! Builds the library as a firmware gets it, and C programs against it.
//!
//! For this machine, or for the one whose Rust target `LINKKIT_TARGET` names. Its C compiler is then
//! the one of cc's variable, such as `CC_armv7_unknown_linux_gnueabihf`, and programs are started
//! by the command of cargo's, such as `CARGO_TARGET_ARMV7_UNKNOWN_LINUX_GNUEABIHF_RUNNER`.

#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use crate::error::{Error, Trying as _};

mod abi;
mod library;
mod program;

pub use abi::Abi;
pub use library::{Library, Linkage, Profile};
pub use program::CProgram;

/// The source tree, which this crate is a folder of.
fn workspace() -> &'static Path {
    let simulator = Path::new(env!("CARGO_MANIFEST_DIR"));
    simulator.parent().unwrap_or(simulator)
}

/// The Rust target of the machine that is built for, unless it is this one.
pub fn target() -> Option<String> {
    env::var("LINKKIT_TARGET").ok()
}

/// The command that starts a program that was built here.
pub fn start(program: &Path) -> Command {
    let runner = target()
        .map(|target| format!("CARGO_TARGET_{}_RUNNER", underscored(&target).to_uppercase()))
        .and_then(|variable| env::var(variable).ok())
        .unwrap_or_default();
    let mut words = runner.split_whitespace();
    let Some(emulator) = words.next() else { return Command::new(program) };
    let mut command = Command::new(emulator);
    command.args(words).arg(program);
    command
}

fn underscored(target: &str) -> String {
    target.replace('-', "_")
}

fn compiler() -> Command {
    let variable = target().map_or("CC".into(), |target| format!("CC_{}", underscored(&target)));
    Command::new(env::var_os(variable).unwrap_or_else(|| "cc".into()))
}

/// Cargo in the source tree, also from inside of a program that cargo runs.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace());
    // Cargo tells the programs that it runs, such as tests, of their own package. Build scripts
    // watch these variables, and half of the dependencies would be compiled anew.
    for (name, _) in env::vars_os() {
        let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "OUT_DIR"];
        if name.to_str().is_some_and(|name| of_package.iter().any(|start| name.starts_with(start)))
        {
            cargo.env_remove(name);
        }
    }
    cargo
}

fn is_newer(file: &Path, sources: &[&Path]) -> bool {
    let modified = |path: &Path| -> io::Result<SystemTime> { fs::metadata(path)?.modified() };
    modified(file).is_ok_and(|made| {
        sources.iter().all(|source| modified(source).is_ok_and(|changed| changed < made))
    })
}

/// Makes a file under another name and renames it, so that nobody sees half of it and two
/// processes may make it at a time.
fn make_whole(file: &Path, make: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let unfinished = tempfile::Builder::new()
        .prefix(".unfinished-")
        .tempdir_in(folder)
        .trying(|| format!("make a temporary folder in {}", folder.display()))?;
    let inside = unfinished.path().join(file.file_name().unwrap_or(OsStr::new("file")));
    make(&inside)?;
    fs::rename(&inside, file).trying(|| format!("write {}", file.display()))
}

/// Runs a compiler. Its warnings are passed on; its errors become ours.
fn run(command: &mut Command) -> Result<(), Error> {
    let output = command.output().trying(|| format!("run {}", shown(command)))?;
    let messages = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(Error::Command {
            command: shown(command),
            status: output.status,
            output: format!("\n{}", messages.trim_end()),
        });
    }
    eprint!("{messages}");
    Ok(())
}

fn shown(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
