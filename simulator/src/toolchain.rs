//! Builds the library as a firmware gets it, and C programs against it.
//!
//! For this machine, or for the one whose Rust target `LINKKIT_TARGET` names. Its C compiler is then
//! the one of cc's variable, such as `CC_armv7_unknown_linux_gnueabihf`, and programs are started
//! by the command of cargo's, such as `CARGO_TARGET_ARMV7_UNKNOWN_LINUX_GNUEABIHF_RUNNER`.

#![forbid(unsafe_code)]

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use serde::Deserialize;

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

/// The release of the C SDK that the library serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Abi {
    /// Release 2.2.1, the default.
    V2_2,
    /// Release 2.3.0.
    V2_3,
}

impl Abi {
    /// Every release that there is a profile for.
    pub const ALL: [Abi; 2] = [Abi::V2_2, Abi::V2_3];

    /// The release's short number, `2.2`, which names its files.
    pub fn number(self) -> &'static str {
        match self {
            Abi::V2_2 => "2.2",
            Abi::V2_3 => "2.3",
        }
    }

    /// The symbols that the library exports, sorted.
    pub fn symbols(self) -> Result<Vec<String>, Error> {
        names(&self.symbols_file())
    }

    /// The functions of a HAL that the release itself asks a product for, sorted.
    pub fn port(self) -> Result<Vec<String>, Error> {
        names(&workspace().join(format!("abi/hal-{}.txt", self.number())))
    }

    fn symbols_file(self) -> PathBuf {
        workspace().join(format!("abi/symbols-{}.txt", self.number()))
    }

    fn soname(self) -> String {
        format!("libiot_sdk.so.{}", self.number())
    }
}

/// The names in a list, one a line.
fn names(file: &Path) -> Result<Vec<String>, Error> {
    let list = fs::read_to_string(file)
        .trying(|| format!("read the list of symbols {}", file.display()))?;
    Ok(list.lines().map(str::to_owned).collect())
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
    abi: Abi,
}

impl Library {
    /// Builds the library from the source tree that the simulator was built from.
    ///
    /// `CARGO` and `CC` name other programs than `cargo` and `cc`; `CARGO_TARGET_DIR` counts as
    /// ever. Several processes may build at a time.
    pub fn build(profile: Profile, linkage: Linkage) -> Result<Self, Error> {
        Self::build_for(Abi::V2_2, profile, linkage)
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
        Library { path: archive, linkage: Linkage::Static, abi: Abi::V2_2 }
    }

    /// The folder that the library is in.
    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    fn link_arguments(&self) -> Result<Vec<OsString>, Error> {
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

/// C programs of firmware.
pub struct CProgram;

impl CProgram {
    /// Compiles a program against the library and the headers of its release, warnings on: C99, or
    /// C++17 when the name ends in `.cpp`.
    ///
    /// Returns the executable, in the build's target folder. Warnings go to standard error; give
    /// `-Werror` among the flags to make them errors. `CFLAGS` counts as ever.
    pub fn compile(
        source: &Path,
        library: &Library,
        extra_sources: &[&Path],
        extra_flags: &[&str],
    ) -> Result<PathBuf, Error> {
        let mut include = OsString::from("-I");
        include.push(workspace().join("include").join(library.abi.number()));
        let is_cpp = source.extension() == Some(OsStr::new("cpp"));
        let standard = if is_cpp { "-std=c++17" } else { "-std=gnu99" };
        let mut arguments: Vec<OsString> =
            [standard, "-g", "-Wall", "-Wextra"].map(OsString::from).into();
        arguments.push(include);
        arguments.extend(extra_flags.iter().map(OsString::from));
        let wished = env::var("CFLAGS").unwrap_or_default();
        arguments.extend(wished.split_whitespace().map(OsString::from));
        arguments.push(source.into());
        arguments.extend(extra_sources.iter().map(OsString::from));
        arguments.extend(library.link_arguments()?);

        let mut name = source.file_stem().unwrap_or(OsStr::new("program")).to_owned();
        name.push(format!("-{:016x}", fingerprint(&arguments)));
        let folder = library.folder().join("c-programs");
        fs::create_dir_all(&folder).trying(|| format!("make the folder {}", folder.display()))?;
        let program = folder.join(name);
        make_whole(&program, |unfinished| {
            run(compiler().args(&arguments).arg("-o").arg(unfinished))
        })?;
        Ok(program)
    }
}

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
    if abi != Abi::V2_2 {
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

/// Tells apart the builds of one source with different flags or libraries.
fn fingerprint(arguments: &[OsString]) -> u64 {
    let mut hasher = DefaultHasher::new();
    arguments.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
    fn the_lists_of_symbols_are_sorted_and_free_of_repetitions() {
        for abi in Abi::ALL {
            for list in [abi.symbols().unwrap(), abi.port().unwrap()] {
                let sorted: BTreeSet<String> = list.iter().cloned().collect();
                assert!(list.into_iter().eq(sorted));
            }
        }
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

    #[test]
    fn a_compiler_error_names_the_command_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("broken.c");
        fs::write(&source, "int main(void) { return nothing; }").unwrap();
        let library = Library {
            path: folder.path().join("libx.a"),
            linkage: Linkage::Static,
            abi: Abi::V2_2,
        };
        let error = CProgram::compile(&source, &library, &[], &[]).unwrap_err().to_string();
        assert!(error.contains("broken.c") && error.contains("nothing"), "{error}");
        assert_eq!(fs::read_dir(folder.path().join("c-programs")).unwrap().count(), 0);
    }
}
