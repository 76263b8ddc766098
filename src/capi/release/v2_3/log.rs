//! `IOT_SetLogLevel`. The log is open from the start and shows errors.

use std::sync::Once;

use crate::capi::boundary::guard;
use crate::capi::log::level_of;
use crate::capi::release::IOT_LogLevel;
use crate::capi::sdk;
use crate::log::{self, Level};

/// Opens the log, at the first function of the library that is called.
pub(crate) fn prepare() {
    static OPENED: Once = Once::new();
    // A process has one log, and the unit tests of the core bring theirs.
    if cfg!(test) {
        return;
    }
    OPENED.call_once(|| {
        log::open(sdk::hal());
        log::set_level(Level::Error);
    });
}

/// Prints lines of this level and of all more urgent ones from now on, and says so. With
/// `IOT_LOG_NONE` none is printed.
///
/// A number that is no level changes nothing and is said in the log.
#[unsafe(no_mangle)]
pub extern "C" fn IOT_SetLogLevel(level: IOT_LogLevel) {
    guard((), || match level_of(level) {
        Some(known) => {
            log::set_level(known);
            sdk::hal().print(&format!("[prt] log level set as: [ {level} ]\r\n"));
        }
        None => {
            ::log::error!(target: "IOT_SetLogLevel", "Invalid input level: {level} out of [0, 5]")
        }
    });
}
