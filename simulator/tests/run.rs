//! The command `linkkit-sim run`, and the builds that it stands on.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use linkkit_sim::toolchain::{CProgram, Library, Linkage, Profile};
use linkkit_sim::{Cloud, Config, redirect};
use serde_json::Value;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program.c");

const REDIRECTED: [&str; 9] = [
    "https: connected",
    "mqtt 1883: connected",
    "mqtt 443: connected",
    "another region: connected",
    "global: connected",
    "no region: refused",
    "elsewhere: refused",
    "lookalike: refused",
    "-----BEGIN CERTIFICATE-----",
];

fn run(arguments: &[&str]) -> Output {
    let output =
        Command::new(env!("CARGO_BIN_EXE_linkkit-sim")).arg("run").args(arguments).output();
    let output = output.unwrap();
    Config::default().secrets().for_each(|secret| hides(&output, secret));
    output
}

#[track_caller]
fn hides(output: &Output, secret: &str) {
    for stream in [&output.stdout, &output.stderr] {
        // Not even here is the secret itself printed.
        assert!(!String::from_utf8_lossy(stream).contains(secret), "a secret was printed");
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_program_is_redirected_however_it_is_linked() {
    let cloud = Cloud::start(&Config::default()).unwrap();
    for linkage in [Linkage::Static, Linkage::Shared] {
        let library = Library::build(Profile::Debug, linkage).unwrap();
        let sources = [Path::new(redirect::SOURCE)];
        let program =
            CProgram::compile(Path::new(PROGRAM), &library, &sources, &["-Werror"]).unwrap();
        let output = Command::new(program).envs(cloud.redirect_env()).output().unwrap();
        assert!(stdout(&output).lines().eq(REDIRECTED), "{linkage:?}: {output:?}");
    }
}

#[test]
fn run_shows_both_sides_and_returns_the_programs_code() {
    let output = run(&[PROGRAM, "--", "7"]);
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let lines = stdout(&output);
    for line in REDIRECTED {
        assert!(lines.contains(&format!("device | {line}\n")), "{line}: {lines}");
    }
    assert!(lines.contains("device | registered: 0\n"), "{lines}");
    let seen = lines.lines().filter(|line| line.starts_with("cloud  | "));
    assert_eq!(seen.filter(|line| line.contains("POST /auth/register/device")).count(), 1);
    let kv = lines.lines().find_map(|line| line.strip_prefix("device | kv: ")).unwrap();
    assert!(!Path::new(kv).exists());
}

#[test]
fn a_kept_folder_is_the_next_boots_too() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("device");
    let output = run(&[PROGRAM, "--keep-kv", kept.to_str().unwrap(), "--", "0"]);
    let kv = format!("device | kv: {}\n", kept.join("kv.json").display());
    assert!(stdout(&output).contains(&kv), "{output:?}");
    let state: Value =
        serde_json::from_slice(&fs::read(kept.join("cloud/devices.json")).unwrap()).unwrap();
    hides(&output, state[0]["deviceSecret"].as_str().unwrap());
}

#[test]
fn mistakes_are_told_in_words() {
    let told = |arguments: &[&str], words: &str| {
        let output = run(arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(text.starts_with("linkkit-sim: ") && text.contains(words), "{text}");
    };
    told(&["missing.c"], "cannot read the program missing.c: No such file");
    told(&[PROGRAM, "--config", "missing.toml"], "cannot read the configuration missing.toml");
}

#[test]
fn several_files_a_built_program_and_any_command_are_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let main = file(
        "main.c",
        "#include <math.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include \"part.h\"\n\
         int main(int argc, char **argv) { (void)argc; printf(\"%d %d\\n\", part(), (int)cbrt(atof(argv[1]))); \
         puts(getenv(\"LINKKIT_SIM_MQTT_PORT\")); return 3; }\n",
    );
    let part = file("part.c", "#include \"part.h\"\nint part(void) { return 42; }\n");
    let headers = folder.path().join("headers");
    fs::create_dir(&headers).unwrap();
    fs::write(headers.join("part.h"), "int part(void);\n").unwrap();
    let headers = headers.to_str().unwrap();
    let output = run(&[&main, &part, "-I", headers, "--lib", "-lm", "--abi", "2.2", "--", "27"]);
    assert!(stdout(&output).contains("device | 42 3\n"), "{output:?}");
    assert_eq!(output.status.code(), Some(3));

    let script = file("firmware", "#!/bin/sh\necho port $LINKKIT_SIM_MQTT_PORT $1\n");
    Command::new("chmod").args(["+x", &script]).status().unwrap();
    let output = run(&["--program", &script, "--", "x"]);
    let line = stdout(&output);
    assert!(line.starts_with("device | port ") && line.contains(" x\n"), "{output:?}");

    let cloud = {
        let control = Some("127.0.0.1:0".parse().unwrap());
        Cloud::start(&Config { control, ..Config::default() }).unwrap()
    };
    let output = Command::new(env!("CARGO_BIN_EXE_linkkit-sim"))
        .args(["--control", &cloud.control_addr().unwrap().to_string()])
        .args(["exec", "--attach", "--", "sh", "-c", "echo $LINKKIT_SIM_MQTT_PORT"])
        .output()
        .unwrap();
    let port = format!("device | {}\n", cloud.mqtt_addr().port());
    assert!(stdout(&output).contains(&port), "{output:?}");

    let wrong = run(&[&main, "--abi", "9.9"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("there is 2.2, 2.3"), "{wrong:?}");
}
