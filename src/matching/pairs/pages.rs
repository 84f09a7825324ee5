//! Large tables in large pages.

use rustix::mm::{Advice, madvise};

/// From this size on, in bytes, asking the kernel pays.
const LARGE: usize = 2 << 20;
const PAGE: usize = 4096;

/// A table of empty slots.
///
/// Handing out memory in pages of 4 KiB costs the kernel up to 1.6 µs each, and
/// twice that where a slot is read before it is written: 9 ms of a million
/// events, most of them at once, when the table grows.
pub(super) fn zeroed(slots: usize) -> Vec<[u64; 2]> {
    let table = vec![[0; 2]; slots];
    let bytes = size_of_val(table.as_slice());
    if bytes < LARGE {
        return table;
    }
    // From the start of the page: what else is on it is the allocator's.
    let before = table.as_ptr() as usize % PAGE;
    let start = table.as_ptr().cast::<u8>().wrapping_sub(before);
    // SAFETY: advice changes no byte and no right to access one. Memory
    // that is not mapped, which this is not, would be refused.
    #[allow(unsafe_code, reason = "there is no safe way to ask")]
    let advised = unsafe {
        madvise(
            start.cast_mut().cast(),
            before + bytes,
            Advice::LinuxHugepage,
        )
    };
    // A kernel without large pages has none to give.
    let _ = advised;
    table
}
