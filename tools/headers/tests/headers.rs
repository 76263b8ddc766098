//! The headers are current, compile everywhere, and are the interface of their releases.

// The lints know test functions, but not the helpers of an integration test.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const C99: &[&str] = &["-xc", "-std=c99"];
const C11: &[&str] = &["-xc", "-std=c11"];
const LANGUAGES: [&[&str]; 3] = [C99, C11, &["-xc++", "-std=c++17"]];

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
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn no_header_is_stale() {
    let stale = linkkit_headers::stale(&linkkit_headers::root()).unwrap();
    assert!(stale.is_empty(), "{stale:?} are stale; run `{}`", linkkit_headers::COMMAND);
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
            let text = std::fs::read_to_string(file).unwrap();
            let leak = text.lines().find(|line| line.contains("linkkit_"));
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
