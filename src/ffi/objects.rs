//! The handles that C gets: numbers that look like pointers and are never dereferenced, so a wild or
//! a dead handle is an error and not a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::base::sync::lock;

/// Far from NULL and from small numbers, which firmware may pass by mistake.
const FIRST: usize = 0x4C4B_0000;
/// As far apart as the pointers of an allocator.
const STEP: usize = 16;

static NEXT: AtomicUsize = AtomicUsize::new(FIRST);

/// An object's number. Each is given out once in a process's life, so no two kinds share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Handle(usize);

impl Handle {
    /// A number for an object that does not exist yet.
    pub(crate) fn new() -> Self {
        Handle(NEXT.fetch_add(STEP, Ordering::Relaxed))
    }

    /// What C sees.
    pub(crate) fn as_ptr(self) -> *mut c_void {
        std::ptr::without_provenance_mut(self.0)
    }

    /// What C sees where the handle is no pointer there.
    pub(crate) fn as_number(self) -> usize {
        self.0
    }
}

/// What C gave back; it may be anything.
impl From<*mut c_void> for Handle {
    fn from(pointer: *mut c_void) -> Self {
        Handle(pointer.addr())
    }
}

/// The same where the handle is no pointer.
impl From<usize> for Handle {
    fn from(number: usize) -> Self {
        Handle(number)
    }
}

/// Objects of one kind, by their handles.
pub(crate) struct Objects<T>(RwLock<BTreeMap<Handle, Arc<T>>>);

impl<T> Objects<T> {
    /// None.
    pub(crate) const fn new() -> Self {
        Objects(RwLock::new(BTreeMap::new()))
    }

    /// A handle for the object.
    pub(crate) fn insert(&self, object: T) -> Handle {
        let handle = Handle::new();
        self.insert_as(handle, Arc::new(object));
        handle
    }

    /// Makes an object known under a handle that was made before it.
    pub(crate) fn insert_as(&self, handle: Handle, object: Arc<T>) {
        self.write().insert(handle, object);
    }

    /// The object with this handle, `None` when there is none or none any more.
    pub(crate) fn get(&self, handle: impl Into<Handle>) -> Option<Arc<T>> {
        self.read().get(&handle.into()).cloned()
    }

    /// Takes the object out: only one of several callers gets it. It lives as long as another
    /// thread is using it.
    pub(crate) fn remove(&self, handle: impl Into<Handle>) -> Option<Arc<T>> {
        self.write().remove(&handle.into())
    }

    /// The handle of the oldest object.
    pub(crate) fn oldest(&self) -> Option<Handle> {
        self.read().keys().next().copied()
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Handle, Arc<T>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Handle, Arc<T>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Handles of the C library's, which firmware may hand on to it, such as a `FILE *`.
pub(crate) struct ForeignHandles(Mutex<BTreeSet<usize>>);

impl ForeignHandles {
    /// None.
    pub(crate) const fn new() -> Self {
        ForeignHandles(Mutex::new(BTreeSet::new()))
    }

    /// Notes a handle, and gives it back. NULL is none.
    pub(crate) fn insert(&self, handle: *mut c_void) -> *mut c_void {
        if !handle.is_null() {
            lock(&self.0).insert(handle.addr());
        }
        handle
    }

    /// The handle, if it is one.
    pub(crate) fn get(&self, handle: *mut c_void) -> Option<*mut c_void> {
        lock(&self.0).contains(&handle.addr()).then_some(handle)
    }

    /// Takes the handle, if it is one, from all others who would use it.
    pub(crate) fn remove(&self, handle: *mut c_void) -> Option<*mut c_void> {
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
        assert_eq!(numbers.get(one.as_ptr()).as_deref(), Some(&1));
        assert_eq!(texts.get(other.as_number()).as_deref(), Some(&"other"));
        assert!(numbers.get(other).is_none() && texts.get(one).is_none());
        assert!(numbers.get(std::ptr::null_mut()).is_none());
        assert_eq!(numbers.oldest(), Some(one));
        assert!(numbers.remove(one).is_some());
        assert!(numbers.remove(one).is_none() && numbers.get(one).is_none());
        assert!(numbers.oldest().is_none());
    }

    #[test]
    fn a_handle_made_before_its_object_is_nobody_s_until_then() {
        let objects = Objects::new();
        let handle = Handle::new();
        assert!(objects.get(handle).is_none() && objects.remove(handle).is_none());
        objects.insert_as(handle, Arc::new(1));
        assert_eq!(objects.get(handle).as_deref(), Some(&1));
    }

    #[test]
    fn a_foreign_handle_lives_from_its_note_to_its_end() {
        let foreign = ForeignHandles::new();
        let handle = std::ptr::without_provenance_mut(16);
        assert!(foreign.get(handle).is_none());
        assert_eq!(foreign.insert(handle), handle);
        assert!(foreign.insert(std::ptr::null_mut()).is_null());
        assert!(foreign.get(std::ptr::null_mut()).is_none());
        assert_eq!(foreign.get(handle), Some(handle));
        assert_eq!(foreign.remove(handle), Some(handle));
        assert!(foreign.remove(handle).is_none());
    }
}
