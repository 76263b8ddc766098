//! By which value a function says that it failed: its return type knows.

/// A type that C functions return.
pub(crate) trait Failure {
    /// What stands for failure, and for a panic.
    const FAILURE: Self;
}

impl Failure for () {
    const FAILURE: Self = ();
}

macro_rules! failure {
    ($($number:ty),* = $failure:literal) => {
        $(impl Failure for $number {
            const FAILURE: Self = $failure;
        })*
    };
}
// Result codes, places in a file, sockets.
failure!(i32, i64, isize = -1);
// Counts, times, handles of connections.
failure!(u32, u64, usize = 0);

impl<T> Failure for *mut T {
    const FAILURE: Self = std::ptr::null_mut();
}

impl<T> Failure for *const T {
    const FAILURE: Self = std::ptr::null();
}
