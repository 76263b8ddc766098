//! Memory, locks, threads, time, random numbers, printing.

use std::ffi::{c_char, c_int, c_longlong, c_void};

use super::types::hal_os_thread_param_t;

unsafe extern "C" {
    /// Allocates memory. Memory that crosses the interface of the library is of this kind.
    ///
    /// `size`: bytes. Returns the buffer, or NULL when there is no memory. It may be freed by the
    /// C library's `free` as well.
    pub fn HAL_Malloc(size: u32) -> *mut c_void;
    /// Frees memory of `HAL_Malloc` or of the C library's `malloc`.
    ///
    /// `ptr`: the buffer, or NULL, for which nothing is done.
    pub fn HAL_Free(ptr: *mut c_void);

    /// Creates a mutex, which is unlocked. It is not recursive.
    ///
    /// Returns a handle for the functions below, or NULL on failure.
    pub fn HAL_MutexCreate() -> *mut c_void;
    /// Destroys a mutex, which must not be locked.
    ///
    /// `mutex`: the handle, dead afterwards; NULL does nothing. What else is no mutex (any more) is
    /// logged and does nothing.
    pub fn HAL_MutexDestroy(mutex: *mut c_void);
    /// Locks a mutex, waiting for it as long as it takes.
    ///
    /// `mutex`: the handle. What is no mutex (any more) is logged and does nothing.
    pub fn HAL_MutexLock(mutex: *mut c_void);
    /// Unlocks a mutex.
    ///
    /// `mutex`: the handle. What is no mutex (any more) is logged and does nothing.
    pub fn HAL_MutexUnlock(mutex: *mut c_void);

    /// Creates a counting semaphore, which starts at 0.
    ///
    /// Returns a handle for the functions below, or NULL on failure.
    pub fn HAL_SemaphoreCreate() -> *mut c_void;
    /// Destroys a semaphore, for which no thread may be waiting.
    ///
    /// `sem`: the handle, dead afterwards; NULL does nothing. What else is no semaphore (any more) is
    /// logged and does nothing.
    pub fn HAL_SemaphoreDestroy(sem: *mut c_void);
    /// Adds one to a semaphore and wakes a thread that waits for it.
    ///
    /// `sem`: the handle. What is no semaphore (any more) is logged and does nothing. Not to be called
    /// by a signal handler.
    pub fn HAL_SemaphorePost(sem: *mut c_void);
    /// Takes one from a semaphore, waiting until there is one.
    ///
    /// `sem`: the handle; `timeout_ms`: how long to wait, `PLATFORM_WAIT_INFINITE` for ever. The
    /// wait follows a clock that never jumps. Returns 0, or -1 when the time is up or `sem` is
    /// no semaphore (any more).
    pub fn HAL_SemaphoreWait(sem: *mut c_void, timeout_ms: u32) -> c_int;

    /// Starts a thread.
    ///
    /// `thread_handle`: receives the handle; `work_routine`: runs in the thread; `arg`: its
    /// argument; `hal_os_thread_param`: how the thread is wanted, or NULL; `stack_used`: receives
    /// how much of a stack of the caller's is used, always 0 on Linux, or NULL. Returns 0, or
    /// non-zero on failure.
    pub fn HAL_ThreadCreate(
        thread_handle: *mut *mut c_void,
        work_routine: Option<extern "C" fn(*mut c_void) -> *mut c_void>,
        arg: *mut c_void,
        hal_os_thread_param: *mut hal_os_thread_param_t,
        stack_used: *mut c_int,
    ) -> c_int;
    /// Has a thread clean up after itself when it ends.
    ///
    /// `thread_handle`: of a thread that was not detached; dead afterwards. What is no thread's (any
    /// more) is logged and does nothing.
    pub fn HAL_ThreadDetach(thread_handle: *mut c_void);
    /// Ends a thread and waits for its end.
    ///
    /// `thread_handle`: of a thread that was not detached, dead afterwards; NULL ends the calling
    /// thread, which must not be in a callback of the library. Another thread ends where it waits,
    /// or when the function of the library that it is in returns. What is no thread's (any more) is
    /// logged and does nothing.
    pub fn HAL_ThreadDelete(thread_handle: *mut c_void);

    /// Sleeps.
    ///
    /// `ms`: milliseconds, at least.
    pub fn HAL_SleepMs(ms: u32);
    /// Returns the milliseconds since an arbitrary start, by a clock that never jumps.
    pub fn HAL_UptimeMs() -> u64;
    /// Writes the local time as `MM-DD HH:MM:SS.mmm` and a NUL.
    ///
    /// `buf`: receives the text; `len`: its room in bytes, at least 28. Returns `buf`, or NULL on
    /// failure.
    pub fn HAL_GetTimeStr(buf: *mut c_char, len: c_int) -> *mut c_char;
    /// Sets the time that `HAL_UTC_Get` returns, in this process only.
    ///
    /// `ms`: milliseconds since 1970.
    pub fn HAL_UTC_Set(ms: c_longlong);
    /// Returns the wall-clock time in milliseconds since 1970.
    pub fn HAL_UTC_Get() -> c_longlong;

    /// Seeds the random numbers. Does nothing on Linux, whose random numbers need no seed.
    pub fn HAL_Srandom(seed: u32);
    /// Returns a random number that cannot be guessed, below `region`; 0 when that is 0.
    pub fn HAL_Random(region: u32) -> u32;

    /// Writes to the console, as the C library's `printf` does, and flushes it.
    pub fn HAL_Printf(fmt: *const c_char, ...);
    /// Writes a text into a buffer, as the C library's `snprintf` does.
    ///
    /// `str`: receives the text and its NUL; `len`: its room in bytes. Without room, or with NULL,
    /// nothing is written. Returns the length that the whole text has, or a negative number on
    /// failure.
    pub fn HAL_Snprintf(str: *mut c_char, len: c_int, fmt: *const c_char, ...) -> c_int;
}
