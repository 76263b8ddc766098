//! What goes to the terminal: whole lines, each marked with who speaks.

use std::io::{self, Write as _};
use std::path::Path;

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

/// Prints it as JSON, a line each, without secrets.
pub(crate) fn show_json(cloud: &Cloud) {
    let trace = cloud.trace().clone();
    cloud.trace().observe(move |entry| print(serde_json::Value::Object(trace.shown(entry))));
}

/// The lines by which a shell hands an environment to its programs. A certificate is named by its
/// file where there is one, because it has many lines.
pub(crate) fn exports(
    env: impl IntoIterator<Item = (String, String)>,
    ca: Option<&Path>,
) -> Vec<String> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    env.into_iter()
        .map(|(name, value)| match ca {
            Some(ca) if name.ends_with("CA_PEM") => {
                format!("export {name}=\"$(cat {})\"", quoted(&ca.display().to_string()))
            }
            _ => format!("export {name}={}", quoted(&value)),
        })
        .collect()
}
