//! `IOT_DumpMemoryStats`. The other functions of the log are the releases' own.

#[cfg(not(abi = "2.2"))]
pub mod open;
#[cfg(abi = "2.2")]
pub mod opened;

use std::ffi::c_int;

use super::abi::IOT_LogLevel;
use crate::base::log::Level;
use crate::ffi::alloc;
use crate::hal::c::entry::guard;

/// Prints how much memory the library uses, if lines of `level` are printed at all.
///
/// The figures are real: of everything that the library has allocated, in bytes and in numbers.
/// A number that is no level counts as debug.
#[unsafe(no_mangle)]
pub extern "C" fn IOT_DumpMemoryStats(level: IOT_LogLevel) {
    const TARGET: &str = "LITE_dump_malloc_free_stats";
    const RULE: &str = "---------------------------------------------------";
    guard(|| {
        if !level_of(level).unwrap_or(Level::Debug).is_printed() {
            return;
        }
        let usage = alloc::usage();
        ::log::debug!(target: TARGET, "{RULE}");
        ::log::debug!(target: TARGET, ". bytes_total_allocated:    {}", usage.total);
        ::log::debug!(target: TARGET, ". bytes_total_freed:        {}", usage.freed);
        ::log::debug!(target: TARGET, ". bytes_total_in_use:       {}", usage.total.saturating_sub(usage.freed));
        ::log::warn!(target: TARGET, ". bytes_max_allocated:      {}", usage.largest);
        ::log::info!(target: TARGET, ". bytes_max_in_use:         {}", usage.peak);
        ::log::debug!(target: TARGET, ". iterations_allocated:     {}", usage.allocations);
        ::log::debug!(target: TARGET, ". iterations_freed:         {}", usage.frees);
        ::log::debug!(target: TARGET, ". iterations_in_use:        {}", usage.allocations.saturating_sub(usage.frees));
        ::log::debug!(target: TARGET, "{RULE}");
    });
}

/// The level that firmware means, `None` when there is none.
pub(crate) fn level_of(level: IOT_LogLevel) -> Option<Level> {
    c_int::try_from(level).ok().and_then(Level::from_number)
}
