//! `HAL_Thread*`: threads by numbers that are never given twice, so that the handle of one that has ended
//! is no other's.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::sync::Mutex;

use super::values::{FAILED, c_string, fail, refuse, report};
use crate::base::sync::lock;
use crate::ffi::objects::Handle;
use crate::hal::c::entry::guard;
use crate::hal::c::hal_os_thread_param_t;
use crate::hal::linux::thread::{self, Routine};

/// The threads by their handles: those that somebody will wait for, and of the others those that run.
static THREADS: Mutex<BTreeMap<usize, Thread>> = Mutex::new(BTreeMap::new());

#[derive(Clone, Copy)]
struct Thread {
    id: libc::pthread_t,
    /// Nobody will wait for it.
    detached: bool,
    ended: bool,
}

// SAFETY: musl's pthread_t is a pointer. It is only handed to pthread functions, which take it from any
// thread.
unsafe impl Send for Thread {}

/// What a thread is told of itself.
struct Start {
    handle: usize,
    routine: Routine,
    arg: *mut c_void,
}

// Defined by shim/thread.c. pthread_create, which alone calls it, takes what it calls for safe.
unsafe extern "C" {
    safe fn linkkit_thread_run(start: *mut c_void) -> *mut c_void;
}

/// Notes the end of the thread that has it, however that ends.
struct Running(Cell<usize>);

impl Drop for Running {
    fn drop(&mut self) {
        let handle = self.0.get();
        let mut threads = lock(&THREADS);
        if let Some(thread) = threads.get_mut(&handle) {
            thread.ended = true;
            if thread.detached {
                threads.remove(&handle);
            }
        }
    }
}

/// Tells a new thread what to do. Called by shim/thread.c.
///
/// # Safety
/// `start` is a [`Start`] of a box, given up; the others point to variables of the caller's.
#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_thread_begins(
    start: *mut c_void,
    routine: *mut Routine,
    arg: *mut *mut c_void,
) {
    thread_local!(static RUNNING: Running = const { Running(Cell::new(0)) });
    guard(|| {
        // SAFETY: as the caller promises.
        let start = unsafe { Box::from_raw(start.cast::<Start>()) };
        RUNNING.with(|running| running.0.set(start.handle));
        // SAFETY: as the caller promises.
        unsafe {
            routine.write(start.routine);
            arg.write(start.arg);
        }
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_ThreadCreate(
    thread_handle: *mut *mut c_void,
    work_routine: Option<Routine>,
    arg: *mut c_void,
    hal_os_thread_param: *mut hal_os_thread_param_t,
    stack_used: *mut c_int,
) -> c_int {
    // SAFETY: the caller passes pointers that are valid for the call, or NULL.
    let (thread_handle, param, stack_used) =
        unsafe { (thread_handle.as_mut(), hal_os_thread_param.as_ref(), stack_used.as_mut()) };
    guard(|| {
        if let Some(stack_used) = stack_used {
            *stack_used = 0;
        }
        let (Some(thread_handle), Some(routine)) = (thread_handle, work_routine) else {
            return refuse("HAL_ThreadCreate", FAILED);
        };
        // SAFETY: the caller passes a NUL-terminated name, or NULL.
        let options =
            param.map_or_else(thread::ThreadOptions::default, |param| unsafe { param.options() });
        let handle = Handle::new().as_ptr();
        let start = Box::into_raw(Box::new(Start { handle: handle.addr(), routine, arg }));
        // A thread that ends at once waits for this before it notes that.
        let mut threads = lock(&THREADS);
        // SAFETY: the caller wants the routine called with the argument.
        match unsafe { thread::create(linkkit_thread_run, start.cast(), &options) } {
            Ok(id) => {
                let thread = Thread { id, detached: options.detached, ended: false };
                threads.insert(handle.addr(), thread);
                *thread_handle = handle;
                0
            }
            Err(cause) => {
                drop(threads);
                // SAFETY: no thread was made that could have taken it.
                drop(unsafe { Box::from_raw(start) });
                fail("HAL_ThreadCreate", FAILED, &cause)
            }
        }
    })
}

impl hal_os_thread_param_t {
    /// # Safety
    /// The name is NULL, or NUL-terminated and alive as long as the result.
    unsafe fn options(&self) -> thread::ThreadOptions<'_> {
        thread::ThreadOptions {
            stack_size: self.stack_size,
            detached: self.detach_state != 0,
            // SAFETY: as the caller promises.
            name: unsafe { c_string(self.name) },
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_ThreadDetach(thread_handle: *mut c_void) {
    guard(|| {
        let detached = {
            let mut threads = lock(&THREADS);
            let handle = thread_handle.addr();
            threads.get_mut(&handle).filter(|thread| !thread.detached).copied().map(|thread| {
                if thread.ended {
                    threads.remove(&handle);
                } else {
                    threads.insert(handle, Thread { detached: true, ..thread });
                }
                // SAFETY: neither detached nor deleted before, and nobody else has taken it.
                unsafe { thread::detach(thread.id) }
            })
        };
        report("HAL_ThreadDetach", detached);
    });
}

/// The shim answers NULL, which ends the calling thread, itself.
#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_ThreadDelete(thread_handle: *mut c_void) {
    guard(|| {
        let mut threads = lock(&THREADS);
        let ended = match threads.remove(&thread_handle.addr()) {
            None => None,
            // SAFETY: it runs: it cannot end before it has noted that, for which it needs the lock.
            Some(thread) if thread.detached => Some(unsafe { thread::cancel(thread.id) }),
            Some(thread) => {
                drop(threads);
                // SAFETY: neither detached nor deleted, nobody else has taken it, and it is not the
                // caller's own, as the caller promises.
                report("HAL_ThreadDelete", Some(unsafe { thread::delete(thread.id) }));
                return;
            }
        };
        drop(threads);
        report("HAL_ThreadDelete", ended);
    });
}

#[cfg(test)]
mod tests {
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::hal::c::{HAL_ThreadCreate, HAL_ThreadDelete, HAL_ThreadDetach};

    static GO_ON: AtomicBool = AtomicBool::new(false);

    extern "C" fn end(_: *mut c_void) -> *mut c_void {
        null_mut()
    }

    extern "C" fn wait(_: *mut c_void) -> *mut c_void {
        while !GO_ON.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
        null_mut()
    }

    fn create(routine: Routine) -> *mut c_void {
        let mut handle = null_mut();
        // SAFETY: the handle is a variable, and the routines take nothing.
        let code = unsafe {
            HAL_ThreadCreate(&mut handle, Some(routine), null_mut(), null_mut(), null_mut())
        };
        assert_eq!(code, 0);
        handle
    }

    fn is_known(handle: *mut c_void) -> bool {
        lock(&THREADS).contains_key(&handle.addr())
    }

    #[test]
    fn the_handle_of_a_thread_that_has_ended_is_no_others() {
        let ended = create(end);
        // SAFETY: it is neither detached nor deleted.
        unsafe { HAL_ThreadDetach(ended) };
        let start = Instant::now();
        while is_known(ended) {
            assert!(start.elapsed() < Duration::from_secs(10), "its end was not noted");
            std::thread::yield_now();
        }
        // The system gives the id of the one that has ended to one of these.
        let others: Vec<_> = (0..8).map(|_| create(wait)).collect();
        // SAFETY: a handle may be anything.
        unsafe { HAL_ThreadDelete(ended) };
        assert!(others.iter().all(|other| *other != ended && is_known(*other)));
        GO_ON.store(true, Ordering::Relaxed);
        // SAFETY: each is neither detached nor deleted.
        others.into_iter().for_each(|other| unsafe { HAL_ThreadDelete(other) });
    }
}
