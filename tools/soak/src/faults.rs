//! What goes wrong, one thing after another.

#![forbid(unsafe_code)]

use std::fmt;
use std::time::Duration;

/// Something that goes wrong, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The cloud drops the device's connection.
    Kick,
    /// The network ends the connection in the middle of whatever is said.
    Cut,
    /// The cloud is away for so long, and has forgotten its sessions when it comes back.
    Restart(Duration),
    /// Bytes take this much longer, for so long.
    Slow(Duration, Duration),
    /// No byte arrives, for so long.
    Silence(Duration),
    /// The device's clock is off by so many milliseconds from now on.
    Clock(i64),
}

/// The names of the kinds, in the order of the report.
pub(crate) const KINDS: [&str; 6] = [
    "dropped by the cloud",
    "cut by the network",
    "cloud restarted",
    "slow answers",
    "silence",
    "clock step",
];

impl Fault {
    pub(crate) fn random(random: &mut fastrand::Rng) -> Self {
        let ms = |random: &mut fastrand::Rng, range| Duration::from_millis(random.u64(range));
        match random.u8(0..6) {
            0 => Fault::Kick,
            1 => Fault::Cut,
            2 => Fault::Restart(ms(random, 100..5000)),
            3 => Fault::Slow(ms(random, 20..400), ms(random, 2000..8000)),
            4 => Fault::Silence(ms(random, 1000..15_000)),
            _ => {
                const TEN_YEARS_MS: i64 = 10 * 365 * 24 * 60 * 60 * 1000;
                Fault::Clock(random.i64(-TEN_YEARS_MS..TEN_YEARS_MS))
            }
        }
    }

    pub(crate) fn kind(self) -> &'static str {
        let [kick, cut, restart, slow, silence, clock] = KINDS;
        match self {
            Fault::Kick => kick,
            Fault::Cut => cut,
            Fault::Restart(_) => restart,
            Fault::Slow(..) => slow,
            Fault::Silence(_) => silence,
            Fault::Clock(_) => clock,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Fault::Kick | Fault::Cut => Ok(()),
            Fault::Restart(away) => write!(f, ", away for {away:?}"),
            Fault::Slow(by, during) => write!(f, " by {by:?} for {during:?}"),
            Fault::Silence(during) => write!(f, " for {during:?}"),
            Fault::Clock(offset_ms) => write!(f, " to {offset_ms} ms from the truth"),
        }
    }
}
