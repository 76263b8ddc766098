//! The device: a C program in a process of its own, and what is counted of it.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// What the device said so far.
#[derive(Clone, Default)]
pub(crate) struct Counts {
    /// Messages that `IOT_MQTT_Publish` took.
    pub(crate) sent: HashSet<u64>,
    /// Messages that the device knows to have arrived.
    pub(crate) acknowledged: HashSet<u64>,
    /// Messages that came back to the device.
    pub(crate) received: HashSet<u64>,
    /// How often one of these came back once more.
    pub(crate) received_again: usize,
    pub(crate) lost_connections: usize,
    pub(crate) reconnections: usize,
}

impl Counts {
    fn take(&mut self, line: &str) {
        let (word, number) = line.split_once(' ').unwrap_or((line, ""));
        let number = number.parse().unwrap_or_default();
        match word {
            "sent" => _ = self.sent.insert(number),
            "acknowledged" => _ = self.acknowledged.insert(number),
            "received" => self.received_again += usize::from(!self.received.insert(number)),
            "lost" => self.lost_connections += 1,
            "reconnected" => self.reconnections += 1,
            _ => {}
        }
    }
}

pub(crate) struct Device {
    child: Child,
    stdin: ChildStdin,
    counts: Arc<Mutex<Counts>>,
    listener: JoinHandle<()>,
}

impl Device {
    /// Starts the program; its log goes to the file `log`.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self, Box<dyn Error>> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            .spawn()?;
        let stdin = child.stdin.take().ok_or("the device has no standard input")?;
        let stdout = child.stdout.take().ok_or("the device has no standard output")?;
        let counts: Arc<Mutex<Counts>> = Arc::default();
        let listening = Arc::clone(&counts);
        let listener = thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                lock(&listening).take(&line);
            }
        });
        Ok(Device { child, stdin, counts, listener })
    }

    pub(crate) fn counts(&self) -> Counts {
        lock(&self.counts).clone()
    }

    pub(crate) fn set_clock(&mut self, offset_ms: i64) -> Result<(), Box<dyn Error>> {
        Ok(writeln!(self.stdin, "clock {offset_ms}")?)
    }

    /// Resident memory in KiB.
    pub(crate) fn memory(&self) -> Result<u64, Box<dyn Error>> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.ok_or("the device has ended")?.parse()?)
    }

    /// Lets it finish what is outstanding, and waits for its end.
    pub(crate) fn stop(mut self) -> Result<(ExitStatus, Counts), Box<dyn Error>> {
        writeln!(self.stdin, "stop")?;
        let status = self.child.wait()?;
        self.listener.join().map_err(|_| "the thread that listens to the device panicked")?;
        let counts = lock(&self.counts).clone();
        Ok((status, counts))
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}
