//! `MATRIX.md` says what works, and a program checks the other half of it: each function that the
//! page calls not supported yet says so itself, and returns what its header says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use linkkit_sim::toolchain::{Abi, CProgram, Library, Linkage, Profile};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Has the page written anew instead of compared.
const UPDATE: &str = "UPDATE_MATRIX";

/// The names in the lists of what is not supported yet.
fn unsupported(abi: Abi) -> BTreeSet<String> {
    let root = Path::new(ROOT);
    let lists = fs::read_dir(root.join("src/capi/unsupported")).unwrap();
    let paths = lists.map(|entry| entry.unwrap().path());
    let words: String = paths
        .filter(|path| !path.ends_with("mod.rs"))
        .chain([root.join("src/shim/hal_unsupported.c")])
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
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
         Firmware of 2.2.1 that is built for ID² (`SUPPORT_ITLS`) compiles and links as well; its \
         `IOT_SetupConnInfo` answers with -1, since iTLS needs the vendor's closed key store.\n\n\
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

/// The headers of the release that may declare something, below the folder `include/<release>`.
fn headers(abi: Abi) -> Vec<String> {
    let folder = Path::new(ROOT).join("include").join(abi.number());
    let in_folder = |name: &str| {
        let entries = fs::read_dir(folder.join(name)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        paths.map(|path| format!("{name}/{path}")).collect::<Vec<_>>()
    };
    ["exports", "imports"].map(in_folder).concat()
}

/// What the headers of the release say that each function returns, by its name.
fn documented(abi: Abi) -> BTreeMap<String, String> {
    let folder = Path::new(ROOT).join("include").join(abi.number());
    let mut failures = BTreeMap::new();
    for header in headers(abi) {
        let text = fs::read_to_string(folder.join(header)).unwrap();
        for declaration in text.split("/**").filter(|text| text.contains("Not supported yet: ")) {
            let (comment, code) = declaration.split_once("*/").unwrap();
            let (_, failure) = comment.rsplit_once("Not supported yet: ").unwrap();
            let (before, _) = code.split_once('(').unwrap();
            let name = before.rsplit([' ', '*', '\n']).next().unwrap();
            let failure = failure.trim().trim_end_matches('.').trim_start_matches("returns ");
            failures.insert(name.to_owned(), failure.to_owned());
        }
    }
    failures
}

/// A program that calls each function by its own prototype and compares what it returns. It is C++,
/// which can make up the arguments.
fn program(abi: Abi, functions: &[String]) -> String {
    let documented = documented(abi);
    // With the functions that some headers declare only then.
    let mut code = String::from("#define FS_ENABLED\n#include <cstdint>\n#include <cstdio>\n");
    for header in headers(abi) {
        writeln!(code, "#include \"{header}\"").unwrap();
    }
    code.push_str("extern \"C\" {\n");
    // What no header declares is of provisioning's and answers with an int.
    for name in functions.iter().filter(|name| !documented.contains_key(*name)) {
        writeln!(code, "int {name}(void);").unwrap();
    }
    code.push_str(
        "}\n\
         template <class R, class... A> static bool fails(R (*function)(A...), intptr_t failure)\n\
         {\n    return (intptr_t)function(A{}...) == (intptr_t)(R)failure;\n}\n\
         template <class... A> static bool fails(void (*function)(A...), intptr_t)\n\
         {\n    function(A{}...);\n    return true;\n}\n\
         int main()\n{\n    int wrong = 0;\n",
    );
    if abi == Abi::V2_2 {
        code.push_str("    IOT_OpenLog(\"matrix\");\n");
    }
    code.push_str("    IOT_SetLogLevel(IOT_LOG_ERROR);\n");
    for name in functions {
        let failure = match documented.get(name).map_or("-1", String::as_str) {
            "NULL" | "does nothing" => "0",
            number => number,
        };
        writeln!(
            code,
            "    if (!fails({name}, {failure})) wrong += std::printf(\"wrong: {name}\\n\");"
        )
        .unwrap();
    }
    code.push_str("    return wrong != 0;\n}\n");
    code
}

#[test]
fn what_is_not_supported_yet_fails_as_documented_and_says_so() {
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
        let source = folder.path().join(format!("matrix_{}.cpp", abi.number().replace('.', "_")));
        fs::write(&source, program(abi, &functions)).unwrap();
        let library = Library::build_for(abi, Profile::Debug, Linkage::Static).unwrap();
        let program = CProgram::compile(&source, &library, &[], &["-Werror"]).unwrap();
        let output = Command::new(program).output().unwrap();
        let log = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}\n{log}", output.status);
        for name in &functions {
            let line = format!(": {name} is not supported yet\r\n");
            assert_eq!(log.matches(&line).count(), 1, "{name}\n{log}");
        }
    }
}
