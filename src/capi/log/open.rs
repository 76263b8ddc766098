//! `IOT_SetLogLevel`. The log is open from the start and shows errors.

use crate::base::log;
use crate::capi::abi::IOT_LogLevel;
use crate::capi::log::level_of;
use crate::hal::c;
use crate::hal::c::entry::guard;

/// Prints lines of this level and of all more urgent ones from now on, and says so. With
/// `IOT_LOG_NONE` none is printed.
///
/// A number that is no level changes nothing and is said in the log.
#[unsafe(no_mangle)]
pub extern "C" fn IOT_SetLogLevel(level: IOT_LogLevel) {
    guard(|| match level_of(level) {
        Some(known) => {
            log::set_level(known);
            c::hal().print(&format!("[prt] log level set as: [ {level} ]\r\n"));
        }
        None => {
            ::log::error!(target: "IOT_SetLogLevel", "Invalid input level: {level} out of [0, 5]")
        }
    });
}
