//! Clocks and sleep.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// What `HAL_UTC_Set` added to the system's clock, in milliseconds. The system's clock itself is
/// not ours to set.
static UTC_OFFSET_MS: AtomicI64 = AtomicI64::new(0);

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
    system_ms().saturating_add(UTC_OFFSET_MS.load(Ordering::Relaxed))
}

/// Makes [`utc_ms`] count from `ms`, in this process.
pub(crate) fn set_utc_ms(ms: i64) {
    UTC_OFFSET_MS.store(ms.saturating_sub(system_ms()), Ordering::Relaxed);
}

fn system_ms() -> i64 {
    let signed = |ms: u128| i64::try_from(ms).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => signed(since.as_millis()),
        Err(before) => -signed(before.duration().as_millis()),
    }
}

/// The local time as `MM-DD HH:MM:SS.mmm`; `None` when the C library cannot tell it.
pub(crate) fn local_time_text() -> Option<String> {
    let now_ms = system_ms();
    let seconds = libc::time_t::from(now_ms.div_euclid(1000));
    let mut parts = std::mem::MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are to live values of the right types.
    let filled = unsafe { libc::localtime_r(&seconds, parts.as_mut_ptr()) };
    if filled.is_null() {
        return None;
    }
    // SAFETY: localtime_r filled it, and zeroes are a valid tm besides.
    let parts = unsafe { parts.assume_init() };
    Some(format!(
        "{:02}-{:02} {:02}:{:02}:{:02}.{:03}",
        parts.tm_mon + 1,
        parts.tm_mday,
        parts.tm_hour,
        parts.tm_min,
        parts.tm_sec,
        now_ms.rem_euclid(1000)
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
}
