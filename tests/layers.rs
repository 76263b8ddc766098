//! The floors of the house: what is below names nothing of what is above.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up. Folders of one floor do not know each other.
const FLOORS: [&[&str]; 8] = [
    &["base"],
    &["ffi"],
    &["hal"],
    &["transport"],
    &["http"],
    &["mqtt", "cloud"],
    &["device"],
    &["capi"],
];

/// Calls everything, for the fuzzer, and is in no shipped build.
const OUTSIDE: &[&str] = &["fuzzing"];

fn floor(folder: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&folder))
}

/// The folders that a file's shipped part names by `crate::`.
fn named(text: &str) -> Vec<&str> {
    let shipped = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let code = shipped.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .flat_map(|path| path.split(|c: char| !is_word(c)).next())
        // A list of folders hides them from here.
        .map(|folder| if folder.is_empty() { "{" } else { folder })
        .collect()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Why a file of `from` may not name `to`.
fn wrong(from: &str, to: &str) -> Option<String> {
    let Some(target) = floor(to) else {
        return Some(format!("{to} is on no floor"));
    };
    let own = floor(from)?;
    (from != to && target >= own).then(|| format!("{from} stands below or beside {to}"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Helpers of tests that stand beside the code.
fn is_for_tests(path: &Path) -> bool {
    path.components().any(|part| {
        let part = Path::new(part.as_os_str()).file_stem().unwrap_or_default();
        ["tests", "test_support", "fake", "matrix"].iter().any(|name| part == *name)
    })
}

#[test]
fn no_arrow_points_up() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let mut arrows = Vec::new();
    for path in paths.iter().filter(|path| !is_for_tests(path)) {
        let inside = path.strip_prefix(&root).unwrap();
        let folder = inside.iter().next().unwrap().to_str().unwrap();
        if inside.components().count() == 1 || OUTSIDE.contains(&folder) {
            continue;
        }
        assert!(floor(folder).is_some(), "{} is on no floor", inside.display());
        let text = fs::read_to_string(path).unwrap();
        let found = named(&text).into_iter().filter_map(|to| wrong(folder, to));
        arrows.extend(found.map(|why| format!("{}: {why}", inside.display())));
    }
    assert!(arrows.is_empty(), "{}", arrows.join("\n"));
}

#[test]
fn an_arrow_that_points_up_is_seen() {
    let text = "use crate::mqtt::Error;\nuse crate::{base::log, hal};\n// crate::capi\n\
                fn f() -> crate::http::Reply {}\n#[cfg(test)]\nmod tests { use crate::capi; }";
    assert_eq!(named(text), ["mqtt", "{", "http"]);
    assert!(wrong("hal", "mqtt").is_some() && wrong("mqtt", "cloud").is_some());
    assert!(wrong("capi", "base").is_none() && wrong("mqtt", "mqtt").is_none());
    assert!(wrong("hal", "nowhere").is_some());
}
