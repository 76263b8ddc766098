//! From measurements to the text of `docs/performance.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use super::peer::Peer;
use super::scenario::{Link, SUBSCRIPTIONS, WINDOWS, name};

/// By link, scenario, name of the value, and index of the peer: the value of each round.
pub(crate) type Results = BTreeMap<(Link, String, String, usize), Vec<f64>>;

/// A line of the tables: its words, the scenario and the value, and by what to divide it. A table has
/// those lines of which something was measured.
type Row = (&'static str, (&'static str, usize, usize), &'static str, f64);

const ROWS: [Row; 30] = [
    ("connect, first of a process, ms", ("connect", 0, 0), "first_us", 1e3),
    ("connect, again, ms", ("connect", 0, 0), "again_p50_us", 1e3),
    ("QoS 0, 32 B, k/s", ("qos0", 32, 0), "per_second", 1e3),
    ("… CPU a message, µs", ("qos0", 32, 0), "cpu_us", 1.0),
    ("QoS 0, 1 KiB, k/s", ("qos0", 1024, 0), "per_second", 1e3),
    ("… CPU a message, µs", ("qos0", 1024, 0), "cpu_us", 1.0),
    ("QoS 1, 32 B, 20 on their way, k/s", ("qos1", 32, 20), "per_second", 1e3),
    ("… CPU a message, µs", ("qos1", 32, 20), "cpu_us", 1.0),
    ("… published in the callback of another one, k/s", ("qos1-inside", 32, 20), "per_second", 1e3),
    ("… CPU a message, µs", ("qos1-inside", 32, 20), "cpu_us", 1.0),
    ("QoS 1, 1 KiB, 20 on their way, k/s", ("qos1", 1024, 20), "per_second", 1e3),
    ("… CPU a message, µs", ("qos1", 1024, 20), "cpu_us", 1.0),
    (
        "QoS 1 round trip, one thread, p50, µs",
        ("round-trip-alone", 64, 0),
        "round_trip_p50_us",
        1.0,
    ),
    ("… p99, µs", ("round-trip-alone", 64, 0), "round_trip_p99_us", 1.0),
    (
        "QoS 1 round trip, another thread yields, p50, µs",
        ("round-trip-beside", 64, 0),
        "round_trip_p50_us",
        1.0,
    ),
    ("… p99, µs", ("round-trip-beside", 64, 0), "round_trip_p99_us", 1.0),
    (
        "the call to publish meanwhile, p50, µs",
        ("round-trip-beside", 64, 0),
        "publish_call_p50_us",
        1.0,
    ),
    (
        "the call to publish QoS 0 after 13 ms, p50, µs",
        ("after-pause", 32, 0),
        "publish_p50_us",
        1.0,
    ),
    ("… of a bare write of 100 bytes, p50, µs", ("after-pause", 32, 0), "write_p50_us", 1.0),
    ("receive QoS 0, 64 B, k/s", ("receive", 64, 0), "per_second", 1e3),
    ("… CPU a message, µs", ("receive", 64, 0), "cpu_us", 1.0),
    ("receive QoS 0, 64 B, without end, k/s", ("flood", 0, 0), "per_second", 1e3),
    ("… CPU a message, µs", ("flood", 0, 0), "cpu_us", 1.0),
    ("receive QoS 1, 64 B, k/s", ("receive", 64, 1), "per_second", 1e3),
    ("… CPU a message, µs", ("receive", 64, 1), "cpu_us", 1.0),
    ("idle CPU, %", ("idle", 0, 0), "cpu_percent", 1.0),
    ("… of a loop that only waits, %", ("idle", 0, 0), "wait_percent", 1.0),
    ("idle memory, MiB", ("idle", 0, 0), "memory_kib", 1024.0),
    ("peak memory, QoS 0, 1 KiB, MiB", ("qos0", 1024, 0), "peak_kib", 1024.0),
    ("threads", ("idle", 0, 0), "threads", 1.0),
];

pub(crate) fn document(peers: &[Peer], results: &Results, rounds: usize, scale: usize) -> String {
    let reduced = if scale == 1 { String::new() } else { format!(" --scale {scale}") };
    let mut text = format!(
        "# Performance\n\n\
         Made by `scripts/bench.sh --write{reduced}`: {rounds} rounds, in each of which the \
         libraries take turns at the same work with the same broker ({}) on loopback. Each figure is the \
         median over the rounds; the ratios compare with libmosquitto. Times are taken inside the \
         callbacks. A round trip is from before the call to publish until the callback that \
         confirms it. Where two rates are about the same, mosquitto sets the pace, and the CPU \
         time that a message takes tells the libraries apart, or the table of the fast broker; \
         libmosquitto then keeps in memory what the broker has not taken, which this library does \
         not. Idle is a firmware that yields for 200 ms again and again: five wake-ups a second, which \
         take by themselves what the line below it says. Where the next message is published \
         in the callback of another one, broker and client take turns, and mosquitto's part, which \
         writes each acknowledgement by itself, is the longer one: the library cannot be faster than \
         what is left. A call to publish after a pause runs code that the caches have lost, which \
         takes longer than the write in it. The machine: {}.\n",
        version("mosquitto", "-h"),
        machine(),
    );
    for (link, title) in [
        (Link::Tls, "Over TLS"),
        (Link::Fast, "Over TLS, with a broker that only decodes and answers"),
        (Link::Delaying, "Over TLS, with mosquitto as it comes: without TCP_NODELAY"),
        (Link::Tcp, "Over TCP"),
    ] {
        write!(text, "\n## {title}\n\n{}", head("", peers)).unwrap();
        for (words, (what, size, number), value, unit) in ROWS {
            let key = name(what, size, number);
            let measured = |peer| median(results, link, &key, value, peer);
            if (0..peers.len()).any(|peer| measured(peer).is_some()) {
                text.push_str(&row(words, peers, measured, unit));
            }
        }
    }
    let sizes = |peer: usize| peers.get(peer).map(|peer| peer.size as f64);
    write!(
        text,
        "\n## Program size\n\nThe benchmark itself, stripped, with the shared libraries for MQTT and TLS.\n\n{}{}",
        head("", peers),
        row("size, KB", peers, sizes, 1e3),
    )
    .unwrap();
    growth(&mut text, peers, results);
    text
}

/// How cost grows with what is on its way, and with subscriptions.
fn growth(text: &mut String, peers: &[Peer], results: &Results) {
    write!(text, "\n## Acknowledged messages on their way (QoS 1, 32 B, TLS), k/s\n\n").unwrap();
    text.push_str(&head("on their way", peers));
    for window in WINDOWS {
        let key = name("qos1", 32, window);
        let rate = |peer| median(results, Link::Tls, &key, "per_second", peer);
        text.push_str(&row(&window.to_string(), peers, rate, 1e3));
    }
    write!(
        text,
        "\n## Subscriptions (published by QoS 1 and received back, 64 B, TLS), CPU a message, µs\n\n\
         libmosquitto leaves it to its caller to find the handler of a message.\n\n"
    )
    .unwrap();
    text.push_str(&head("subscriptions", peers));
    for number in SUBSCRIPTIONS {
        let key = name("echo", 64, number);
        let cost = |peer| median(results, Link::Tls, &key, "cpu_us", peer);
        text.push_str(&row(&number.to_string(), peers, cost, 1.0));
    }
}

fn head(first: &str, peers: &[Peer]) -> String {
    let names: String = peers.iter().map(|peer| format!(" {} |", peer.name)).collect();
    let ruler = "---|".repeat(peers.len());
    format!("| {first} |{names} ratio |\n|---|{ruler}---|\n")
}

/// One line: a cell a peer, and the ratio of the first to the second.
fn row(words: &str, peers: &[Peer], value: impl Fn(usize) -> Option<f64>, unit: f64) -> String {
    let values: Vec<Option<f64>> = (0..peers.len()).map(value).collect();
    let cell = |value: &Option<f64>| match value {
        Some(value) => format!(" {} |", rounded(value / unit)),
        None => " — |".to_owned(),
    };
    let cells: String = values.iter().map(cell).collect();
    let ratio = match values.as_slice() {
        [Some(ours), Some(theirs), ..] if *theirs > 0.0 => format!("{:.2}", ours / theirs),
        _ => "—".to_owned(),
    };
    format!("| {words} |{cells} {ratio} |\n")
}

fn rounded(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 || value.fract() == 0.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}

fn median(results: &Results, link: Link, scenario: &str, value: &str, peer: usize) -> Option<f64> {
    let mut values = results.get(&(link, scenario.to_owned(), value.to_owned(), peer))?.clone();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The first line that a program prints when it is asked for its version.
fn version(program: &str, argument: &str) -> String {
    let output =
        Command::new(super::support::find_program(program)).arg(argument).output().unwrap();
    String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned()
}

fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(": ")?.1.to_owned())
    };
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{}, {} cores, Linux {}",
        value("model name").unwrap_or_else(|| "an unknown processor".into()),
        std::thread::available_parallelism().map_or(1, usize::from),
        kernel.trim(),
    )
}
