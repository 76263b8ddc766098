//! The command `linkkit-sim`: a loopback cloud to develop firmware against.

#![forbid(unsafe_code)]

mod cli;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use cli::client::Wish;
use cli::{client, run, serve};
use linkkit_sim::toolchain::Abi;
use linkkit_sim::{Config, Error, redirect};

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
    /// Print JSON, for scripts: what `serve` sees, a line each, or the answer of a command that talks
    /// to a running cloud.
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
    /// Run a firmware against a fresh cloud, and show its log beside the cloud's view: C files, which
    /// are built against the library, or a program. The exit code is the firmware's.
    #[command(after_help = "Examples:\n  linkkit-sim run c_examples/mqtt-example.c -- loop\n  \
                            linkkit-sim run main.c net.c --abi 2.3 -I include --lib -lcjson\n  \
                            linkkit-sim run --program build/firmware")]
    Run(RunArgs),
    /// Run any command with the environment that leads a firmware to a fresh cloud.
    #[command(after_help = "Example:\n  linkkit-sim exec -- make run")]
    Exec(ExecArgs),
    /// Print the C file that leads a firmware to the cloud: link it in.
    Redirect,
    /// Print a shell's completions: bash, elvish, fish, powershell or zsh.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write the manual pages into a folder.
    Man {
        /// The folder.
        folder: PathBuf,
    },
    #[command(flatten)]
    Ask(Wish),
}

#[derive(Args)]
struct CloudArgs {
    /// Products and devices (TOML; see simulator/example.toml, which is what is built in).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Remember in this folder, across restarts, which devices have registered, the CA and the ports.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// What the chances of faults are drawn from, to see the same ones again.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Faults to begin with, as [[fault]] tables (TOML).
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
}

#[derive(Args)]
struct RunArgs {
    /// The firmware's sources.
    #[arg(value_name = "FILE.c", required_unless_present = "program")]
    sources: Vec<PathBuf>,
    /// A program that is built already, with the file of `linkkit-sim redirect` in it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sources", "abi", "include", "library", "release"])]
    program: Option<PathBuf>,
    /// The release of the C SDK whose headers the sources include.
    #[arg(long, value_parser = abi, default_value = Abi::DEFAULT.number())]
    abi: Abi,
    /// A folder of headers.
    #[arg(short = 'I', long = "include", value_name = "DIR")]
    include: Vec<PathBuf>,
    /// What else to link: -lNAME, -LDIR, or a file.
    #[arg(long = "lib", value_name = "ARG", allow_hyphen_values = true)]
    library: Vec<String>,
    #[command(flatten)]
    firmware: FirmwareArgs,
    /// Build the library with optimisation.
    #[arg(long)]
    release: bool,
    /// Arguments for the program.
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

#[derive(Args)]
struct ExecArgs {
    #[command(flatten)]
    firmware: FirmwareArgs,
    /// The command, and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Against which cloud a firmware runs, and with which memory.
#[derive(Args)]
struct FirmwareArgs {
    #[command(flatten)]
    cloud: CloudArgs,
    /// Keep what the device stores (kv.json), and what the cloud knows of it (cloud/, unless --state
    /// is given), in this folder: the next run is the same device's next boot.
    #[arg(long, value_name = "DIR")]
    keep_kv: Option<PathBuf>,
    /// Use the cloud that `serve` runs, in place of a fresh one.
    #[arg(long, conflicts_with_all = ["config", "state", "seed", "faults"])]
    attach: bool,
}

fn abi(number: &str) -> Result<Abi, String> {
    let known = Abi::ALL.map(Abi::number).join(", ");
    Abi::from_number(number).ok_or_else(|| format!("there is {known}"))
}

impl CloudArgs {
    fn config(self, control: Option<SocketAddr>) -> Result<Config, Error> {
        let mut config = match &self.config {
            Some(path) => Config::load(path)?,
            None => Config::default(),
        };
        if let Some(path) = &self.faults {
            config.add_faults(path)?;
        }
        let seed = self.seed.or(config.seed);
        Ok(Config { state: self.state, control, seed, ..config })
    }
}

fn main() -> ExitCode {
    let Cli { control, json, command } = Cli::parse();
    if json && !matches!(command, Command::Ask(_) | Command::Serve { .. }) {
        let why = "--json is for `serve` and the commands that talk to a running cloud";
        Cli::command().error(ErrorKind::ArgumentConflict, why).exit();
    }
    let by_default = control.unwrap_or(client::DEFAULT_CONTROL);
    let result = match command {
        Command::Serve { cloud } => {
            cloud.config(Some(by_default)).and_then(|config| serve::serve(&config, json))
        }
        Command::Run(arguments) => run::run(arguments, control),
        Command::Exec(arguments) => run::exec(arguments, control),
        Command::Redirect => {
            print!("{}", redirect::TEXT);
            Ok(ExitCode::SUCCESS)
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "linkkit-sim", &mut io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Man { folder } => {
            clap_mangen::generate_to(Cli::command(), &folder).map(|()| ExitCode::SUCCESS).map_err(
                |source| Error::Io { what: format!("write into {}", folder.display()), source },
            )
        }
        Command::Ask(wish) => client::ask(by_default, json, &wish),
    };
    result.unwrap_or_else(|error| {
        eprintln!("linkkit-sim: {error}");
        ExitCode::FAILURE
    })
}
