//! What goes to the terminal: whole lines, each marked with who speaks.

use std::io::{self, Write as _};

use linkkit_sim::Cloud;

/// Prints one line of the device's, the cloud's or our own.
pub(crate) fn say(speaker: &str, text: impl std::fmt::Display) {
    // A reader that went away (`| head`) is no reason to fail.
    let _ = writeln!(io::stdout().lock(), "{speaker:<6} | {text}");
}

/// Prints one line of an answer, which scripts may read.
pub(crate) fn print(text: impl std::fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints everything that the cloud sees from now on.
pub(crate) fn show(cloud: &Cloud) {
    cloud.trace().observe(|entry| say("cloud", entry));
}
