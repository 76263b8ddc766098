//! The documentation says what is so: links lead somewhere, commands work, log lines exist, and the
//! table of the HAL has every function.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use linkkit_sim::Config;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The Markdown files in a folder.
fn pages(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    assert!(!pages.is_empty());
    pages
}

/// The name by which a heading is linked to.
fn anchor(heading: &str) -> String {
    let kept = |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    heading.trim().to_lowercase().chars().filter(|&c| kept(c)).collect::<String>().replace(' ', "-")
}

fn anchors(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn every_link_leads_somewhere() {
    for page in [pages("."), pages("docs"), pages("docs/design")].concat() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.starts_with("https://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if path.is_empty() { page.clone() } else { page.with_file_name("").join(path) };
            assert!(target.exists(), "{}: {link}", page.display());
            assert!(
                anchor.is_empty() || anchors(&target).iter().any(|known| known == anchor),
                "{}: {link}: no such heading",
                page.display()
            );
        }
    }
}

/// The fenced blocks of a page that are in this language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let starts = text.split(fence.as_str()).skip(1);
    starts.map(|rest| rest.split("```").next().unwrap()).collect()
}

/// What looks like a command has to be one that is run, so no block may be in an unknown language.
#[test]
fn every_block_is_in_a_known_language() {
    for page in pages("docs") {
        let text = fs::read_to_string(&page).unwrap();
        let fences = text.lines().filter_map(|line| line.strip_prefix("```"));
        for language in fences.step_by(2) {
            assert!(
                ["sh", "mermaid", "toml"].contains(&language),
                "{}: '{language}'",
                page.display()
            );
        }
    }
}

#[test]
fn every_command_works() {
    let mut run = 0;
    for page in pages("docs") {
        let text = fs::read_to_string(&page).unwrap();
        let mut servers = Vec::new();
        let control = free_address();
        for block in blocks(&text, "sh") {
            run += 1;
            if block.starts_with("# In a terminal of its own:\n") {
                servers.push(Server::start(shell(block, control)));
                continue;
            }
            let output = shell(block, control).output().unwrap();
            assert!(
                output.status.success(),
                "{}:\n{block}{}{}",
                page.display(),
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            let told = Config::default().secrets().any(|secret| printed.contains(secret));
            assert!(!told, "{}: a secret is printed by\n{block}", page.display());
        }
    }
    assert!(run >= 5, "only {run} blocks were found");
}

#[test]
fn every_configuration_is_one() {
    for page in pages("docs") {
        let text = fs::read_to_string(&page).unwrap();
        for block in blocks(&text, "toml") {
            let config = format!("[[product]]\nkey = 'p'\nsecret = 's'\n{block}");
            if let Err(why) = Config::parse(&config) {
                panic!("{}: {why}", page.display());
            }
        }
    }
}

/// The usual one may be taken: by a developer's own cloud, or by another run of this test.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn shell(script: &str, control: SocketAddr) -> Command {
    let mut command = Command::new("bash");
    // Cargo tells a test of its own package. Build scripts watch that, and half of the dependencies
    // would be compiled anew.
    for (name, _) in std::env::vars_os() {
        let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "OUT_DIR"];
        if name.to_str().is_some_and(|name| of_package.iter().any(|start| name.starts_with(start)))
        {
            command.env_remove(name);
        }
    }
    command.env("LINKKIT_SIM_CONTROL", control.to_string());
    command.current_dir(root()).args(["-euo", "pipefail", "-c", script]).stdin(Stdio::null());
    command
}

/// A command that goes on while those below it on its page are run.
struct Server(Child);

impl Server {
    /// Returns once it says that it runs.
    fn start(mut script: Command) -> Self {
        let mut child = script.process_group(0).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let runs = lines.any(|line| line.unwrap().contains("Ctrl-C ends it"));
        assert!(runs, "{script:?} ended");
        Server(child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The group: cargo runs the command as a child of its own.
        let group = format!("-{}", self.0.id());
        let killed = Command::new("kill").args(["-TERM", "--", &group]).status();
        assert!(killed.is_ok_and(|status| status.success()));
        self.0.wait().unwrap();
    }
}

/// All of the library's sources, each run of blanks counting as one.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    text
}

#[test]
fn every_log_line_exists() {
    let sources = sources(&root().join("src"));
    let page = read("docs/troubleshooting.md");
    let mut looked_up = 0;
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cell = row.split(" | ").next().unwrap();
        for line in cell.split('`').skip(1).step_by(2) {
            let parts = line.split('…').map(str::trim).filter(|part| part.len() > 3);
            for part in parts.map(|part| part.trim_matches([';', ':', '\'', ' '])) {
                assert!(sources.contains(part), "no line of the library says '{part}'");
            }
            looked_up += 1;
        }
    }
    assert!(looked_up >= 25, "only {looked_up} lines were found");
}

/// In which of its tables it belongs is what `own_hal.rs` finds out.
#[test]
fn every_function_of_the_hal_is_explained_once() {
    let exported: BTreeSet<String> = ["abi/symbols-2.2.txt", "abi/symbols-2.3.txt"]
        .map(read)
        .iter()
        .flat_map(|list| list.lines())
        .filter(|name| name.starts_with("HAL_") || *name == "iotx_ca_get")
        .map(str::to_owned)
        .collect();
    let page = read("docs/hal.md");
    let mut explained: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| line.split(" | ").next().unwrap().split('`').skip(1).step_by(2))
        .collect();
    explained.sort_unstable();
    assert_eq!(explained, exported.iter().map(String::as_str).collect::<Vec<_>>());
}
