//! `cargo run -p linkkit-headers` writes the C headers; with `-- --check` it only tells which of
//! them are stale, and fails if any is.

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::process::ExitCode;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let root = linkkit_headers::root();
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.is_empty() {
        linkkit_headers::write(&root)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments != ["--check"] {
        return Err(format!("usage: {} [-- --check]", linkkit_headers::COMMAND).into());
    }
    let stale = linkkit_headers::stale(&root)?;
    for path in &stale {
        eprintln!("{} is stale; run `{}`", path.display(), linkkit_headers::COMMAND);
    }
    Ok(if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
