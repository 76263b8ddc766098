//! `linkkit-sim run`.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};

use linkkit_sim::toolchain::{CProgram, Library, Linkage, Profile};
use linkkit_sim::{Cloud, Error, redirect};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::runtime;

use crate::RunArgs;
use crate::cli::terminal::{say, show};

/// Builds a program, runs it against a cloud of its own, and returns its exit code.
pub(crate) fn run(arguments: RunArgs, control: Option<SocketAddr>) -> Result<ExitCode, Error> {
    let mut config = arguments.cloud.config(control)?;
    let source = &arguments.program;
    fs::metadata(source).map_err(failed(format!("read the program {}", source.display())))?;
    let profile = if arguments.release { Profile::Release } else { Profile::Debug };
    let library = Library::build(profile, Linkage::Static)?;
    let program = CProgram::compile(source, &library, &[Path::new(redirect::SOURCE)], &[])?;

    let fresh = tempfile::tempdir().map_err(failed("make a temporary folder".into()))?;
    let folder = match arguments.keep_kv {
        Some(folder) => {
            fs::create_dir_all(&folder)
                .map_err(failed(format!("make the folder {}", folder.display())))?;
            // A device that boots again with its secret needs a cloud that remembers it.
            config.state.get_or_insert_with(|| folder.join("cloud.json"));
            folder
        }
        None => fresh.path().to_owned(),
    };
    let cloud = Cloud::start(&config)?;
    show(&cloud);
    let mut command = Command::new(&program);
    command
        .args(&arguments.arguments)
        .envs(cloud.redirect_env())
        .env("LINKKIT_KV_FILE", absolute(&folder.join("kv.json"))?);
    let status = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|runtime| runtime.block_on(watch(command)))
        .map_err(failed(format!("run {}", program.display())))?;
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
