//! The devices whose connections firmware has handles of.

use std::ffi::c_void;
use std::sync::Arc;

use super::abi::{Abi as _, Clients, Release};
use crate::device::Device;
use crate::ffi::objects::{Handle, Objects};
use crate::mqtt::client::Client;

static DEVICES: Objects<Device> = Objects::new();

/// The handle that C gave back; it may be anything. Where a release has one client a process, NULL
/// stands for that one.
pub(crate) fn handle(pointer: *mut c_void) -> Handle {
    if Release::CLIENTS == Clients::One && pointer.is_null() {
        return only().unwrap_or(pointer.into());
    }
    pointer.into()
}

/// The process's client, `None` when there is none. Of several it is the oldest.
pub(crate) fn only() -> Option<Handle> {
    DEVICES.oldest()
}

/// Makes a device known under a handle that was made before it.
pub(crate) fn insert(handle: Handle, device: Device) {
    DEVICES.insert_as(handle, Arc::new(device));
}

/// The device with this handle, `None` when there is none or none any more.
pub(crate) fn device(handle: Handle) -> Option<Arc<Device>> {
    DEVICES.get(handle)
}

/// Its client.
pub(crate) fn get(handle: Handle) -> Option<Arc<Client>> {
    device(handle).map(|device| Arc::clone(device.client()))
}

/// Takes the device out. Only one of several callers gets it.
pub(crate) fn remove(handle: Handle) -> Option<Arc<Device>> {
    DEVICES.remove(handle)
}
