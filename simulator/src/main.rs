//! The command `linkkit-sim`: a loopback cloud to develop firmware against.

#![forbid(unsafe_code)]

mod console;
mod run;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use linkkit_sim::{Config, Error};

/// A loopback IoT cloud for firmware: dynamic registration over HTTPS, MQTT over TLS, and the
/// platform's checks, on this machine alone.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the cloud until Ctrl-C and show what it sees.
    Serve {
        #[command(flatten)]
        cloud: CloudArgs,
    },
    /// Build a C program against the library, run it against a fresh cloud, and show its log
    /// beside the cloud's view. The exit code is the program's.
    #[command(after_help = "Example:\n  linkkit-sim run c_examples/mqtt-example.c -- loop")]
    Run(RunArgs),
}

#[derive(Args)]
struct CloudArgs {
    /// Products and devices (TOML; see simulator/example.toml, which is what is built in).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Remember here which devices have registered, across restarts.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

#[derive(Args)]
struct RunArgs {
    /// The program's source.
    #[arg(value_name = "PROG.c")]
    program: PathBuf,
    #[command(flatten)]
    cloud: CloudArgs,
    /// Build the library with optimisation.
    #[arg(long)]
    release: bool,
    /// Keep what the device stores (kv.json), and what the cloud knows of it (cloud.json, unless
    /// --state is given), in this folder: the next run is the same device's next boot.
    #[arg(long, value_name = "DIR")]
    keep_kv: Option<PathBuf>,
    /// Arguments for the program.
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

impl CloudArgs {
    fn config(self) -> Result<Config, Error> {
        let config = match &self.config {
            Some(path) => Config::load(path)?,
            None => Config::default(),
        };
        Ok(Config { state: self.state, ..config })
    }
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve { cloud } => cloud.config().and_then(|config| serve::serve(&config)),
        Command::Run(arguments) => run::run(arguments),
    };
    result.unwrap_or_else(|error| {
        eprintln!("linkkit-sim: {error}");
        ExitCode::FAILURE
    })
}
