//! A build serves exactly one release of the C SDK.

#![allow(clippy::unwrap_used, reason = "a test")]

use linkkit_sim::toolchain::cargo;

/// What cargo says about a build with these features, which must fail for one reason alone.
fn refusal(features: &[&str]) -> String {
    let mut build = cargo();
    build.args(["build", "--locked", "--package=linkkit", "--lib"]).args(features);
    let output = build.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{features:?} built");
    // The build script says it, and cargo that the script did.
    assert_eq!(said.matches("error: ").count(), 2, "{said}");
    said
}

#[test]
fn no_release_and_two_releases_are_refused_in_words() {
    let said = refusal(&["--no-default-features"]);
    assert!(said.contains("choose the release to serve"), "{said}");
    let said = refusal(&["--features=abi-2-3"]);
    assert!(said.contains("a build serves one release"), "{said}");
}
