//! The C headers lay structures out as the library does, whatever machine is compiled for: the
//! numbers that the library asserts of its own are asserted of the headers by the C compiler.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use linkkit_sim::toolchain::{Abi, CProgram, Library, Linkage, Profile, start};
use support::run_without_cloud;

/// The assertions in C for the `layout!` of a source.
fn assertions(source: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/capi/abi").join(source);
    let text = fs::read_to_string(path).unwrap();
    let mut assertions = String::new();
    let mut structure = "";
    for line in text.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix("layout!(").and_then(|head| head.strip_suffix('{')) {
            let (name, sizes) = head.split_once(": ").unwrap();
            structure = name;
            writeln!(assertions, "AT(sizeof({name}), {});", sizes.trim()).unwrap();
        } else if line == "});" {
            structure = "";
        } else if !structure.is_empty() {
            let (field, offsets) = line.strip_suffix(';').unwrap().split_once(": ").unwrap();
            writeln!(assertions, "AT(offsetof({structure}, {field}), {offsets});").unwrap();
        }
    }
    assertions
}

#[test]
fn the_headers_have_the_librarys_layouts() {
    const HEAD: &str = "#include <stddef.h>\n\
        #include \"iot_import.h\"\n\
        #include \"iot_export.h\"\n\
        #define AT(is, on_64, on_32) \\\n    \
        _Static_assert((is) == (sizeof(void *) == 8 ? (on_64) : (on_32)), #is)\n";
    let folder = tempfile::tempdir().unwrap();
    for abi in Abi::ALL {
        let release = format!("v{}.rs", abi.number().replace('.', "_"));
        let (shared, own) = (assertions("shared/layout.rs"), assertions(&release));
        assert!(shared.lines().count() > 20 && own.lines().count() > 10, "{shared}{own}");
        let source = folder.path().join(format!("layouts-{}.c", abi.number()));
        let text = format!("{HEAD}{shared}{own}int main(void) {{ return 0; }}\n");
        fs::write(&source, text).unwrap();
        let library = Library::build_for(abi, Profile::Debug, Linkage::Static).unwrap();
        let program = CProgram::compile(&source, &library, &[], &["-Werror"]).unwrap();
        run_without_cloud(start(&program), &[]).succeeded();
    }
}
