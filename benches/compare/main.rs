//! Measures the library beside others: the same work, the same broker, in turns.
//!
//! ```sh
//! scripts/bench.sh                  # prints the tables
//! scripts/bench.sh --write          # … and writes docs/performance.md
//! scripts/bench.sh --rounds 3 --scale 10
//! scripts/bench.sh --other "C SDK=-I/sdk/include /sdk/libiot_sdk.a …"
//! ```
//!
//! `--scale N` does an N-th of the work. `--other NAME=ARGUMENTS` adds another library that has the
//! interface of release 2.2.1: the C compiler gets these arguments after the program's sources.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(missing_docs, reason = "a tool for developers of the library")]

mod fast_broker;
mod peer;
mod scenario;
mod table;

#[path = "../../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use fast_broker::FastBroker;
use peer::Peer;
use scenario::{Brokers, Link, Scenario};
use support::mosquitto::Mosquitto;
use table::Results;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");

struct Options {
    rounds: usize,
    scale: usize,
    write: bool,
    others: Vec<(String, Vec<String>)>,
}

fn options() -> Options {
    let mut options = Options { rounds: 7, scale: 1, write: false, others: Vec::new() };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} wants a value"));
        match argument.as_str() {
            "--rounds" => options.rounds = value().parse().unwrap(),
            "--scale" => options.scale = value().parse().unwrap(),
            "--write" => options.write = true,
            "--other" => {
                let value = value();
                let (name, arguments) = value.split_once('=').unwrap();
                let arguments = arguments.split_whitespace().map(str::to_owned).collect();
                options.others.push((name.to_owned(), arguments));
            }
            // Cargo's own.
            "--bench" => {}
            other => panic!("unknown argument {other}"),
        }
    }
    assert!(options.rounds > 0 && options.scale > 0);
    options
}

fn main() {
    let options = options();
    let folder = tempfile::tempdir().unwrap();
    let mut peers = vec![Peer::ours(folder.path()), Peer::mosquitto(folder.path())];
    for (name, arguments) in &options.others {
        peers.push(Peer::other(folder.path(), name, arguments));
    }
    let mosquitto = Mosquitto::start();
    let fast = FastBroker::start(mosquitto.folder());
    let delaying = Mosquitto::start_delaying();
    let results = measure(&options, &peers, &Brokers { mosquitto, fast, delaying });

    let text = table::document(&peers, &results, options.rounds, options.scale);
    print!("{text}");
    if options.write {
        fs::create_dir_all(Path::new(DOCUMENT).parent().unwrap()).unwrap();
        fs::write(DOCUMENT, text).unwrap();
    }
}

/// Runs everything `rounds` times, the peers in turns, and another one first in each round.
fn measure(options: &Options, peers: &[Peer], brokers: &Brokers) -> Results {
    let mut results: Results = BTreeMap::new();
    let scenarios = scenario::all();
    for round in 0..options.rounds {
        eprintln!("round {} of {}", round + 1, options.rounds);
        for (link, scenario) in
            Link::ALL.into_iter().flat_map(|link| scenarios.iter().map(move |each| (link, each)))
        {
            for turn in 0..peers.len() {
                let index = (round + turn) % peers.len();
                if !runs(scenario, link, &peers[index]) {
                    continue;
                }
                let feeder = Peer::feeder(peers);
                let values = scenario.run(&peers[index], feeder, brokers, link, options.scale);
                for (name, value) in values {
                    let key = (link, scenario.name(), name, index);
                    results.entry(key).or_default().push(value);
                }
            }
        }
    }
    results
}

fn runs(scenario: &Scenario, link: Link, peer: &Peer) -> bool {
    scenario.links.contains(&link) && (peer.dispatches || !scenario.only_dispatching)
}
