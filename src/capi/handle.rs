//! The handles of MQTT clients: numbers that look like pointers and are never dereferenced, so a
//! wild or a dead handle is an error and not a crash.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::release::SINGLE_CLIENT;
use crate::mqtt::client::Client;

/// Far from NULL and from small numbers, which firmware may pass by mistake.
const FIRST: usize = 0x4C4B_0000;
/// As far apart as the pointers of an allocator.
const STEP: usize = 16;

static NEXT: AtomicUsize = AtomicUsize::new(FIRST);
static CLIENTS: RwLock<BTreeMap<usize, Arc<Client>>> = RwLock::new(BTreeMap::new());

/// A client's number. Each is given out once in a process's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle(usize);

impl Handle {
    /// A number for a client that does not exist yet.
    pub(crate) fn new() -> Self {
        Handle(NEXT.fetch_add(STEP, Ordering::Relaxed))
    }

    /// What C sees.
    pub(crate) fn as_ptr(self) -> *mut c_void {
        std::ptr::without_provenance_mut(self.0)
    }

    /// What C gave back; it may be anything. Where a release has one client a process, NULL stands
    /// for that one.
    pub(crate) fn from_ptr(pointer: *mut c_void) -> Self {
        if SINGLE_CLIENT && pointer.is_null() {
            return Handle::only().unwrap_or(Handle(0));
        }
        Handle(pointer.addr())
    }

    /// The process's client, `None` when there is none. Of several it is the oldest.
    pub(crate) fn only() -> Option<Self> {
        let clients = CLIENTS.read().unwrap_or_else(PoisonError::into_inner);
        clients.keys().next().copied().map(Handle)
    }

    /// Makes the client known under this number.
    pub(crate) fn insert(self, client: Arc<Client>) {
        CLIENTS.write().unwrap_or_else(PoisonError::into_inner).insert(self.0, client);
    }

    /// The client with this number, `None` when there is none or none any more.
    pub(crate) fn client(self) -> Option<Arc<Client>> {
        CLIENTS.read().unwrap_or_else(PoisonError::into_inner).get(&self.0).cloned()
    }

    /// Takes the client out. Only one of several callers gets it.
    pub(crate) fn remove(self) -> Option<Arc<Client>> {
        CLIENTS.write().unwrap_or_else(PoisonError::into_inner).remove(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_unknown_ones_have_no_client() {
        let (one, other) = (Handle::new(), Handle::new());
        assert_ne!(one, other);
        assert_eq!(Handle::from_ptr(one.as_ptr()), one);
        assert!(one.client().is_none());
        assert!(one.remove().is_none());
        assert!(Handle::from_ptr(std::ptr::null_mut()).client().is_none());
    }
}
