//! The headers are current, compile everywhere, and are the interface of their releases.

// The lints know test functions, but not the helpers of an integration test.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const C99: &[&str] = &["-xc", "-std=c99"];
const C11: &[&str] = &["-xc", "-std=c11"];
const LANGUAGES: [&[&str]; 3] = [C99, C11, &["-xc++", "-std=c++17"]];

/// How names begin that run between the library and its own C shim.
const INTERNAL: [&str; 5] = [
    "linkkit_default_",
    "linkkit_log_line",
    "linkkit_ours_",
    "linkkit_own_",
    "linkkit_unsupported",
];

/// Checks C source text against the headers by every compiler that there is: gcc, and clang where
/// it is installed. Any warning is an error.
fn compile(release: &str, language: &[&str], source: &str) {
    syntax_check("gcc", release, language, source);
    if Command::new("clang").arg("--version").output().is_ok() {
        syntax_check("clang", release, language, source);
    }
}

fn syntax_check(compiler: &str, release: &str, language: &[&str], source: &str) {
    let mut child = Command::new(compiler)
        .args(language)
        .args(["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I"])
        .arg(linkkit_headers::root().join(linkkit_headers::include(release)))
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{compiler} is needed to check the headers: {error}"));
    child.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{release} {compiler} {language:?}:\n{errors}");
}

fn c_file(release: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c").join(release).join(name);
    fs::read_to_string(path).unwrap()
}

#[test]
fn no_header_is_stale() {
    let stale = linkkit_headers::stale(&linkkit_headers::root()).unwrap();
    assert!(stale.is_empty(), "{stale:?} are stale; run `{}`", linkkit_headers::COMMAND);
}

#[test]
fn each_public_item_is_in_exactly_one_header() {
    for release in linkkit_headers::releases() {
        let misplaced = linkkit_headers::misplaced(&linkkit_headers::root(), release).unwrap();
        assert!(misplaced.is_empty(), "{release}: {misplaced:?}");
    }
}

#[test]
fn each_header_compiles_alone_and_twice() {
    for release in linkkit_headers::releases() {
        for path in linkkit_headers::paths(release) {
            let include = format!("#include \"{path}\"\n");
            // A translation unit must declare something, and some headers only define macros.
            let source = format!("{include}{include}extern int something;\n");
            for language in LANGUAGES {
                compile(release, language, &source);
            }
        }
    }
}

#[test]
fn all_headers_compile_together_in_any_order() {
    for release in linkkit_headers::releases() {
        let mut includes: Vec<_> =
            linkkit_headers::paths(release).map(|path| format!("#include \"{path}\"\n")).collect();
        for _ in 0..2 {
            for language in LANGUAGES {
                compile(release, language, &includes.concat());
            }
            includes.reverse();
        }
    }
}

#[test]
fn no_header_shows_an_internal_symbol() {
    for release in linkkit_headers::releases() {
        for path in linkkit_headers::paths(release) {
            let file = linkkit_headers::root().join(linkkit_headers::include(release)).join(path);
            let text = fs::read_to_string(file).unwrap();
            let leak = text.lines().find(|line| INTERNAL.iter().any(|name| line.contains(name)));
            assert_eq!(leak, None, "{path}: exclude it in cbindgen.toml");
        }
    }
}

#[test]
fn layouts_numbers_and_limits_are_those_of_the_release() {
    for release in linkkit_headers::releases() {
        compile(release, C11, &c_file(release, "layout.c"));
    }
}

/// The headers alone count, so neither a compiler's nor a C library's files for 32 bit are needed.
#[cfg(target_arch = "x86_64")]
#[test]
fn layouts_hold_where_pointers_have_32_bits() {
    // Of the C library's headers only its list of functions that are missing differs.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libc-of-32-bit");
    fs::create_dir_all(folder.join("gnu")).unwrap();
    fs::write(folder.join("gnu/stubs-32.h"), "").unwrap();
    let machine = Command::new("gcc").arg("-print-multiarch").output().unwrap().stdout;
    let machine = String::from_utf8(machine).unwrap();
    let system = Path::new("/usr/include").join(machine.trim());
    let folders = [&folder, &system].map(|folder| folder.to_str().unwrap());
    let flags = ["-m32", "-isystem", folders[0], "-isystem", folders[1]];
    for release in linkkit_headers::releases() {
        let is_32_bit = "_Static_assert(sizeof(void *) == 4, \"pointers of 32 bits\");\n";
        let source = c_file(release, "layout.c") + is_32_bit;
        compile(release, &[C11, &flags].concat(), &source);
        compile(release, &[C99, &flags].concat(), &c_file(release, "functions.c"));
    }
}

/// What the library exports and no header declares, because the C SDK keeps it in headers of its own
/// sources or, the HAL's, has the release's port define it alone.
fn undeclared(release: &str) -> BTreeSet<&'static str> {
    const PROVISIONING: &[&str] = &[
        "awss_report_enrollee",
        "awss_report_enrollee_reply",
        "awss_report_reset_reply",
        "awss_report_set_interval",
        "awss_report_token",
        "awss_report_token_cnt",
        "awss_report_token_reply",
        "awss_report_token_suc",
        "awss_stop_connecting",
        "awss_stop_timer",
    ];
    const V2_2: &[&str] = &[
        "HAL_Calloc",
        "HAL_Fclose",
        "HAL_Fopen",
        "HAL_Fread",
        "HAL_Fseek",
        "HAL_Ftell",
        "HAL_Fwrite",
        "HAL_GetNetifInfo",
        "HAL_GetUUID",
        "HAL_Realloc",
        "linkkit_ntp_time_reply",
    ];
    const V2_3: &[&str] = &[
        "awss_report_reset_to_cloud",
        "awss_start_bind",
        "awss_stop_report_reset",
        "awss_stop_report_token",
    ];
    let own = if release == "2.2" { V2_2 } else { V2_3 };
    [PROVISIONING, own].concat().into_iter().collect()
}

/// The C text without its comments.
fn code(text: &str) -> String {
    let mut parts = text.split("/*");
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.split_once("*/").map_or("", |(_, code)| code));
    rest.fold(first.to_owned(), |code, part| code + part)
}

#[test]
fn every_public_symbol_is_declared() {
    for release in linkkit_headers::releases() {
        let root = linkkit_headers::root();
        let folder = root.join(linkkit_headers::include(release));
        let headers: String = linkkit_headers::paths(release)
            .map(|path| code(&fs::read_to_string(folder.join(path)).unwrap()))
            .collect();
        let declared: BTreeSet<&str> = headers
            .split('(')
            .filter_map(|before| before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next())
            .collect();
        let list = fs::read_to_string(root.join(format!("abi/symbols-{release}.txt"))).unwrap();
        let missing: BTreeSet<&str> =
            list.lines().filter(|symbol| !declared.contains(symbol)).collect();
        assert_eq!(missing, undeclared(release), "{release}");
    }
}

#[test]
fn functions_are_those_of_the_release() {
    for release in linkkit_headers::releases() {
        compile(release, C99, &c_file(release, "functions.c"));
    }
}

#[test]
fn every_line_of_the_vendors_page_compiles() {
    compile("2.2", C99, &c_file("2.2", "device_authentication.c"));
}
