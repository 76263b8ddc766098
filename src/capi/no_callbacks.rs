//! Releases before 2.3 have no `IOT_RegisterCallback`: nobody is told.

use std::ffi::CStr;

use crate::mqtt::Error;

pub(crate) fn login_failed(_: &Error) {}

pub(crate) fn null_pointer(_: &CStr) {}

pub(crate) fn no_memory(_: &CStr) {}
