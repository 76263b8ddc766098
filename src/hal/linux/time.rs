//! Clocks and sleep.

use std::env;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use tz::{DateTime, TimeZone};

use crate::base::sync::lock;

/// What `HAL_UTC_Set` added to the system's clock, in milliseconds. The system's clock itself is
/// not ours to set. Not an atomic: older ARM and MIPS processors have none of 64 bits.
static UTC_OFFSET_MS: Mutex<i64> = Mutex::new(0);

/// Milliseconds of a clock that never jumps, from an arbitrary start.
pub(crate) fn uptime_ms() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live timespec. The call cannot fail: Linux has this clock.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    u64::try_from(now.tv_sec).unwrap_or(0) * 1000
        + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
}

/// Wall-clock milliseconds since 1970, as set by [`set_utc_ms`] or else as the system has them.
pub(crate) fn utc_ms() -> i64 {
    system_ms().saturating_add(*lock(&UTC_OFFSET_MS))
}

/// Makes [`utc_ms`] count from `ms`, in this process.
pub(crate) fn set_utc_ms(ms: i64) {
    *lock(&UTC_OFFSET_MS) = ms.saturating_sub(system_ms());
}

fn system_ms() -> i64 {
    let signed = |ms: u128| i64::try_from(ms).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => signed(since.as_millis()),
        Err(before) => -signed(before.duration().as_millis()),
    }
}

/// The local time as `MM-DD HH:MM:SS.mmm`; `None` when no calendar has it.
pub(crate) fn local_time_text() -> Option<String> {
    time_text(system_ms(), &zone())
}

/// The zone that the C library goes by: `TZ`'s, else the machine's, else UTC. It is not asked
/// itself, because its `time_t` has 32 bits on most 32-bit machines and ends in 2038.
fn zone() -> TimeZone {
    env::var("TZ")
        .map_or_else(|_| TimeZone::local(), |name| TimeZone::from_posix_tz(&name))
        .unwrap_or_else(|_| TimeZone::utc())
}

fn time_text(utc_ms: i64, zone: &TimeZone) -> Option<String> {
    let zone = zone.as_ref();
    let time = DateTime::from_timespec(utc_ms.div_euclid(1000), 0, zone).ok()?;
    Some(format!(
        "{:02}-{:02} {:02}:{:02}:{:02}.{:03}",
        time.month(),
        time.month_day(),
        time.hour(),
        time.minute(),
        time.second(),
        utc_ms.rem_euclid(1000)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptime_moves_with_the_clock() {
        let before = uptime_ms();
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(uptime_ms() - before >= 19);
    }

    #[test]
    fn utc_counts_from_where_it_is_set() {
        assert!((utc_ms() - system_ms()).abs() < 1000);
        set_utc_ms(1_546_272_000_000);
        let passed = utc_ms() - 1_546_272_000_000;
        assert!((0..5000).contains(&passed), "{passed} ms passed");
        set_utc_ms(i64::MIN);
        set_utc_ms(system_ms());
    }

    #[test]
    fn the_local_time_has_its_fixed_form() {
        let text = local_time_text().unwrap();
        let shape: String =
            text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "00-00 00:00:00.000");
    }

    #[test]
    fn the_time_goes_on_after_32_bits_of_seconds() {
        let text = |ms| time_text(ms, &TimeZone::utc()).unwrap();
        assert_eq!(text(i64::from(i32::MAX) * 1000 + 999), "01-19 03:14:07.999");
        assert_eq!(text((i64::from(i32::MAX) + 1) * 1000), "01-19 03:14:08.000");
        assert_eq!(text(-1), "12-31 23:59:59.999");
    }

    #[test]
    fn summer_time_is_kept_after_2038() {
        let berlin = TimeZone::from_posix_tz("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        // 2040-01-01 and 2040-07-01, at noon.
        assert_eq!(time_text(2_209_032_000_000, &berlin).unwrap(), "01-01 13:00:00.000");
        assert_eq!(time_text(2_224_756_800_000, &berlin).unwrap(), "07-01 14:00:00.000");
    }
}
