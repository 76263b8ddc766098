//! `IOT_OpenLog`, `IOT_CloseLog`, `IOT_SetLogLevel`, `IOT_DumpMemoryStats`.

use std::ffi::{c_char, c_int};

use super::boundary::guard;
use super::memory;
use super::ptr;
use super::release::IOT_LogLevel;
use crate::hal::import;
use crate::log::{self, Level};

/// Opens the log. Nothing is printed before `IOT_SetLogLevel`.
///
/// `ident` names the program; NULL is allowed. An empty name leaves the log closed. Lines go out
/// by `HAL_Printf`, one call a line, from whatever thread has something to say.
///
/// # Safety
/// `ident` is either NULL or a string that ends with a NUL; it is not kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_OpenLog(ident: *const c_char) {
    guard((), || {
        // SAFETY: as the caller promises.
        match unsafe { ptr::required(ident) } {
            Err(ptr::BadText::Empty) => log::close(),
            _ => log::open(import::hal()),
        }
    });
}

/// Closes the log: nothing is printed until it is opened again.
#[unsafe(no_mangle)]
pub extern "C" fn IOT_CloseLog() {
    guard((), log::close);
}

/// Prints lines of this level and of all more urgent ones from now on.
///
/// A number that is no level changes nothing and is said in the log.
#[unsafe(no_mangle)]
pub extern "C" fn IOT_SetLogLevel(level: IOT_LogLevel) {
    guard((), || match level_of(level) {
        Some(level) => log::set_level(level),
        None => {
            ::log::error!(target: "IOT_SetLogLevel", "Invalid input level: {level} out of [0, 5]")
        }
    });
}

/// Prints how much memory the library uses, if lines of `level` are printed at all.
///
/// The figures are real: of everything that the library has allocated, in bytes and in numbers.
/// A number that is no level counts as debug.
#[unsafe(no_mangle)]
pub extern "C" fn IOT_DumpMemoryStats(level: IOT_LogLevel) {
    const TARGET: &str = "LITE_dump_malloc_free_stats";
    const RULE: &str = "---------------------------------------------------";
    guard((), || {
        if !level_of(level).unwrap_or(Level::Debug).is_printed() {
            return;
        }
        let usage = memory::usage();
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

fn level_of(level: IOT_LogLevel) -> Option<Level> {
    c_int::try_from(level).ok().and_then(Level::from_number)
}
