//! Counts what the library allocates, for `IOT_DumpMemoryStats`, and wipes what it frees.
//!
//! A secret passes through buffers that are not the library's own: what rustls decrypts, what a
//! parser sets aside, what a vector leaves behind when it grows. Wiping each when it is freed
//! leaves none of them in the process's memory. Out of reach are the firmware's own copies, such
//! as the one that `HAL_SetDeviceSecret` gets, and those of the kernel: sockets, files, swap.
//!
//! The library takes its memory from the C library's allocator, not from `HAL_Malloc`: a firmware
//! may give out memory there that is not aligned for every Rust type. `HAL_Malloc` serves what
//! crosses the C interface.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Wiping = Wiping;

static COUNTERS: Counters = Counters {
    total: AtomicUsize::new(0),
    freed: AtomicUsize::new(0),
    peak: AtomicUsize::new(0),
    largest: AtomicUsize::new(0),
    allocations: AtomicUsize::new(0),
    frees: AtomicUsize::new(0),
};

struct Counters {
    total: AtomicUsize,
    freed: AtomicUsize,
    peak: AtomicUsize,
    largest: AtomicUsize,
    allocations: AtomicUsize,
    frees: AtomicUsize,
}

impl Counters {
    fn allocated(&self, size: usize) {
        let total = self.total.fetch_add(size, Relaxed).wrapping_add(size);
        raise(&self.peak, total.wrapping_sub(self.freed.load(Relaxed)));
        raise(&self.largest, size);
        self.allocations.fetch_add(1, Relaxed);
    }

    fn released(&self, size: usize) {
        self.freed.fetch_add(size, Relaxed);
        self.frees.fetch_add(1, Relaxed);
    }
}

/// Raises a mark that is mostly higher already: looking is cheaper than writing.
fn raise(mark: &AtomicUsize, value: usize) {
    if value > mark.load(Relaxed) {
        mark.fetch_max(value, Relaxed);
    }
}

/// The library's use of memory. Read while other threads allocate, the figures may be apart by
/// what those threads do at the moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Bytes allocated since the start.
    pub(crate) total: usize,
    /// Bytes freed since the start.
    pub(crate) freed: usize,
    /// The most bytes that were in use at once.
    pub(crate) peak: usize,
    /// The largest single allocation, in bytes.
    pub(crate) largest: usize,
    /// Allocations since the start.
    pub(crate) allocations: usize,
    /// Frees since the start.
    pub(crate) frees: usize,
}

pub(crate) fn usage() -> Usage {
    Usage {
        total: COUNTERS.total.load(Relaxed),
        freed: COUNTERS.freed.load(Relaxed),
        peak: COUNTERS.peak.load(Relaxed),
        largest: COUNTERS.largest.load(Relaxed),
        allocations: COUNTERS.allocations.load(Relaxed),
        frees: COUNTERS.frees.load(Relaxed),
    }
}

struct Wiping;

// SAFETY: every block is one of the system's allocator, with the layout asked for. A block that is
// resized is a new one, by the trait's own `realloc`: the system's could move it and leave a copy.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        let memory = unsafe { System.alloc(layout) };
        if !memory.is_null() {
            COUNTERS.allocated(layout.size());
        }
        memory
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        let memory = unsafe { System.alloc_zeroed(layout) };
        if !memory.is_null() {
            COUNTERS.allocated(layout.size());
        }
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        COUNTERS.released(layout.size());
        // SAFETY: the caller gives up a block of this size. A plain write before the end of a
        // block would be optimised away.
        unsafe { libc::explicit_bzero(memory.cast(), layout.size()) };
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allocation_is_counted_and_so_is_its_end() {
        let before = usage();
        let memory = std::hint::black_box(vec![0_u8; 1 << 20]);
        let during = usage();
        assert!(during.total >= before.total + (1 << 20));
        assert!(during.peak >= 1 << 20);
        assert!(during.largest >= 1 << 20);
        assert!(during.allocations > before.allocations);
        drop(memory);
        let after = usage();
        assert!(after.freed >= before.freed + (1 << 20));
        assert!(after.frees > before.frees);
    }
}
