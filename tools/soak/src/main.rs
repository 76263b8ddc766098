//! `linkkit-soak MINUTES FOLDER [SEED]`: runs a device against the loopback cloud while one thing
//! after another goes wrong, and fails when a message is lost. Leaves `soak.md`, `soak.png` and the
//! device's log in the folder.

#![forbid(unsafe_code)]

mod device;
mod faults;
mod plot;
mod proxy;
mod report;

use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use linkkit_sim::toolchain::{CProgram, Library, Linkage, Profile};
use linkkit_sim::trace::{Entry, Event, From};
use linkkit_sim::{Cloud, Config, redirect};

use device::Device;
use faults::Fault;
use proxy::{Proxy, Weather};
use report::{Report, Sample};

const PRODUCT_KEY: &str = "a1ExpAkj9Hi";
const DEVICE_NAME: &str = "Example_dev1";
const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// The device has so many milliseconds in peace between two faults.
const PEACE_MS: std::ops::Range<u64> = 500..6000;

fn main() -> ExitCode {
    match soak() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("linkkit-soak: {why}");
            ExitCode::FAILURE
        }
    }
}

fn soak() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (minutes, folder) = match (arguments.next(), arguments.next()) {
        (Some(minutes), Some(folder)) => (minutes.parse::<f64>()?, PathBuf::from(folder)),
        _ => return Err("usage: linkkit-soak MINUTES FOLDER [SEED]".into()),
    };
    let seed = arguments.next().map_or(Ok(fastrand::u64(..)), |seed| seed.parse())?;
    let time = Duration::try_from_secs_f64(minutes * 60.0)?;
    fs::create_dir_all(&folder)?;
    let report = run(time, seed, &folder)?;
    let table = report.table();
    println!("{table}");
    fs::write(folder.join("soak.md"), &table)?;
    plot::draw(&report, &folder.join("soak.png"))?;
    if report.lost() + report.unacknowledged() > 0 {
        return Err("messages were lost".into());
    }
    if report.counts.acknowledged.is_empty() || report.counts.received.is_empty() {
        return Err("nothing went through".into());
    }
    Ok(())
}

/// A cloud that counts what arrives, the network before it, and the device before that.
struct Scene {
    /// `None` only while it restarts.
    cloud: Option<Cloud>,
    proxy: Proxy,
    device: Device,
    start: Instant,
    samples: Vec<Sample>,
    faults: Vec<(Duration, &'static str)>,
}

fn run(time: Duration, seed: u64, folder: &Path) -> Result<Report, Box<dyn Error>> {
    let library = Library::build(Profile::Release, Linkage::Static)?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("device.c");
    let program =
        CProgram::compile(&source, &library, &[Path::new(redirect::SOURCE)], &["-Werror"])?;

    let cloud = Cloud::start(&Config::default())?;
    let arrived: Arc<Mutex<HashMap<u64, usize>>> = Arc::default();
    let counting = Arc::clone(&arrived);
    cloud.trace().observe(move |entry| {
        if let Some(number) = arrival(entry) {
            *counting.lock().unwrap_or_else(PoisonError::into_inner).entry(number).or_default() +=
                1;
        }
    });
    let proxy = Proxy::start(cloud.mqtt_addr())?;
    let storage = tempfile::tempdir()?;
    let mut command = Command::new(program);
    command
        .envs(cloud.redirect_env())
        .env(redirect::MQTT_PORT, proxy.address().port().to_string())
        .env("LINKKIT_KV_FILE", storage.path().join("kv.json"));
    let device = Device::start(command, &folder.join("device.log"))?;

    let (samples, faults) = (Vec::new(), Vec::new());
    let mut scene =
        Scene { cloud: Some(cloud), proxy, device, start: Instant::now(), samples, faults };
    let mut random = fastrand::Rng::with_seed(seed);
    while scene.start.elapsed() < time {
        scene.wait(Duration::from_millis(random.u64(PEACE_MS)))?;
        scene.suffer(Fault::random(&mut random))?;
    }
    let (status, counts) = scene.device.stop()?;
    if !status.success() {
        return Err(format!("the device ended with {status}; see {}", folder.display()).into());
    }
    let arrived = arrived.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(Report { seed, samples: scene.samples, faults: scene.faults, counts, arrived })
}

impl Scene {
    /// Lets the time pass and takes samples.
    fn wait(&mut self, time: Duration) -> Result<(), Box<dyn Error>> {
        let end = Instant::now() + time;
        loop {
            let at = self.start.elapsed();
            if self.samples.last().is_none_or(|last| at >= last.at + SAMPLE_EVERY) {
                let counts = self.device.counts();
                self.samples.push(Sample {
                    at,
                    sent: counts.sent.len(),
                    acknowledged: counts.acknowledged.len(),
                    received: counts.received.len(),
                    reconnections: counts.reconnections,
                    memory: self.device.memory()?,
                });
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(SAMPLE_EVERY / 10));
        }
    }

    fn suffer(&mut self, fault: Fault) -> Result<(), Box<dyn Error>> {
        let at = self.start.elapsed();
        println!("{:7.1} s: {fault}", at.as_secs_f64());
        self.faults.push((at, fault.kind()));
        match fault {
            Fault::Kick => {
                if let Some(cloud) = &self.cloud {
                    // The device may be without a connection at the moment.
                    cloud.kick(PRODUCT_KEY, DEVICE_NAME);
                }
            }
            Fault::Cut => self.proxy.cut(),
            Fault::Restart(away) => {
                self.cloud = self.cloud.take().map(|cloud| cloud.restart(away)).transpose()?;
            }
            Fault::Slow(by, during) => self.under(Weather::Slow(by), during)?,
            Fault::Silence(during) => self.under(Weather::Silent, during)?,
            Fault::Clock(offset_ms) => self.device.set_clock(offset_ms)?,
        }
        Ok(())
    }

    fn under(&mut self, weather: Weather, time: Duration) -> Result<(), Box<dyn Error>> {
        self.proxy.set(weather);
        self.wait(time)?;
        self.proxy.set(Weather::Fair);
        Ok(())
    }
}

/// The number of a message that a device published.
fn arrival(entry: &Entry) -> Option<u64> {
    match &entry.event {
        Event::Publish { topic, payload, .. }
            if entry.from == From::Device && topic.ends_with("/data") =>
        {
            std::str::from_utf8(payload).ok()?.split(' ').next()?.parse().ok()
        }
        _ => None,
    }
}
