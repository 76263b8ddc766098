//! The programs under test: one workload, an adapter for each library.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use linkkit_sim::toolchain::{Library, Linkage, Profile};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/c");
const HEADERS: &str = concat!("-I", env!("CARGO_MANIFEST_DIR"), "/include/2.2");

/// A library under test.
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    /// The size of the stripped program and of the libraries that it alone brings, in bytes.
    pub(crate) size: u64,
    /// Whether it finds the handler of a message's topic itself.
    pub(crate) dispatches: bool,
}

impl Peer {
    /// This library, as a firmware links it.
    pub(crate) fn ours(folder: &Path) -> Self {
        let library = Library::build(Profile::Release, Linkage::Static).unwrap();
        let archive = library.path.to_str().unwrap();
        let arguments = [HEADERS, archive, "-static-libgcc", "-lpthread", "-ldl", "-lm", "-lrt"];
        let program = compile(folder, "ours", "bench.c", &arguments);
        Peer { name: "this library".into(), size: size(&program), program, dispatches: true }
    }

    /// Another library with the same interface.
    pub(crate) fn other(folder: &Path, name: &str, arguments: &[String]) -> Self {
        let program = compile(folder, name, "bench.c", arguments);
        Peer { name: name.into(), size: size(&program), program, dispatches: true }
    }

    /// Debian's libmosquitto, which calls one function for all messages.
    pub(crate) fn mosquitto(folder: &Path) -> Self {
        let arguments = ["-lmosquitto", "-lpthread"];
        let program = compile(folder, "mosquitto", "bench_mosquitto.c", &arguments);
        let size = size(&program) + shared_size(&program);
        Peer { name: "libmosquitto".into(), size, program, dispatches: false }
    }

    /// The one that sends what another receives.
    pub(crate) fn feeder(peers: &[Peer]) -> &Peer {
        peers.iter().find(|peer| !peer.dispatches).unwrap()
    }
}

fn compile(folder: &Path, name: &str, adapter: &str, arguments: &[impl AsRef<OsStr>]) -> PathBuf {
    let program = folder.join(name);
    let sources = [adapter, "workload.c"].map(|source| Path::new(SOURCES).join(source));
    let status = Command::new("cc")
        .args(["-std=gnu99", "-O2", "-Wall", "-Wextra"])
        // As the compilers for devices link: not position independent, and without what is not called.
        .args(["-no-pie", "-Wl,--gc-sections", "-s", "-o"])
        .arg(&program)
        .args(sources)
        .args(arguments)
        .status()
        .unwrap();
    assert!(status.success(), "cannot build {name}");
    program
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).unwrap().len()
}

/// The size of the shared libraries of MQTT and TLS that the program loads.
fn shared_size(program: &Path) -> u64 {
    let output = Command::new("ldd").arg(program).output().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter(|line| ["mosquitto", "ssl", "crypto"].iter().any(|name| line.contains(name)))
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')))
        .map(|path| size(Path::new(path)))
        .sum()
}
