//! The package that `CMakeLists.txt` makes, used as a firmware's build uses it: installed into a
//! fresh prefix, and nothing but the prefix on the paths of the compiler and the linker.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use linkkit_sim::redirect;
use linkkit_sim::toolchain::Abi;
use linkkit_sim::trace::Event;
use support::{Run, find_program, run, run_without_cloud, start_cloud};
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SONAME: &str = "libiot_sdk.so.2.2";
/// Messages as the tests look for them, whatever the language of the machine.
const LOCALE: (&str, &str) = ("LC_ALL", "C");

/// Where the package is installed.
static PREFIX: LazyLock<PathBuf> = LazyLock::new(|| install("packaging", &[]));

/// Builds the package with `options` and installs it; returns where. The build is kept from run to
/// run, the installation is not.
fn install(name: &str, options: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (build, prefix) = (folder.join("build"), folder.join("prefix"));
    let _ = fs::remove_dir_all(&prefix);
    let mut configure = configuration(&build);
    configure.args(options).arg(format!("-DCMAKE_INSTALL_PREFIX={}", prefix.display()));
    done(&mut configure);
    done(cmake().arg("--build").arg(&build));
    done(cmake().arg("--install").arg(&build));
    prefix
}

fn cmake() -> Command {
    let mut cmake = Command::new(find_program("cmake"));
    cmake.env(LOCALE.0, LOCALE.1);
    // What cargo tells this test of its package would make every crate be compiled anew.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO")) {
            cmake.env_remove(name);
        }
    }
    cmake
}

fn configuration(build: &Path) -> Command {
    let mut cmake = cmake();
    cmake.args(["-S", ROOT]).arg("-B").arg(build);
    cmake
}

/// Runs a tool and returns what it printed; fails with that when the tool fails.
#[track_caller]
fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command:?}:\n{printed}");
    printed
}

/// A firmware's source tree, in a folder of its own.
struct Firmware(TempDir);

impl Firmware {
    fn new(source: &str) -> Self {
        let firmware = Firmware(tempfile::tempdir().unwrap());
        firmware.add(Path::new(ROOT).join(source), "firmware.c");
        firmware.add(redirect::SOURCE, "redirect.c");
        firmware
    }

    /// With a HAL of the product's own, archived as `libiot_hal.a` in the folder.
    fn with_own_hal(source: &str) -> Self {
        let firmware = Self::new(source);
        for name in ["product_hal", "product_tcp"] {
            let source = format!("{name}.c");
            firmware.add(Path::new(ROOT).join("tests/packaging").join(&source), &source);
            done(
                firmware
                    .tool("cc")
                    .args(["-Wall", "-Wextra", "-Werror", "-c", &source])
                    .arg(format!("-I{}", PREFIX.join("include").display())),
            );
        }
        done(firmware.tool("ar").args(["rcs", "libiot_hal.a", "product_hal.o", "product_tcp.o"]));
        firmware
    }

    fn add(&self, source: impl AsRef<Path>, name: &str) {
        fs::copy(source, self.0.path().join(name)).unwrap();
    }

    fn tool(&self, name: &str) -> Command {
        let mut tool = Command::new(find_program(name));
        tool.current_dir(&self.0).env(LOCALE.0, LOCALE.1);
        tool
    }

    /// `make` with the Makefile of a firmware; `variables` take the place of its own.
    fn make(&self, variables: &[&str]) -> Command {
        let mut make = self.tool("make");
        make.arg("-f").arg(Path::new(ROOT).join("tests/packaging/Makefile"));
        make.arg(format!("SDK={}", PREFIX.display())).args(variables);
        make
    }

    fn pkg_config(&self, options: &[&str]) -> Command {
        let mut pkg_config = self.tool("pkg-config");
        pkg_config.args(options).arg("linkkit");
        pkg_config.env("PKG_CONFIG_PATH", PREFIX.join("lib/pkgconfig"));
        let flags = done(&mut pkg_config);
        let mut cc = self.tool("cc");
        cc.args(["firmware.c", "redirect.c", "-o", "firmware"]).args(flags.split_whitespace());
        cc
    }

    fn find_package(&self, options: &[&str]) {
        let list = Path::new(ROOT).join("tests/packaging/find_package/CMakeLists.txt");
        self.add(list, "CMakeLists.txt");
        let mut configure = cmake();
        configure.current_dir(&self.0).args(["-S", ".", "-B", "."]).args(options);
        done(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", PREFIX.display())));
        done(cmake().current_dir(&self.0).args(["--build", "."]));
    }

    /// The shared libraries that the program asks for.
    fn needed(&self) -> String {
        done(self.tool("readelf").args(["-d", "firmware"]))
    }

    /// Runs the program against a cloud of its own, as on a device: without a path to libraries.
    fn run(&self) -> Run {
        self.run_with(&[])
    }

    fn run_with(&self, environment: &[(&str, &Path)]) -> Run {
        let mut program = Command::new(self.0.path().join("firmware"));
        program.env("LINKKIT_KV_FILE", self.0.path().join("kv.json"));
        program.env_remove("LD_LIBRARY_PATH").envs(environment.iter().copied());
        run(program, &start_cloud(), &[])
    }

    #[track_caller]
    fn works_statically(&self) {
        assert!(!self.needed().contains("libiot_sdk"), "{}", self.needed());
        self.run().succeeded().says("Payload: 'data: hello! start!' (Length: 19)");
    }

    #[track_caller]
    fn works_with_the_shared_library(&self) {
        assert!(self.needed().contains(&format!("[{SONAME}]")), "{}", self.needed());
        let lib = PREFIX.join("lib");
        self.run_with(&[("LD_LIBRARY_PATH", &lib)])
            .succeeded()
            .says("Payload: 'data: hello! start!' (Length: 19)");
    }
}

const EXAMPLE: &str = "c_examples/mqtt-example.c";

#[test]
fn the_link_line_of_the_c_sdk_works_as_it_is() {
    let firmware = Firmware::new(EXAMPLE);
    done(&mut firmware.make(&[]));
    firmware.works_statically();
}

#[test]
fn the_link_line_of_release_2_0_works_as_it_is() {
    let firmware = Firmware::new(EXAMPLE);
    done(&mut firmware.make(&["LDLIBS=-liot_sdk -liot_platform -liot_tls -lpthread -lrt"]));
    firmware.works_statically();
}

#[test]
fn a_program_of_the_hal_alone_links_its_defaults() {
    let firmware = Firmware::new("tests/c/kv.c");
    done(&mut firmware.make(&["LDLIBS=-liot_sdk -liot_hal -liot_sdk -liot_tls -lpthread -lrt"]));
    let mut program = Command::new(firmware.0.path().join("firmware"));
    program.args(["set", "key", "value"]);
    program.env("LINKKIT_KV_FILE", firmware.0.path().join("kv.json"));
    run_without_cloud(program, &[]).succeeded();
    assert!(firmware.0.path().join("kv.json").exists());
}

#[test]
fn both_names_of_the_hal_may_be_linked() {
    let firmware = Firmware::new(EXAMPLE);
    done(&mut firmware.make(&["LDLIBS=-liot_sdk -liot_platform -liot_hal -lpthread -lrt"]));
    firmware.works_statically();
}

#[test]
fn a_makefile_links_the_shared_library() {
    let firmware = Firmware::new(EXAMPLE);
    done(&mut firmware.make(&["LDFLAGS=-L$(SDK)/lib/linkkit", "LDLIBS=-liot_sdk -lpthread -lrt"]));
    firmware.works_with_the_shared_library();
}

#[test]
fn pkg_config_links_the_shared_library() {
    let firmware = Firmware::new(EXAMPLE);
    done(&mut firmware.pkg_config(&["--cflags", "--libs"]));
    firmware.works_with_the_shared_library();
}

#[test]
fn pkg_config_links_the_archives() {
    let firmware = Firmware::new(EXAMPLE);
    done(firmware.pkg_config(&["--static", "--cflags", "--libs"]).arg("-static"));
    firmware.works_statically();
}

#[test]
fn headers_are_found_without_their_folder() {
    let firmware = Firmware::new(EXAMPLE);
    let source = "#include \"iot_export_linkkit.h\"\n\
                  int main(void) { return IOT_Linkkit_Close(0) == -1 ? 0 : 1; }\n";
    fs::write(firmware.0.path().join("firmware.c"), source).unwrap();
    done(firmware.pkg_config(&["--static", "--cflags", "--libs"]).arg("-static"));
    firmware.run().succeeded();
    firmware.find_package(&["-DLINKKIT_TARGET=linkkit::iot_sdk_static"]);
    firmware.run().succeeded();
}

#[test]
fn cmake_links_the_shared_library() {
    let firmware = Firmware::new(EXAMPLE);
    firmware.find_package(&["-DLINKKIT_TARGET=linkkit::iot_sdk"]);
    firmware.works_with_the_shared_library();
}

#[test]
fn cmake_links_the_archives() {
    let firmware = Firmware::new(EXAMPLE);
    firmware.find_package(&["-DLINKKIT_TARGET=linkkit::iot_sdk_static"]);
    firmware.works_statically();
}

#[track_caller]
fn calls_its_own_hal(firmware: &Firmware) {
    firmware
        .run()
        .succeeded()
        .says("product HAL called: set yes, get yes, secret yes, print yes, random yes")
        .says("): product HAL stored DyncRegDeviceSecret in 32 bytes")
        .says("product TCP called: read yes, write yes, 2 of 2 ended")
        // Its own TCP carries the library's TLS.
        .says("linked are HAL_GetProductKey: the library's, HAL_Kv_Set: the firmware's")
        .says("HAL_TCP_Read: the firmware's, HAL_TCP_Write: the firmware's")
        .says("HAL_SSL_Establish: the library's")
        .says("Payload: 'data: hello! start!' (Length: 19)");
    assert!(!firmware.0.path().join("kv.json").exists(), "the library's store was used");
}

#[test]
fn a_products_own_libiot_hal_takes_the_place_of_ours() {
    let firmware = Firmware::with_own_hal(EXAMPLE);
    done(&mut firmware.make(&["LDFLAGS=-L. -L$(SDK)/lib"]));
    calls_its_own_hal(&firmware);
}

#[test]
fn a_products_own_objects_take_the_place_of_ours() {
    let firmware = Firmware::with_own_hal(EXAMPLE);
    done(&mut firmware.make(&["OBJECTS=product_hal.o product_tcp.o"]));
    calls_its_own_hal(&firmware);
}

/// Of archives the linker takes what it still lacks, and behind ours it lacks nothing.
#[test]
fn a_products_own_archive_behind_ours_loses_and_the_log_says_so() {
    let firmware = Firmware::with_own_hal(EXAMPLE);
    fs::rename(firmware.0.path().join("libiot_hal.a"), firmware.0.path().join("libproduct.a"))
        .unwrap();
    let libraries = "LDLIBS=-liot_sdk -liot_hal -lproduct -liot_tls -lpthread -lrt";
    done(&mut firmware.make(&["LDFLAGS=-L. -L$(SDK)/lib", libraries]));
    firmware.run().succeeded().says("HAL_Kv_Set: the library's, HAL_TCP_Read: the library's");

    // Before ours it is found first.
    for made in ["firmware", "kv.json"] {
        fs::remove_file(firmware.0.path().join(made)).unwrap();
    }
    let libraries = "LDLIBS=-liot_sdk -lproduct -liot_hal -liot_tls -lpthread -lrt";
    done(&mut firmware.make(&["LDFLAGS=-L. -L$(SDK)/lib", libraries]));
    calls_its_own_hal(&firmware);
}

/// What is said of the loader where the ways of linking are described.
#[test]
fn a_program_finds_the_shared_library_by_a_path_that_is_linked_into_it() {
    let firmware = Firmware::new(EXAMPLE);
    let rpath = "LDFLAGS=-L$(SDK)/lib/linkkit -Wl,-rpath,$(SDK)/lib";
    done(&mut firmware.make(&[rpath, "LDLIBS=-liot_sdk -lpthread -lrt"]));
    assert!(firmware.needed().contains(&format!("[{SONAME}]")), "{}", firmware.needed());
    firmware.run().succeeded().says("Payload: 'data: hello! start!' (Length: 19)");
}

#[test]
fn cmake_links_a_products_own_hal() {
    let firmware = Firmware::with_own_hal(EXAMPLE);
    firmware
        .find_package(&["-DLINKKIT_TARGET=linkkit::iot_sdk_static", "-DLINKKIT_HAL=product_hal"]);
    calls_its_own_hal(&firmware);
}

#[test]
fn the_shared_library_exports_the_listed_symbols_and_no_others() {
    let mut nm = Command::new(find_program("nm"));
    nm.args(["--dynamic", "--defined-only", "--format=posix"]);
    let listed = done(nm.arg(PREFIX.join("lib").join(SONAME)));
    let exported: BTreeSet<_> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next()?.split('@').next())
        // The version is a symbol too.
        .filter(|name| *name != "LINKKIT_2.2")
        .collect();
    let list = fs::read_to_string(Path::new(ROOT).join("abi/symbols-2.2.txt")).unwrap();
    assert_eq!(exported, list.lines().collect());
}

/// The names of what the archive leaves to others, each once.
fn undefined() -> BTreeSet<String> {
    let mut nm = Command::new(find_program("nm"));
    let listed = done(nm.arg("--undefined-only").arg(PREFIX.join("lib/libiot_sdk.a")));
    let names = listed.lines().filter_map(|line| line.trim_start().strip_prefix("U "));
    names.map(str::to_owned).collect()
}

#[test]
fn of_a_port_no_more_is_asked_than_release_2_2_1_did() {
    let known = Abi::V2_2.port().unwrap();
    let asked: Vec<_> = undefined().into_iter().filter(|name| name.starts_with("HAL_")).collect();
    let more: Vec<_> = asked.iter().filter(|name| !known.contains(name)).collect();
    assert!(more.is_empty(), "a product's own HAL need not have {more:?}");
    assert!(!asked.is_empty());
}

/// The C SDK's link line does not name libdl, which glibc kept apart before its release 2.34.
#[test]
fn the_archive_asks_nothing_of_libdl() {
    const LIBDL: [&str; 5] = ["dladdr", "dlclose", "dlerror", "dlopen", "dlsym"];
    let asked = undefined();
    assert!(!LIBDL.iter().any(|name| asked.contains(*name)), "{asked:?}");
    assert!(asked.contains("malloc"), "{asked:?}");
}

/// All files under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .flat_map(|entry| match entry.file_type().unwrap() {
            kind if kind.is_dir() => files(&entry.path()),
            kind if kind.is_file() => vec![entry.path()],
            _ => Vec::new(),
        })
        .collect()
}

/// They would tell of the machine, and make each build another.
#[test]
fn no_folder_of_the_machine_that_built_it_is_in_the_package() {
    let home = std::env::home_dir().unwrap();
    let folders = [
        PathBuf::from(ROOT),
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")),
        home.join(".cargo"),
        home.join(".rustup"),
    ];
    let mut names_of_crates = 0;
    for file in files(&PREFIX) {
        let content = fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&content);
        for folder in &folders {
            let folder = folder.to_str().unwrap();
            assert!(!text.contains(folder), "{} names {folder}", file.display());
        }
        names_of_crates += usize::from(text.contains("/cargo/registry/src/"));
    }
    // Where crates are, a panic's words and the debug information say: by names of no machine.
    assert!(names_of_crates > 0, "the package has no such names to check");
}

#[test]
fn the_bill_of_materials_and_the_licence_are_in_the_package() {
    for (folder, name) in [("share/linkkit", "linkkit.cdx.json"), ("share/doc/linkkit", "LICENSE")]
    {
        let installed = fs::read(PREFIX.join(folder).join(name)).unwrap();
        assert!(installed == fs::read(Path::new(ROOT).join(name)).unwrap(), "{name}");
    }
}

#[test]
fn pkg_config_tells_the_profile() {
    let mut pkg_config = Command::new(find_program("pkg-config"));
    pkg_config.args(["--variable=abi", "linkkit"]);
    pkg_config.env("PKG_CONFIG_PATH", PREFIX.join("lib/pkgconfig"));
    assert_eq!(done(&mut pkg_config).trim(), "2.2");
}

/// The files of the two have the same names.
#[test]
fn a_second_profile_is_not_installed_over_the_first() {
    let _ = &*PREFIX;
    let build = tempfile::tempdir().unwrap();
    done(configuration(build.path()).arg("-DLINKKIT_ABI=2.3"));
    let mut installation = cmake();
    installation.arg("--install").arg(build.path()).arg("--prefix").arg(&*PREFIX);
    let said = words(&run_without_cloud(installation, &[]).failed().output);
    assert!(
        said.contains("holds the library's profile 2.2, whose files have the same names"),
        "{said}"
    );
    assert!(said.contains("as those of profile 2.3. Install into another folder"), "{said}");
}

/// Configures the build with `options`, which must fail, and returns what is said.
fn refusal(options: &[&str]) -> String {
    let build = tempfile::tempdir().unwrap();
    let mut configure = configuration(build.path());
    configure.args(options);
    words(&run_without_cloud(configure, &[]).failed().output)
}

/// The text in one line, wherever CMake breaks it.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_wrong_option_is_named() {
    let said = refusal(&["-DLINKKIT_ABI=1.9"]);
    assert!(said.contains("LINKKIT_ABI is '1.9'; there are: 2.2"), "{said}");
    let said = refusal(&["-DFEATURE_MQTT_DIRECT=maybe"]);
    assert!(said.contains("FEATURE_MQTT_DIRECT is 'maybe'; it may be y or n"), "{said}");
}

/// One that is not optimised, which is built sooner and would not be tested otherwise.
#[test]
fn a_package_that_authenticates_over_https_does() {
    let options = ["-DCMAKE_BUILD_TYPE=Debug", "-DFEATURE_MQTT_DIRECT=n"];
    let prefix = install("packaging-https-auth", &options);
    let firmware = Firmware::new("tests/c/login.c");
    firmware.add(Path::new(ROOT).join("tests/c/device.h"), "device.h");
    done(&mut firmware.make(&[&format!("SDK={}", prefix.display())]));

    let cloud = start_cloud();
    let mut program = Command::new(firmware.0.path().join("firmware"));
    // The region, and as the build has it; a certificate of its own, and no reconnection.
    program.args(["0", "-1", "0", "0"]).env("LINKKIT_KV_FILE", firmware.0.path().join("kv.json"));
    run(program, &cloud, &[]).succeeded().says("Guider SecMode : -1 (TLS + Guider)");
    let authenticated = cloud.trace().entries().into_iter().any(
        |entry| matches!(entry.event, Event::Http { ref path, .. } if path == "/auth/devicename"),
    );
    assert!(authenticated, "{:#?}", cloud.trace().entries());
}

/// A program that says no more than a version.
fn impostor(name: &str, says: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join(name);
    fs::write(&program, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[test]
fn a_rust_that_is_too_old_is_named() {
    let old = impostor("rustc", "rustc 1.63.0 (4b91a6ea7 2022-08-08)");
    let said = refusal(&[&format!("-DRUSTC={}", old.path().join("rustc").display())]);
    assert!(said.contains("Rust 1.91 or later is needed, and "), "{said}");
    assert!(said.contains("is 1.63.0. Get a later one by 'rustup update stable'"), "{said}");
}

/// A distribution's build has its Rust there, and a home with another one perhaps.
#[test]
fn rust_is_looked_for_on_the_path_before_the_home() {
    let old = impostor("rustc", "rustc 1.62.0 (a8314ef7d 2022-06-27)");
    let path = std::env::var_os("PATH").unwrap();
    let path = [old.path().to_owned()].into_iter().chain(std::env::split_paths(&path));
    let build = tempfile::tempdir().unwrap();
    let mut configure = configuration(build.path());
    configure.env("PATH", std::env::join_paths(path).unwrap());
    let said = words(&run_without_cloud(configure, &[]).failed().output);
    assert!(said.contains("is 1.62.0"), "{said}");
}

/// By the link line of the C SDK. What the unwinder is needed for is in the archive.
#[test]
fn a_program_for_musl_needs_no_shared_library() {
    let file = Path::new(ROOT).join("cmake/toolchains/x86_64-musl.cmake");
    let toolchain = format!("-DCMAKE_TOOLCHAIN_FILE={}", file.display());
    // One that is not optimised is built sooner.
    let prefix = install("packaging-musl", &[&toolchain, "-DCMAKE_BUILD_TYPE=Debug"]);
    assert!(!prefix.join("lib/linkkit").exists(), "there is a shared library");

    let firmware = Firmware::new(EXAMPLE);
    let sdk = format!("SDK={}", prefix.display());
    done(&mut firmware.make(&[&sdk, "CC=musl-gcc -static"]));
    assert!(!firmware.needed().contains("(NEEDED)"), "{}", firmware.needed());
    firmware.works_statically();

    // With nothing but archives, they are what is asked for.
    let mut pkg_config = firmware.tool("pkg-config");
    pkg_config.args(["--libs", "linkkit"]).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    let flags = done(&mut pkg_config);
    assert!(flags.contains("-liot_sdk -liot_hal"), "{flags}");
    let list = Path::new(ROOT).join("tests/packaging/find_package/CMakeLists.txt");
    firmware.add(list, "CMakeLists.txt");
    let mut configure = cmake();
    configure.current_dir(&firmware.0).args(["-S", ".", "-B", "."]).arg(toolchain);
    configure
        .arg("-DLINKKIT_TARGET=linkkit::iot_sdk")
        .arg("-DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH");
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()));
    let said = words(&run_without_cloud(configure, &[]).failed().output);
    assert!(said.contains("linkkit::iot_sdk"), "{said}");
}

#[test]
fn each_toolchain_file_names_a_rust_target() {
    let mut checked = 0;
    for file in files(&Path::new(ROOT).join("cmake/toolchains")) {
        let text = fs::read_to_string(&file).unwrap();
        let target = text.split_once("set(LINKKIT_RUST_TARGET ").unwrap().1;
        let target = target.split_whitespace().next().unwrap();
        assert!(text.contains(&format!("rustup target add {target}\n")), "{}", file.display());
        let mut rustc = Command::new(find_program("rustc"));
        done(rustc.args(["--print", "cfg", "--target", target]));
        checked += 1;
    }
    assert_eq!(checked, 5);
}

/// How cargo is called in a build that is configured so.
fn call_of_cargo(configure: impl FnOnce(&mut Command) -> &mut Command) -> String {
    let build = tempfile::tempdir().unwrap();
    done(configure(configuration(build.path()).args(["-G", "Unix Makefiles"])));
    let mut make = cmake();
    make.arg("--build").arg(build.path()).args(["--target", "rust", "--", "--dry-run"]);
    done(&mut make)
}

#[test]
fn the_flags_of_the_environment_do_not_displace_those_of_the_build() {
    let call = call_of_cargo(|configure| configure.env("RUSTFLAGS", "-Ctarget-cpu=native"));
    assert!(call.contains("RUSTFLAGS=-Ctarget-cpu=native\x1f--remap-path-prefix="), "{call}");
}

/// Says what a build for another system lacks. No compiler for it is needed to know.
fn cross_refusal(processor: &str, options: &[&str]) -> String {
    let toolchain = tempfile::NamedTempFile::new().unwrap();
    let text = format!("set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR {processor})\n");
    fs::write(&toolchain, text).unwrap();
    let toolchain = format!("-DCMAKE_TOOLCHAIN_FILE={}", toolchain.path().display());
    refusal(&[&[toolchain.as_str()], options].concat())
}

#[test]
fn a_cross_build_says_what_it_needs() {
    let said = cross_refusal("arm", &[]);
    assert!(said.contains("Several Rust targets fit the processor 'arm'"), "{said}");
    let said = cross_refusal("arm", &["-DLINKKIT_RUST_TARGET=arm-unknown-linux-gnu"]);
    assert!(said.contains("Rust does not know the target 'arm-unknown-linux-gnu'"), "{said}");
    let said = cross_refusal("sparc64", &["-DLINKKIT_RUST_TARGET=sparc64-unknown-linux-gnu"]);
    assert!(said.contains("rustup target add sparc64-unknown-linux-gnu"), "{said}");
}

#[test]
fn rust_targets_are_derived() {
    let _ = &*PREFIX;
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packaging/build");
    let mut ctest = Command::new(find_program("ctest"));
    ctest.args(["--tests-regex", "rust_target", "--no-tests=error", "--output-on-failure"]);
    done(ctest.current_dir(build));
}
