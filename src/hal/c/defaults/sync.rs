//! Mutexes and semaphores.

use std::ffi::{c_int, c_void};

use super::values::{FAILED, ended, milliseconds, refuse, report};
use crate::base::waiting::about_to_wait;
use crate::ffi::guard::cancellation_point;
use crate::ffi::objects::Objects;
use crate::hal::c::PLATFORM_WAIT_INFINITE;
use crate::hal::c::entry::guard;
use crate::hal::linux::sync::{RawMutex, Semaphore};

static MUTEXES: Objects<RawMutex> = Objects::new();

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_MutexCreate() -> *mut c_void {
    guard(|| MUTEXES.insert(RawMutex::new()).as_ptr())
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_MutexDestroy(mutex: *mut c_void) {
    guard(|| ended("HAL_MutexDestroy", mutex, MUTEXES.remove(mutex)));
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_MutexLock(mutex: *mut c_void) {
    guard(|| report("HAL_MutexLock", MUTEXES.get(mutex).map(|mutex| mutex.lock())));
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_MutexUnlock(mutex: *mut c_void) {
    guard(|| report("HAL_MutexUnlock", MUTEXES.get(mutex).map(|mutex| mutex.unlock())));
}

static SEMAPHORES: Objects<Semaphore> = Objects::new();

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_SemaphoreCreate() -> *mut c_void {
    guard(|| SEMAPHORES.insert(Semaphore::default()).as_ptr())
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_SemaphoreDestroy(sem: *mut c_void) {
    guard(|| ended("HAL_SemaphoreDestroy", sem, SEMAPHORES.remove(sem)));
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_SemaphorePost(sem: *mut c_void) {
    guard(|| match SEMAPHORES.get(sem) {
        Some(semaphore) => semaphore.post(),
        None => refuse("HAL_SemaphorePost", ()),
    });
}

#[unsafe(no_mangle)]
extern "C-unwind" fn linkkit_default_HAL_SemaphoreWait(sem: *mut c_void, timeout_ms: u32) -> c_int {
    let timeout = (timeout_ms != PLATFORM_WAIT_INFINITE).then(|| milliseconds(timeout_ms));
    let result = guard(|| match SEMAPHORES.get(sem) {
        Some(semaphore) => {
            about_to_wait();
            if semaphore.wait(timeout) { 0 } else { FAILED }
        }
        None => refuse("HAL_SemaphoreWait", FAILED),
    });
    cancellation_point();
    result
}
