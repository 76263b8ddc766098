//! The bill of materials names what is shipped: the crates that `Cargo.lock` has the library built
//! of, their versions and their contents.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const MAKE: &str = "run scripts/supply-chain.sh, which checks the crates and makes the bill anew";

/// A crate's name and version.
type Crate = (String, String);

fn bill() -> Value {
    serde_json::from_slice(&fs::read(Path::new(ROOT).join("linkkit.cdx.json")).unwrap()).unwrap()
}

fn name_and_version(component: &Value) -> Crate {
    let text = |field: &str| component[field].as_str().unwrap().to_owned();
    (text("name"), text("version"))
}

/// What the library is made for. The bill describes it for the first of them.
fn targets() -> Vec<String> {
    let config = fs::read_to_string(Path::new(ROOT).join("deny.toml")).unwrap();
    let (_, list) = config.split_once("\ntargets = [").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What cargo builds the library of for a target, the library itself left out.
fn built_of(target: &str) -> BTreeSet<Crate> {
    let output = Command::new(env::var_os("CARGO").unwrap())
        .current_dir(ROOT)
        .args(["tree", "--locked", "--package", "linkkit", "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p}", "--target", target])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .skip(1)
        .map(|line| {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap();
            let version = words.next().unwrap().strip_prefix('v').unwrap();
            (name.to_owned(), version.to_owned())
        })
        .collect()
}

/// The SHA-256 of each crate of `Cargo.lock`.
fn checksums() -> BTreeMap<Crate, String> {
    let lock = fs::read_to_string(Path::new(ROOT).join("Cargo.lock")).unwrap();
    let packages = lock.split("[[package]]").filter_map(|package| {
        let field = |name: &str| {
            let prefix = format!("{name} = \"");
            let value = package.lines().find_map(|line| line.strip_prefix(&prefix))?;
            value.strip_suffix('"').map(str::to_owned)
        };
        Some(((field("name")?, field("version")?), field("checksum")?))
    });
    packages.collect()
}

#[test]
fn the_bill_of_materials_names_the_crates_that_are_shipped() {
    let bill = bill();
    let of = name_and_version(&bill["metadata"]["component"]);
    assert_eq!(of, ("linkkit".into(), env!("CARGO_PKG_VERSION").into()), "{MAKE}");
    let components = bill["components"].as_array().unwrap();
    let named: BTreeSet<_> = components.iter().map(name_and_version).collect();
    let targets = targets();
    assert_eq!(named, built_of(&targets[0]), "{MAKE}");
    for target in &targets[1..] {
        let more: Vec<_> = built_of(target).difference(&named).cloned().collect();
        assert!(more.is_empty(), "{target} needs crates that the bill does not name: {more:?}");
    }
    let checksums = checksums();
    for component in components {
        let (name, hash) = (name_and_version(component), &component["hashes"][0]);
        assert_eq!(hash["alg"], "SHA-256");
        assert_eq!(hash["content"].as_str(), checksums.get(&name).map(String::as_str), "{name:?}");
    }
}

#[test]
fn the_bill_of_materials_is_the_same_from_any_machine() {
    let bill = bill();
    assert_eq!(bill["bomFormat"], "CycloneDX");
    assert_eq!(bill.get("serialNumber"), None);
    assert_eq!(bill["metadata"].get("timestamp"), None);
    assert!(!bill.to_string().contains("file:"), "it tells of a machine's folder");
}
