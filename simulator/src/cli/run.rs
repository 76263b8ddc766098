//! `linkkit-sim run` and `linkkit-sim exec`.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};

use linkkit_sim::toolchain::{CProgram, Library, Linkage, Profile, start};
use linkkit_sim::{Cloud, Config, Error, redirect};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::runtime;

use crate::cli::client;
use crate::cli::terminal::{say, show};
use crate::{ExecArgs, FirmwareArgs, RunArgs};

/// Builds a firmware, unless it is built, and runs it.
pub(crate) fn run(arguments: RunArgs, control: Option<SocketAddr>) -> Result<ExitCode, Error> {
    let RunArgs { sources, program, abi, include, library, firmware, release, arguments } =
        arguments;
    // Mistakes are told before a build that takes minutes.
    let place = Place::of(firmware, control)?;
    let program = match program {
        // A name without a folder is a file here, not a command somewhere else.
        Some(program) => absolute(&program)?,
        None => {
            let missing =
                sources.iter().find_map(|source| Some((source, fs::metadata(source).err()?)));
            if let Some((source, error)) = missing {
                return Err(failed(format!("read the program {}", source.display()))(error));
            }
            let profile = if release { Profile::Release } else { Profile::Debug };
            let built = Library::build_for(abi, profile, Linkage::Static)?;
            let mut all: Vec<&Path> = sources.iter().map(PathBuf::as_path).collect();
            all.push(Path::new(redirect::SOURCE));
            let flags: Vec<String> =
                include.iter().map(|folder| format!("-I{}", folder.display())).collect();
            CProgram::link(&all, &flags, &built, &library)?
        }
    };
    let mut command = Command::from(start(&program));
    command.args(arguments);
    with_cloud(command, place)
}

/// Runs a command that runs a firmware.
pub(crate) fn exec(arguments: ExecArgs, control: Option<SocketAddr>) -> Result<ExitCode, Error> {
    let mut words = arguments.command.into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    with_cloud(command, Place::of(arguments.firmware, control)?)
}

/// Against which cloud a firmware runs, and where its store is kept.
struct Place {
    cloud: Wanted,
    keep_kv: Option<PathBuf>,
}

enum Wanted {
    Own(Box<Config>),
    Running(SocketAddr),
}

impl Place {
    fn of(wanted: FirmwareArgs, control: Option<SocketAddr>) -> Result<Self, Error> {
        let FirmwareArgs { cloud, keep_kv, attach } = wanted;
        if attach {
            let running = Wanted::Running(control.unwrap_or(client::DEFAULT_CONTROL));
            return Ok(Place { cloud: running, keep_kv });
        }
        let mut config = cloud.config(control)?;
        if let Some(folder) = &keep_kv {
            // A device that boots again with its secret needs a cloud that remembers it.
            config.state.get_or_insert_with(|| folder.join("cloud"));
        }
        Ok(Place { cloud: Wanted::Own(Box::new(config)), keep_kv })
    }
}

/// Runs a firmware and returns its exit code.
fn with_cloud(mut command: Command, place: Place) -> Result<ExitCode, Error> {
    let fresh = tempfile::tempdir().map_err(failed("make a temporary folder".into()))?;
    let folder = place.keep_kv.unwrap_or_else(|| fresh.path().to_owned());
    fs::create_dir_all(&folder).map_err(failed(format!("make the folder {}", folder.display())))?;
    let mut own = None;
    match place.cloud {
        Wanted::Own(config) => {
            let cloud = own.insert(Cloud::start(&config)?);
            show(cloud);
            command.envs(cloud.redirect_env());
        }
        Wanted::Running(control) => {
            command.envs(client::environment(control)?);
        }
    }
    command.env("LINKKIT_KV_FILE", absolute(&folder.join("kv.json"))?);
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let status = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|runtime| runtime.block_on(watch(command)))
        .map_err(failed(format!("run {name}")))?;
    drop(own);
    say("device", format_args!("ended: {status}"));
    Ok(exit_code(status))
}

fn failed(what: String) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io { what, source }
}

/// The program may change its working directory.
fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(failed(format!("find {}", path.display())))
}

/// Runs the program and shows its output until it ends.
async fn watch(mut command: Command) -> io::Result<ExitStatus> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let finished = async {
        let (status, (), ()) = tokio::join!(child.wait(), show_lines(stdout), show_lines(stderr));
        status
    };
    tokio::pin!(finished);
    loop {
        tokio::select! {
            status = &mut finished => return status,
            // The terminal interrupts the program too, and the program decides what to make of
            // it; this process stays to show that and to clean up.
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
    }
}

async fn show_lines(pipe: Option<impl AsyncRead + Unpin>) {
    let Some(pipe) = pipe else { return };
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    // A line need not be UTF-8; a pipe that breaks ends with the program.
    while pipe.read_until(b'\n', &mut line).await.is_ok_and(|count| count > 0) {
        say("device", String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

/// The program's own code; killed by a signal, what a shell makes of it.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
