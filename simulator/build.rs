//! Takes the list of the C SDK's releases from `abi/symbols-*.txt`.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../abi");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut numbers = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let name = entry?.file_name().into_string().map_err(|name| format!("{name:?}"))?;
        let number = name.strip_prefix("symbols-").and_then(|name| name.strip_suffix(".txt"));
        numbers.extend(number.map(str::to_owned));
    }
    numbers.sort();
    let mut code = String::from("impl Abi {\n");
    for number in &numbers {
        let name = number.replace('.', "_");
        writeln!(code, "/// Release {number}.\npub const V{name}: Abi = Abi({number:?});")?;
    }
    let all: String = numbers.iter().map(|number| format!("Abi({number:?}), ")).collect();
    writeln!(code, "/// Every release, the oldest first: the default is that one.")?;
    writeln!(code, "pub const ALL: [Abi; {}] = [{all}];\n}}", numbers.len())?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("abis.rs"), code)?;
    Ok(())
}
