//! The headers are current, compile everywhere, and are the interface of release 2.2.1.

// The lints know test functions, but not the helpers of an integration test.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const C: &[&str] = &["-xc", "-std=c99"];
const CXX: &[&str] = &["-xc++", "-std=c++17"];

/// Checks C source text against the headers by every compiler that there is: gcc, and clang where
/// it is installed. Any warning is an error.
fn compile(language: &[&str], source: &str) {
    syntax_check("gcc", language, source);
    if Command::new("clang").arg("--version").output().is_ok() {
        syntax_check("clang", language, source);
    }
}

fn syntax_check(compiler: &str, language: &[&str], source: &str) {
    let mut child = Command::new(compiler)
        .args(language)
        .args(["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I"])
        .arg(linkkit_headers::root().join(linkkit_headers::INCLUDE))
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{compiler} is needed to check the headers: {error}"));
    child.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{compiler} {language:?}:\n{errors}");
}

fn c_file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c").join(name);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn no_header_is_stale() {
    let stale = linkkit_headers::stale(&linkkit_headers::root()).unwrap();
    assert!(stale.is_empty(), "{stale:?} are stale; run `{}`", linkkit_headers::COMMAND);
}

#[test]
fn each_header_compiles_alone_and_twice() {
    for path in linkkit_headers::paths() {
        let include = format!("#include \"{path}\"\n");
        // A translation unit must declare something, and some headers only define macros.
        let source = format!("{include}{include}extern int something;\n");
        compile(C, &source);
        compile(CXX, &source);
    }
}

#[test]
fn all_headers_compile_together_in_any_order() {
    let mut includes: Vec<_> =
        linkkit_headers::paths().map(|path| format!("#include \"{path}\"\n")).collect();
    for _ in 0..2 {
        compile(C, &includes.concat());
        compile(CXX, &includes.concat());
        includes.reverse();
    }
}

#[test]
fn no_header_shows_an_internal_symbol() {
    for path in linkkit_headers::paths() {
        let file = linkkit_headers::root().join(linkkit_headers::INCLUDE).join(path);
        let text = std::fs::read_to_string(file).unwrap();
        let leak = text.lines().find(|line| line.contains("linkkit_"));
        assert_eq!(leak, None, "{path}: exclude it in cbindgen.toml");
    }
}

#[test]
fn layouts_numbers_and_limits_are_those_of_the_release() {
    compile(&["-xc", "-std=c11"], &c_file("layout.c"));
}

#[test]
fn functions_are_those_of_the_release() {
    compile(C, &c_file("functions.c"));
}

#[test]
fn every_line_of_the_vendors_page_compiles() {
    compile(C, &c_file("device_authentication.c"));
}
