//! `MATRIX.md` says what works, and a program checks the other half of it: each function that the
//! page calls not supported yet says so itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use linkkit_sim::toolchain::{Abi, CProgram, Library, Linkage, Profile};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Has the page written anew instead of compared.
const UPDATE: &str = "UPDATE_MATRIX";

/// The names in the tables of what is not supported yet.
fn unsupported(abi: Abi) -> BTreeSet<String> {
    let release = format!("src/capi/release/v{}/unsupported.rs", abi.number().replace('.', "_"));
    let words = ["src/shim/hal_unsupported.c", &release]
        .map(|path| fs::read_to_string(Path::new(ROOT).join(path)).unwrap())
        .concat();
    let words: BTreeSet<&str> =
        words.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    abi.symbols().unwrap().into_iter().filter(|name| words.contains(name.as_str())).collect()
}

fn page() -> String {
    let mut text = String::from(
        "# What works\n\n\
         Every public symbol of the releases that there is a profile for. What is \"not supported \
         yet\" links, answers with the value by which the C SDK says that it failed, and says so in \
         the log.\n\n\
         Made by `UPDATE_MATRIX=1 cargo test --test matrix`.\n\n| symbol |",
    );
    let releases = Abi::ALL.map(|abi| (abi.number(), abi.symbols().unwrap(), unsupported(abi)));
    for (number, _, _) in &releases {
        write!(text, " {number} |").unwrap();
    }
    text.push_str("\n|---|---|---|\n");
    let all: BTreeSet<&String> = releases.iter().flat_map(|(_, symbols, _)| symbols).collect();
    for symbol in all {
        write!(text, "| `{symbol}` |").unwrap();
        for (_, symbols, unsupported) in &releases {
            let state = if unsupported.contains(symbol) {
                "not supported yet"
            } else if symbols.contains(symbol) {
                "works"
            } else {
                "–"
            };
            write!(text, " {state} |").unwrap();
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_page_is_current() {
    let (file, page) = (Path::new(ROOT).join("MATRIX.md"), page());
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&file, &page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(written == page, "MATRIX.md is stale; run `{UPDATE}=1 cargo test --test matrix`");
}

#[test]
fn what_is_not_supported_yet_fails_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for abi in Abi::ALL {
        // Variables among them say nothing.
        let functions: Vec<String> = unsupported(abi)
            .into_iter()
            .filter(|name| {
                !matches!(
                    name.as_str(),
                    "awss_report_token_cnt" | "awss_report_token_suc" | "awss_stop_connecting"
                )
            })
            .collect();
        let mut code =
            String::from("void IOT_SetLogLevel(int);\nvoid IOT_OpenLog(const char *);\n");
        for name in &functions {
            writeln!(code, "void {name}(void *);").unwrap();
        }
        code.push_str("int main(void)\n{\n");
        if abi == Abi::V2_2 {
            code.push_str("    IOT_OpenLog(\"matrix\");\n");
        }
        code.push_str("    IOT_SetLogLevel(2);\n");
        for name in &functions {
            // With an argument, since the real ones have some.
            writeln!(code, "    {name}(\"\");").unwrap();
        }
        code.push_str("    return 0;\n}\n");
        let source = folder.path().join(format!("matrix_{}.c", abi.number().replace('.', "_")));
        fs::write(&source, code).unwrap();
        let library = Library::build_for(abi, Profile::Debug, Linkage::Static).unwrap();
        let program = CProgram::compile(&source, &library, &[], &["-Werror"]).unwrap();
        let output = Command::new(program).output().unwrap();
        assert!(output.status.success(), "{}", output.status);
        let log = String::from_utf8(output.stdout).unwrap();
        for name in &functions {
            let line = format!(": {name} is not supported yet\r\n");
            assert_eq!(log.matches(&line).count(), 1, "{name}\n{log}");
        }
    }
}
