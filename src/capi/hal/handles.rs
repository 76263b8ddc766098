//! The handles that the HAL gives out. What is not one, or not any more, is refused and not looked
//! behind, as with the handles of MQTT clients.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::capi::handle::Handle;
use crate::sync::lock;

/// Objects of the library's own, by numbers of which no two kinds share one.
pub(super) struct Objects<T>(RwLock<BTreeMap<usize, Arc<T>>>);

impl<T> Objects<T> {
    /// None.
    pub(super) const fn new() -> Self {
        Objects(RwLock::new(BTreeMap::new()))
    }

    /// A handle for the object.
    pub(super) fn insert(&self, object: T) -> *mut c_void {
        let handle = Handle::new().as_ptr();
        let mut objects = self.0.write().unwrap_or_else(PoisonError::into_inner);
        objects.insert(handle.addr(), Arc::new(object));
        handle
    }

    /// The object with this handle, which may be anything.
    pub(super) fn get(&self, handle: *mut c_void) -> Option<Arc<T>> {
        let objects = self.0.read().unwrap_or_else(PoisonError::into_inner);
        objects.get(&handle.addr()).cloned()
    }

    /// Takes the object out. It lives as long as another thread is using it.
    pub(super) fn remove(&self, handle: *mut c_void) -> Option<Arc<T>> {
        let mut objects = self.0.write().unwrap_or_else(PoisonError::into_inner);
        objects.remove(&handle.addr())
    }
}

/// Handles of the C library's, which firmware may hand on to it, such as a `FILE *`.
pub(super) struct Living(Mutex<BTreeSet<usize>>);

impl Living {
    /// None.
    pub(super) const fn new() -> Self {
        Living(Mutex::new(BTreeSet::new()))
    }

    /// Notes a handle, and gives it back. NULL is none.
    pub(super) fn insert(&self, handle: *mut c_void) -> *mut c_void {
        if !handle.is_null() {
            lock(&self.0).insert(handle.addr());
        }
        handle
    }

    /// The handle, if it is one.
    pub(super) fn get(&self, handle: *mut c_void) -> Option<*mut c_void> {
        lock(&self.0).contains(&handle.addr()).then_some(handle)
    }

    /// Takes the handle, if it is one, from all others who would use it.
    pub(super) fn remove(&self, handle: *mut c_void) -> Option<*mut c_void> {
        lock(&self.0).remove(&handle.addr()).then_some(handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_of_one_kind_and_dies_once() {
        let (numbers, texts) = (Objects::new(), Objects::new());
        let (one, other) = (numbers.insert(1), texts.insert("other"));
        assert_eq!(numbers.get(one).as_deref(), Some(&1));
        assert!(numbers.get(other).is_none() && texts.get(one).is_none());
        assert!(numbers.get(std::ptr::null_mut()).is_none());
        assert!(numbers.remove(one).is_some());
        assert!(numbers.remove(one).is_none() && numbers.get(one).is_none());
    }

    #[test]
    fn a_foreign_handle_lives_from_its_note_to_its_end() {
        let living = Living::new();
        let handle = std::ptr::without_provenance_mut(16);
        assert!(living.get(handle).is_none());
        assert_eq!(living.insert(handle), handle);
        assert!(living.insert(std::ptr::null_mut()).is_null());
        assert!(living.get(std::ptr::null_mut()).is_none());
        assert_eq!(living.get(handle), Some(handle));
        assert_eq!(living.remove(handle), Some(handle));
        assert!(living.remove(handle).is_none());
    }
}
