//! The command `linkkit-sim`: a loopback cloud to develop firmware against.

#![forbid(unsafe_code)]

mod cli;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use cli::client::Wish;
use cli::{client, run, serve};
use linkkit_sim::{Config, Error};

/// A loopback IoT cloud for firmware: dynamic registration and authentication over HTTPS, MQTT over
/// TLS, five regions, and the platform's checks, on this machine alone.
///
/// `run` is a cloud for one program. `serve` is one that stays; the other commands talk to it.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    /// The address of the control API: where a cloud listens for the other commands, and where
    /// they look for it. Port 0 takes a free one. [default: 127.0.0.1:18830, and none for `run`]
    #[arg(long, value_name = "ADDR", global = true, env = "LINKKIT_SIM_CONTROL")]
    control: Option<SocketAddr>,
    /// Print JSON, for scripts. Only for the commands that talk to a running cloud.
    #[arg(long, global = true)]
    json: bool,
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
    #[command(flatten)]
    Ask(Wish),
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
    fn config(self, control: Option<SocketAddr>) -> Result<Config, Error> {
        let config = match &self.config {
            Some(path) => Config::load(path)?,
            None => Config::default(),
        };
        Ok(Config { state: self.state, control, ..config })
    }
}

fn main() -> ExitCode {
    let Cli { control, json, command } = Cli::parse();
    if json && !matches!(command, Command::Ask(_)) {
        let why = "--json is for the commands that talk to a running cloud";
        Cli::command().error(ErrorKind::ArgumentConflict, why).exit();
    }
    let by_default = control.unwrap_or(client::DEFAULT_CONTROL);
    let result = match command {
        Command::Serve { cloud } => {
            cloud.config(Some(by_default)).and_then(|config| serve::serve(&config))
        }
        Command::Run(arguments) => run::run(arguments, control),
        Command::Ask(wish) => client::ask(by_default, json, &wish),
    };
    result.unwrap_or_else(|error| {
        eprintln!("linkkit-sim: {error}");
        ExitCode::FAILURE
    })
}
