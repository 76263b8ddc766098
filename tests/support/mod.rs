//! Builds C programs as a firmware is built and runs them, each within a limit of time.
//!
//! [`run`] and [`run_without_cloud`] check after every run that no secret was printed.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's own code"
)]

pub(crate) mod broker;
pub(crate) mod certificates;
pub(crate) mod device;
pub(crate) mod mosquitto;
pub(crate) mod old_store;
pub(crate) mod proxy;
pub(crate) mod terminator;
pub(crate) mod transcript;
pub(crate) mod wire;

use std::collections::BTreeMap;
use std::io::{PipeReader, Read as _, pipe};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{env, thread};

use linkkit_sim::toolchain::{Abi, CProgram, Library, Linkage, Profile, start};
use linkkit_sim::trace::{Entry, Event};
use linkkit_sim::{Cloud, Config, redirect};
use tempfile::TempDir;

/// Far longer than any program needs; only a failing test waits so long.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

pub(crate) const PRODUCT_KEY: &str = "a1ExpAkj9Hi";
pub(crate) const PRODUCT_SECRET: &str = "ffFnFlKQW3HYjjPR";
/// The device that registers itself.
pub(crate) const DEVICE_NAME: &str = "Example_dyn1";

pub(crate) fn start_cloud() -> Cloud {
    Cloud::start(&Config::default()).unwrap()
}

/// A C program and the folder in which its device stores things.
pub(crate) struct Firmware {
    program: PathBuf,
    pub(crate) storage: TempDir,
}

impl Firmware {
    /// Builds `source`, a path inside the package, so that its platform is the simulator.
    pub(crate) fn build(source: &str, profile: Profile) -> Self {
        Self::compile(source, profile, &[Path::new(redirect::SOURCE)])
    }

    pub(crate) fn debug(source: &str) -> Self {
        Self::build(source, Profile::Debug)
    }

    /// The same with one more source, which overrides functions of the C library.
    pub(crate) fn debug_with(source: &str, extra: &str) -> Self {
        let extra = Path::new(env!("CARGO_MANIFEST_DIR")).join(extra);
        Self::compile(source, Profile::Debug, &[Path::new(redirect::SOURCE), &extra])
    }

    /// Builds `source` for a release, which it sees as `RELEASE_2_2` or `RELEASE_2_3`.
    pub(crate) fn of_release(source: &str, abi: Abi, linkage: Linkage) -> Self {
        Self::of_release_with(source, abi, linkage, &[])
    }

    /// The same with further flags for the compiler.
    pub(crate) fn of_release_with(
        source: &str,
        abi: Abi,
        linkage: Linkage,
        flags: &[&str],
    ) -> Self {
        let library = Library::build_for(abi, Profile::Debug, linkage).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
        let release = format!("-DRELEASE_{}", abi.number().replace('.', "_"));
        let flags = [&["-Werror", &release], flags].concat();
        let program =
            CProgram::compile(&source, &library, &[Path::new(redirect::SOURCE)], &flags).unwrap();
        Firmware { program, storage: tempfile::tempdir().unwrap() }
    }

    /// Builds `source` so that it connects to where it asks for.
    pub(crate) fn without_redirect(source: &str) -> Self {
        Self::compile(source, Profile::Debug, &[])
    }

    fn compile(source: &str, profile: Profile, extra_sources: &[&Path]) -> Self {
        /// What this process has built: some tests run one program many times.
        static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
        let compile = || {
            let library = Library::build(profile, Linkage::Static).unwrap();
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
            CProgram::compile(&source, &library, extra_sources, &["-Werror"]).unwrap()
        };
        let key = format!("{source} {profile:?} {extra_sources:?}");
        // A build that failed in another test says so there, and fails here by itself.
        let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        let program = built.entry(key).or_insert_with(compile).clone();
        Firmware { program, storage: tempfile::tempdir().unwrap() }
    }

    /// The same program on a device that has lost everything.
    pub(crate) fn with_empty_storage(self) -> Self {
        Firmware { storage: tempfile::tempdir().unwrap(), ..self }
    }

    /// The same program on another device.
    pub(crate) fn on_another_device(&self) -> Self {
        Firmware { program: self.program.clone(), storage: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn kv_file(&self) -> PathBuf {
        self.storage.path().join("kv.json")
    }

    /// The command that runs the program.
    pub(crate) fn command(&self) -> Command {
        self.with_storage(start(&self.program))
    }

    /// The same under valgrind, to which every error and every leak is a failure.
    pub(crate) fn valgrind(&self) -> Command {
        const LEAKS: &str = "definite,indirect,possible";
        const KNOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/valgrind.supp");
        let mut valgrind = Command::new(find_program("valgrind"));
        valgrind
            .args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--num-callers=40"])
            .arg(format!("--show-leak-kinds={LEAKS}"))
            .arg(format!("--errors-for-leak-kinds={LEAKS}"))
            .arg(format!("--suppressions={KNOWN}"));
        self.under(valgrind)
    }

    /// The command that has `tool` run the program.
    pub(crate) fn under(&self, mut tool: Command) -> Command {
        tool.arg(&self.program);
        self.with_storage(tool)
    }

    fn with_storage(&self, mut command: Command) -> Command {
        command.env("LINKKIT_KV_FILE", self.kv_file());
        command
    }
}

/// What became of a program.
pub(crate) struct Run {
    pub(crate) status: ExitStatus,
    /// Everything that it printed, on either stream.
    pub(crate) output: String,
    pub(crate) took: Duration,
}

impl Run {
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert!(self.status.success(), "{}:\n{}", self.status, self.output);
        self
    }

    #[track_caller]
    pub(crate) fn failed(self) -> Self {
        assert_eq!(self.status.code(), Some(1), "{}:\n{}", self.status, self.output);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.output.contains(words), "it does not say '{words}':\n{}", self.output);
        self
    }

    #[track_caller]
    fn hides(&self, secret: &str) {
        // Not even here is the secret itself printed.
        assert!(!self.output.contains(secret), "a secret of {} bytes was printed", secret.len());
    }
}

/// Runs a program against `cloud` to its end, and checks that it printed no secret: none that the
/// cloud knows, none that was sent to it, and none of `others`.
#[track_caller]
pub(crate) fn run(command: Command, cloud: &Cloud, others: &[&str]) -> Run {
    run_for(LIMIT, command, cloud, others)
}

/// The same for a program that may take as long as `limit`.
#[track_caller]
pub(crate) fn run_for(
    limit: Duration,
    mut command: Command,
    cloud: &Cloud,
    others: &[&str],
) -> Run {
    command.envs(cloud.redirect_env());
    let run = run_to_end(command, limit);
    for secret in others {
        run.hides(secret);
    }
    for secret in secrets(cloud) {
        run.hides(&secret);
    }
    run
}

/// Runs a program to its end, and checks that it printed none of the `secrets`, nor any that the
/// programs of the tests have in common.
#[track_caller]
pub(crate) fn run_without_cloud(command: Command, secrets: &[&str]) -> Run {
    let run = run_to_end(command, LIMIT);
    for secret in secrets {
        run.hides(secret);
    }
    run
}

#[track_caller]
fn run_to_end(mut command: Command, limit: Duration) -> Run {
    let (reader, writer) = pipe().unwrap();
    command.stdin(Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer);
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    // It holds the pipe's other end, without which the output never ends.
    drop(command);
    let output = read_in_background(reader);
    let Ok(output) = output.recv_timeout(limit) else {
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("not done in {limit:?}:\n{}", output.recv_timeout(LIMIT).unwrap_or_default());
    };
    let status = child.wait().unwrap();
    let run = Run { status, output, took: start.elapsed() };
    Config::default().secrets().for_each(|secret| run.hides(secret));
    run
}

fn read_in_background(mut reader: PipeReader) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut output = Vec::new();
        reader.read_to_end(&mut output).unwrap();
        // Nobody listens any more when the test has failed.
        let _ = sender.send(String::from_utf8_lossy(&output).into_owned());
    });
    receiver
}

/// What became a secret as the cloud ran: those that it has handed out, and what was sent to it.
fn secrets(cloud: &Cloud) -> Vec<String> {
    let mut secrets = Vec::new();
    for product in Config::default().products {
        let names = product.devices.iter().map(|device| device.name.as_str());
        secrets.extend(names.filter_map(|name| cloud.device_secret(&product.key, name)));
    }
    for entry in cloud.trace().entries() {
        if let Event::Connect { password, .. } = entry.event {
            secrets.push(password);
        }
    }
    secrets
}

/// Waits until the cloud has seen an entry of this kind.
#[track_caller]
pub(crate) fn wait_for(cloud: &Cloud, wanted: impl Fn(&Entry) -> bool) {
    let seen = cloud.trace().wait(LIMIT, |entries| entries.iter().any(&wanted));
    assert!(seen, "{:#?}", cloud.trace().entries());
}

/// The path of a program that a test needs; it is named when it is missing.
pub(crate) fn find_program(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        // Daemons are there, which the path of a user who is not root leaves out.
        .chain(["/usr/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("this test needs {name}: apt-get install {name}"))
}
