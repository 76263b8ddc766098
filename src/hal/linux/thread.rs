//! Threads, for C functions and for the library's own work.

use std::ffi::{CStr, CString, c_void};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::sync::os_result;

/// What a thread runs, and what `pthread_create` takes.
pub(crate) type Routine = extern "C" fn(*mut c_void) -> *mut c_void;

/// The smallest stack, in bytes. Firmware asks for what its function needs on a microcontroller, a
/// few kilobytes; the C library of Linux, TLS and this library need more. It is address space
/// only: memory is used as the stack grows.
const STACK_MIN: usize = 256 * 1024;

/// The stack for work of the library, in bytes.
const STACK_OWN: usize = 2 * 1024 * 1024;

/// The longest name that Linux gives a thread, in bytes without the NUL.
const NAME_MAX: usize = 15;

/// How a thread is wanted.
#[derive(Default)]
pub(crate) struct ThreadOptions<'a> {
    /// Bytes of stack, 0 for the system's default.
    pub(crate) stack_size: usize,
    /// Nobody will wait for it.
    pub(crate) detached: bool,
    /// A name for debuggers, cut after 15 bytes.
    pub(crate) name: Option<&'a CStr>,
}

/// Starts `routine(arg)` in a thread of its own.
///
/// The thread runs no frame of Rust below `routine`, so that it can be ended at any time.
///
/// # Safety
/// `routine` may be called with `arg` in another thread.
pub(crate) unsafe fn create(
    routine: Routine,
    arg: *mut c_void,
    options: &ThreadOptions<'_>,
) -> io::Result<libc::pthread_t> {
    let mut attributes = Attributes::new()?;
    if options.stack_size != 0 {
        attributes.set_stack_size(options.stack_size.max(STACK_MIN))?;
    }
    let mut thread = std::mem::MaybeUninit::<libc::pthread_t>::uninit();
    // SAFETY: the attributes are initialised; the caller promises for the routine.
    os_result(unsafe { libc::pthread_create(thread.as_mut_ptr(), &attributes.0, routine, arg) })?;
    // SAFETY: pthread_create succeeded and so has written it.
    let thread = unsafe { thread.assume_init() };
    if let Some(name) = options.name {
        set_name(thread, name);
    }
    if options.detached {
        // SAFETY: the thread was created just now and is neither detached nor joined yet.
        os_result(unsafe { libc::pthread_detach(thread) })?;
    }
    Ok(thread)
}

/// Lets a thread clean up after itself when it ends.
///
/// # Safety
/// The thread was made by [`create`] and is neither detached nor joined.
pub(crate) unsafe fn detach(thread: libc::pthread_t) -> io::Result<()> {
    // SAFETY: as the caller promises.
    os_result(unsafe { libc::pthread_detach(thread) })
}

/// Ends a thread at its next cancellation point.
///
/// # Safety
/// The thread was made by [`create`]; it runs, or is neither detached nor joined.
pub(crate) unsafe fn cancel(thread: libc::pthread_t) -> io::Result<()> {
    // SAFETY: as the caller promises. A thread that has already ended ignores it.
    os_result(unsafe { libc::pthread_cancel(thread) })
}

/// Ends a thread at its next cancellation point and waits for its end.
///
/// # Safety
/// As [`detach`]; and the thread is not the calling one.
pub(crate) unsafe fn delete(thread: libc::pthread_t) -> io::Result<()> {
    // SAFETY: as the caller promises. One that has already ended is waited for all the same.
    let _ = unsafe { cancel(thread) };
    // SAFETY: as the caller promises.
    os_result(unsafe { libc::pthread_join(thread, std::ptr::null_mut()) })
}

type Work = Box<dyn FnOnce() + Send>;

/// Does `work` in a thread that nobody waits for.
///
/// A thread of the standard library would need `dlsym`. Before its release 2.34 glibc has that in
/// libdl, which the C SDK's link line does not name.
pub(crate) fn spawn(name: &CStr, work: Work) -> io::Result<()> {
    let options = ThreadOptions { stack_size: STACK_OWN, detached: false, name: Some(name) };
    let arg = Box::into_raw(Box::new(work));
    // SAFETY: the routine takes the work, which is given up to it.
    match unsafe { create(do_work, arg.cast(), &options) } {
        // SAFETY: the thread was made just now.
        Ok(thread) => unsafe { detach(thread) },
        Err(cause) => {
            // SAFETY: no thread was made that could have taken it.
            drop(unsafe { Box::from_raw(arg) });
            Err(cause)
        }
    }
}

extern "C" fn do_work(arg: *mut c_void) -> *mut c_void {
    // SAFETY: spawn gives up the work to this thread alone.
    let work = unsafe { Box::from_raw(arg.cast::<Work>()) };
    // The panic's message has been printed; there is nobody else to tell.
    let _ = catch_unwind(AssertUnwindSafe(work));
    std::ptr::null_mut()
}

fn set_name(thread: libc::pthread_t, name: &CStr) {
    let bytes = name.to_bytes();
    let cut = bytes.get(..NAME_MAX).unwrap_or(bytes);
    if let Ok(name) = CString::new(cut) {
        // SAFETY: the thread is not joined yet and the name is NUL-terminated. A name is for
        // debuggers: that it could not be set harms nothing.
        unsafe { libc::pthread_setname_np(thread, name.as_ptr()) };
    }
}

struct Attributes(libc::pthread_attr_t);

impl Attributes {
    fn new() -> io::Result<Self> {
        let mut attributes = std::mem::MaybeUninit::uninit();
        // SAFETY: the pointer is to memory of the right type.
        os_result(unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: pthread_attr_init succeeded.
        Ok(Attributes(unsafe { attributes.assume_init() }))
    }

    fn set_stack_size(&mut self, size: usize) -> io::Result<()> {
        const PAGE: usize = 4096;
        let whole_pages = size.checked_next_multiple_of(PAGE).unwrap_or(size);
        // SAFETY: the attributes are initialised.
        os_result(unsafe { libc::pthread_attr_setstacksize(&mut self.0, whole_pages) })
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: the attributes are initialised and not used afterwards.
        unsafe { libc::pthread_attr_destroy(&mut self.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hal::linux::sync::Semaphore;

    extern "C" fn post(arg: *mut c_void) -> *mut c_void {
        // SAFETY: the tests pass a semaphore that outlives the thread.
        unsafe { &*arg.cast::<Semaphore>() }.post();
        arg
    }

    extern "C" fn sleep_for_ever(_: *mut c_void) -> *mut c_void {
        loop {
            // SAFETY: plain system call, and a cancellation point.
            unsafe { libc::pause() };
        }
    }

    fn start(options: &ThreadOptions<'_>) -> (libc::pthread_t, &'static Semaphore) {
        let done: &'static Semaphore = Box::leak(Box::default());
        let arg = std::ptr::from_ref(done).cast_mut().cast();
        // SAFETY: the routine takes a semaphore, which lives for ever.
        (unsafe { create(post, arg, options) }.unwrap(), done)
    }

    #[test]
    fn a_thread_runs_and_is_detached() {
        let (thread, done) = start(&ThreadOptions::default());
        assert!(done.wait(None));
        // SAFETY: it is neither detached nor joined.
        unsafe { detach(thread) }.unwrap();
    }

    #[test]
    fn a_thread_with_wishes_runs() {
        let options = ThreadOptions {
            stack_size: 4097,
            detached: true,
            name: Some(c"a name that is longer than Linux takes"),
        };
        assert!(start(&options).1.wait(None));
    }

    #[test]
    fn work_is_done_even_if_it_panics() {
        let (tell, told) = std::sync::mpsc::channel();
        let panics = move || {
            tell.send(std::thread::current().id()).unwrap();
            panic!("as the test wants it");
        };
        spawn(c"worker", Box::new(panics)).unwrap();
        assert_ne!(told.recv().unwrap(), std::thread::current().id());
        // The sender is dropped as the work unwinds.
        assert!(told.recv().is_err());
    }

    #[test]
    fn too_large_a_stack_is_an_error() {
        let options = ThreadOptions { stack_size: usize::MAX / 2, ..ThreadOptions::default() };
        // SAFETY: the routine takes no argument.
        assert!(unsafe { create(sleep_for_ever, std::ptr::null_mut(), &options) }.is_err());
    }

    #[test]
    fn a_sleeping_thread_is_deleted() {
        // SAFETY: the routine takes no argument.
        let thread =
            unsafe { create(sleep_for_ever, std::ptr::null_mut(), &ThreadOptions::default()) }
                .unwrap();
        // SAFETY: it is neither detached nor joined, and not this thread.
        unsafe { delete(thread) }.unwrap();
    }
}
