//! `linkkit-sim serve`.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use linkkit_sim::{Cloud, Config, Error};
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::terminal::{exports, say, show, show_json};

/// Runs a cloud until Ctrl-C or SIGTERM. As JSON, nothing but what the cloud sees is printed to
/// standard output.
pub(crate) fn serve(config: &Config, json: bool) -> Result<ExitCode, Error> {
    let io = |what: &str| {
        let what = what.to_owned();
        move |source: io::Error| Error::Io { what, source }
    };
    let runtime =
        runtime::Builder::new_current_thread().enable_io().build().map_err(io("start"))?;
    // Before anybody is told that it runs, so that it ends cleanly from the first moment.
    let ending = {
        let _runtime = runtime.enter();
        Ending::catch().map_err(io("wait for signals"))?
    };
    let cloud = Cloud::start(config)?;
    // Without a state folder, the file goes when the cloud does.
    let mut temporary = None;
    let ca = match &config.state {
        Some(folder) => std::path::absolute(folder).map_err(io("find the folder"))?.join("ca.pem"),
        None => {
            let file = tempfile::Builder::new().prefix("linkkit-sim-ca-").suffix(".pem").tempfile();
            let file = temporary.insert(file.map_err(io("make a file for the CA's certificate"))?);
            file.write_all(cloud.ca_pem().as_bytes()).map_err(io("write the CA's certificate"))?;
            file.path().to_owned()
        }
    };
    if json {
        show_json(&cloud);
    } else {
        tell_where(&cloud, &ca);
        show(&cloud);
    }
    runtime.block_on(ending.wait());
    Ok(ExitCode::SUCCESS)
}

fn tell_where(cloud: &Cloud, ca: &Path) {
    for region in cloud.regions() {
        say(
            "cloud",
            format_args!(
                "{:<15} HTTPS https://{}:{}  MQTT mqtts://{1}:{}  mqtt://{1}:{}",
                region.name,
                region.address,
                cloud.https_addr().port(),
                cloud.mqtt_addr().port(),
                cloud.mqtt_tcp_addr().port()
            ),
        );
    }
    say("cloud", format_args!("CA     {}", ca.display()));
    if let Some(control) = cloud.control_addr() {
        say("cloud", format_args!("Control http://{control}"));
    }
    say(
        "cloud",
        "A firmware with the file of `linkkit-sim redirect` in it gets here by these lines,",
    );
    say("cloud", "which `linkkit-sim env` prints again:");
    let env = cloud.redirect_env().into_iter().map(|(name, value)| (name.to_owned(), value));
    for line in exports(env, Some(ca)) {
        say("cloud", format_args!("  {line}"));
    }
    say("cloud", "Ctrl-C ends it; `linkkit-sim --help` lists what can be done meanwhile.");
}

/// The signals that end it, caught from now on.
struct Ending {
    interrupted: Signal,
    terminated: Signal,
}

impl Ending {
    fn catch() -> io::Result<Self> {
        let interrupted = signal(SignalKind::interrupt())?;
        Ok(Ending { interrupted, terminated: signal(SignalKind::terminate())? })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
        }
    }
}
