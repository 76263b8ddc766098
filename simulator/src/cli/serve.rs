//! `linkkit-sim serve`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use linkkit_sim::{Cloud, Config, Error};
use tokio::runtime;

use crate::cli::terminal::{say, show};

/// Runs a cloud until Ctrl-C.
pub(crate) fn serve(config: &Config) -> Result<ExitCode, Error> {
    let io = |what: &str| {
        let what = what.to_owned();
        move |source: io::Error| Error::Io { what, source }
    };
    let runtime =
        runtime::Builder::new_current_thread().enable_io().build().map_err(io("start"))?;
    let cloud = Cloud::start(config)?;
    let mut ca = tempfile::Builder::new()
        .prefix("linkkit-sim-ca-")
        .suffix(".pem")
        .tempfile()
        .map_err(io("make a file for the CA's certificate"))?;
    ca.write_all(cloud.ca_pem().as_bytes()).map_err(io("write the CA's certificate"))?;
    for region in cloud.regions() {
        say(
            "cloud",
            format_args!(
                "{:<15} HTTPS https://{}:{}  MQTT mqtts://{1}:{}",
                region.name,
                region.address,
                cloud.https_addr().port(),
                cloud.mqtt_addr().port()
            ),
        );
    }
    say("cloud", format_args!("CA     {}", ca.path().display()));
    if let Some(control) = cloud.control_addr() {
        say("cloud", format_args!("Control http://{control}"));
        say("cloud", "Ctrl-C ends it; `linkkit-sim --help` lists what can be done meanwhile.");
    }
    show(&cloud);
    runtime.block_on(tokio::signal::ctrl_c()).map_err(io("wait for Ctrl-C"))?;
    Ok(ExitCode::SUCCESS)
}
