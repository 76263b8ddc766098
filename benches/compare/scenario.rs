//! What is measured.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use super::fast_broker::FastBroker;
use super::peer::Peer;
use super::support::mosquitto::Mosquitto;

/// How the client is connected, and with which broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Link {
    /// By TLS with mosquitto.
    Tls,
    /// By TCP with mosquitto.
    Tcp,
    /// By TLS with a broker that does as little as it can.
    Fast,
    /// By TLS with mosquitto as it comes, without `TCP_NODELAY`.
    Delaying,
}

impl Link {
    pub(crate) const ALL: [Link; 4] = [Link::Tls, Link::Tcp, Link::Fast, Link::Delaying];
}

pub(crate) struct Brokers {
    pub(crate) mosquitto: Mosquitto,
    pub(crate) fast: FastBroker,
    pub(crate) delaying: Mosquitto,
}

/// One run of a program.
pub(crate) struct Scenario {
    what: &'static str,
    count: usize,
    size: usize,
    number: usize,
    /// Whether another program sends what this one receives.
    fed: bool,
    pub(crate) links: &'static [Link],
    /// Whether it is left out with libraries that call one function for everything.
    pub(crate) only_dispatching: bool,
}

/// How many subscriptions there are, and how many messages wait for their acknowledgement.
pub(crate) const SUBSCRIPTIONS: [usize; 4] = [1, 10, 100, 1000];
pub(crate) const WINDOWS: [usize; 5] = [1, 2, 5, 10, 20];

/// The links over which much is sent.
const BUSY: &[Link] = &[Link::Tls, Link::Tcp, Link::Fast];

pub(crate) fn all() -> Vec<Scenario> {
    let mut all = vec![
        Scenario {
            links: &[Link::Tls, Link::Tcp, Link::Delaying],
            ..Scenario::new("connect", 20, 0, 0)
        },
        Scenario { links: BUSY, ..Scenario::new("qos1-inside", 50_000, 32, 20) },
        Scenario { links: &[Link::Tls], ..Scenario::new("after-pause", 100, 32, 0) },
        Scenario { links: BUSY, ..Scenario::new("qos0", 200_000, 32, 0) },
        Scenario { links: BUSY, ..Scenario::new("qos0", 100_000, 1024, 0) },
        Scenario { links: &[Link::Fast], ..Scenario::new("flood", 500_000, 0, 0) },
        Scenario::new("qos1", 50_000, 1024, 20),
        Scenario::new("round-trip-alone", 10_000, 64, 0),
        Scenario::new("round-trip-beside", 10_000, 64, 0),
        Scenario { fed: true, ..Scenario::new("receive", 200_000, 64, 0) },
        Scenario { fed: true, ..Scenario::new("receive", 50_000, 64, 1) },
        Scenario::new("echo", 20_000, 64, 1),
        Scenario::new("idle", 5, 0, 0),
    ];
    all.extend(WINDOWS.map(|window| {
        let links: &[Link] = if window == 20 { BUSY } else { &[Link::Tls] };
        Scenario { links, ..Scenario::new("qos1", 50_000, 32, window) }
    }));
    all.extend(SUBSCRIPTIONS.iter().skip(1).map(|&number| Scenario {
        links: &[Link::Tls],
        only_dispatching: true,
        ..Scenario::new("echo", 20_000, 64, number)
    }));
    all
}

impl Scenario {
    const fn new(what: &'static str, count: usize, size: usize, number: usize) -> Self {
        let links = &[Link::Tls, Link::Tcp];
        Scenario { what, count, size, number, fed: false, links, only_dispatching: false }
    }

    /// What it is called in the results.
    pub(crate) fn name(&self) -> String {
        name(self.what, self.size, self.number)
    }

    /// Runs it once and returns what the program printed, value by name.
    pub(crate) fn run(
        &self,
        peer: &Peer,
        feeder: &Peer,
        brokers: &Brokers,
        link: Link,
        scale: usize,
    ) -> Vec<(String, f64)> {
        let Brokers { mosquitto, fast, delaying } = brokers;
        let count = (self.count / scale).max(2);
        let command = |peer: &Peer, what: &str| {
            let mut command = Command::new(&peer.program);
            match link {
                Link::Tls => command.arg(mosquitto.tls_port.to_string()).arg(mosquitto.ca_file()),
                Link::Tcp => command.arg(mosquitto.tcp_port.to_string()).arg("-"),
                Link::Delaying => {
                    command.arg(delaying.tls_port.to_string()).arg(delaying.ca_file())
                }
                Link::Fast => command.arg(fast.tls_port.to_string()).arg(mosquitto.ca_file()),
            };
            command.arg(what);
            command.args([count, self.size, self.number].map(|number| number.to_string()));
            command
        };
        let mut child =
            command(peer, self.what).stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        if self.fed {
            output.read_line(&mut printed).unwrap();
            assert_eq!(printed, "ready\n");
            printed.clear();
            assert!(command(feeder, "feed").status().unwrap().success());
        }
        output.read_to_string(&mut printed).unwrap();
        let status = child.wait().unwrap();
        assert!(status.success(), "{}: {} ended by {status}", peer.name, self.name());
        printed.lines().map(parse).collect()
    }
}

pub(crate) fn name(what: &str, size: usize, number: usize) -> String {
    format!("{what} {size} {number}")
}

fn parse(line: &str) -> (String, f64) {
    let (name, value) = line.split_once(' ').unwrap();
    (name.to_owned(), value.parse().unwrap())
}
