//! What is left of a soak: a table for people, and its numbers as a picture.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::time::Duration;

use crate::device::Counts;
use crate::faults::KINDS;

/// The numbers of one moment.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    /// Since the start.
    pub(crate) at: Duration,
    pub(crate) sent: usize,
    pub(crate) acknowledged: usize,
    pub(crate) received: usize,
    pub(crate) reconnections: usize,
    /// Resident memory of the device in KiB.
    pub(crate) memory: u64,
}

/// All that was seen.
pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) samples: Vec<Sample>,
    /// When each fault began, and its kind.
    pub(crate) faults: Vec<(Duration, &'static str)>,
    /// The device's last word.
    pub(crate) counts: Counts,
    /// How often each message arrived at the cloud.
    pub(crate) arrived: HashMap<u64, usize>,
}

impl Report {
    /// Messages that the device believes to have arrived, and that have not.
    pub(crate) fn lost(&self) -> usize {
        self.counts.acknowledged.iter().filter(|number| !self.arrived.contains_key(number)).count()
    }

    /// Messages that were taken and not acknowledged by the end.
    pub(crate) fn unacknowledged(&self) -> usize {
        self.counts.sent.difference(&self.counts.acknowledged).count()
    }

    /// As Markdown.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        let Counts { sent, acknowledged, received, received_again, .. } = &self.counts;
        let again: usize = self.arrived.values().map(|count| count - 1).sum();
        let arrived: HashSet<u64> = self.arrived.keys().copied().collect();
        let rows = [
            ("seed", self.seed.to_string()),
            ("QoS 1 messages sent", sent.len().to_string()),
            ("… acknowledged", acknowledged.len().to_string()),
            ("… arrived at the cloud", arrived.len().to_string()),
            ("… of them once more (QoS 1 allows it)", again.to_string()),
            ("… **acknowledged but not arrived**", format!("**{}**", self.lost())),
            ("… **not acknowledged by the end**", format!("**{}**", self.unacknowledged())),
            ("came back to the device", received.len().to_string()),
            ("… of them once more", received_again.to_string()),
            ("connections lost", self.counts.lost_connections.to_string()),
            ("reconnections", self.counts.reconnections.to_string()),
        ];
        // Writing to a string does not fail.
        let _ = writeln!(text, "| what | number |\n|---|---:|");
        for (what, number) in rows {
            let _ = writeln!(text, "| {what} | {number} |");
        }
        for kind in KINDS {
            let count = self.faults.iter().filter(|(_, other)| *other == kind).count();
            let _ = writeln!(text, "| fault: {kind} | {count} |");
        }
        let _ = writeln!(
            text,
            "\n| minute | sent | acknowledged | received | reconnections | memory, KiB |\n|---:|---:|---:|---:|---:|---:|"
        );
        for (minute, sample) in self.minutes() {
            let Sample { sent, acknowledged, received, reconnections, memory, .. } = sample;
            let _ = writeln!(
                text,
                "| {minute} | {sent} | {acknowledged} | {received} | {reconnections} | {memory} |"
            );
        }
        text
    }

    /// The last sample of each minute.
    fn minutes(&self) -> BTreeMap<u64, Sample> {
        self.samples.iter().map(|sample| (sample.at.as_secs() / 60 + 1, *sample)).collect()
    }
}
