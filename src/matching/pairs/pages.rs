//! The memory of a table: zeroed, its own, and there before it is used.

use std::alloc::{Layout, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::{NonNull, null_mut};

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

/// A slot: a key and a value.
pub(super) type Slot = [u64; 2];

/// What the processor maps as one on x86-64, and on most others.
const LARGE_PAGE: usize = 2 << 20;

/// A table of slots in a mapping of its own, which the kernel gets back with
/// the table: an allocator would keep it, or split its large pages.
///
/// Touched one by one, pages of 4 KiB cost up to 2 µs each on a virtual
/// machine, and twice that where a slot is read before it is written: 8 ms of
/// a million events. So a table is aligned to large pages, of which 8 MiB are
/// four and not two thousand, and the kernel is asked for all of it at once.
pub(super) struct Table {
    start: NonNull<Slot>,
    slots: usize,
}

impl Table {
    /// A table without slots, which takes no memory.
    pub(super) const fn empty() -> Self {
        Self {
            start: NonNull::dangling(),
            slots: 0,
        }
    }

    /// A table of `slots` slots, a power of two, all zero.
    ///
    /// If there is no memory it ends the process, as every allocation does.
    pub(super) fn zeroed(slots: usize) -> Self {
        let bytes = slots * size_of::<Slot>();
        let is_large = bytes >= LARGE_PAGE;
        let spare = if is_large { LARGE_PAGE } else { 0 };
        let Some(mapped) = map(bytes + spare) else {
            handle_alloc_error(Layout::new::<Slot>());
        };
        // As far as the first large page begins, and behind the last.
        let before = if is_large {
            mapped.align_offset(LARGE_PAGE)
        } else {
            0
        };
        let start = mapped.wrapping_add(before);
        // SAFETY: two ends of the mapping, in whole pages, which nobody uses.
        #[allow(unsafe_code, reason = "memory of its own")]
        unsafe {
            unmap(mapped, before);
            unmap(start.wrapping_add(bytes), spare - before);
        }
        let Some(start) = NonNull::new(start.cast()) else {
            handle_alloc_error(Layout::new::<Slot>());
        };
        let table = Self { start, slots };
        if is_large {
            table.ask(Advice::LinuxHugepage);
        }
        table.ask(Advice::LinuxPopulateWrite);
        table
    }

    /// Asks a favour of the kernel. One that cannot do it does without, and
    /// hands out the pages one by one, when they are touched.
    fn ask(&self, favour: Advice) {
        let start = self.start.as_ptr().cast();
        // SAFETY: a live mapping. What is asked for, see above, changes no byte
        // and no right to access one.
        #[allow(unsafe_code, reason = "there is no safe way to ask")]
        let _ = unsafe { madvise(start, size_of_val(&**self), favour) };
    }
}

impl Deref for Table {
    type Target = [Slot];

    #[inline]
    fn deref(&self) -> &[Slot] {
        // SAFETY: a live mapping of so many slots, page-aligned, zeroed by the
        // kernel, and nobody else's; or dangling, with none.
        #[allow(unsafe_code, reason = "memory of its own")]
        unsafe {
            std::slice::from_raw_parts(self.start.as_ptr(), self.slots)
        }
    }
}

impl DerefMut for Table {
    #[inline]
    fn deref_mut(&mut self) -> &mut [Slot] {
        // SAFETY: as above, and borrowed mutably.
        #[allow(unsafe_code, reason = "memory of its own")]
        unsafe {
            std::slice::from_raw_parts_mut(self.start.as_ptr(), self.slots)
        }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        let bytes = size_of_val(&**self);
        // SAFETY: its own mapping, or nothing, and the last use of it.
        #[allow(unsafe_code, reason = "memory of its own")]
        unsafe {
            unmap(self.start.as_ptr().cast(), bytes);
        }
    }
}

/// A new mapping of `bytes` bytes; `None` if there is no memory.
fn map(bytes: usize) -> Option<*mut u8> {
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new private mapping at an address of the kernel's choice
    // touches no memory that Rust knows of.
    #[allow(unsafe_code, reason = "memory of its own")]
    let mapped = unsafe { mmap_anonymous(null_mut(), bytes, access, MapFlags::PRIVATE) };
    mapped.ok().map(<*mut _>::cast)
}

/// Gives back what [`map`] gave, or a part of it. A failure leaves it mapped:
/// harmless.
///
/// # Safety
/// Whole pages, to which no reference is left.
#[allow(unsafe_code, reason = "memory of its own")]
unsafe fn unmap(start: *mut u8, bytes: usize) {
    if bytes > 0 {
        // SAFETY: by this function's own contract.
        let _ = unsafe { munmap(start.cast(), bytes) };
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    use super::*;

    /// How many of a table's pages have memory.
    fn present(table: &Table) -> std::io::Result<usize> {
        let page = rustix::param::page_size();
        let map = File::open("/proc/self/pagemap")?;
        let first = table.as_ptr() as usize / page;
        let mut present = 0;
        for place in first..first + size_of_val(&**table) / page {
            let mut entry = [0; 8];
            map.read_exact_at(&mut entry, place as u64 * 8)?;
            present += usize::from(u64::from_ne_bytes(entry) >> 63 == 1);
        }
        Ok(present)
    }

    #[test]
    fn a_table_is_empty_and_all_of_it_there() {
        for slots in [1 << 12, 1 << 16, 1 << 17, 1 << 19] {
            let mut table = Table::zeroed(slots);
            assert_eq!(table.len(), slots);
            let bytes = size_of_val(&*table);
            match present(&table) {
                Ok(present) => assert_eq!(present, bytes / rustix::param::page_size()),
                Err(error) => eprintln!("skipped: /proc/self/pagemap: {error}"),
            }
            if bytes >= LARGE_PAGE {
                assert_eq!(table.as_ptr() as usize % LARGE_PAGE, 0);
            }
            assert!(table.iter().all(|slot| *slot == [0; 2]));
            for (place, slot) in table.iter_mut().enumerate() {
                *slot = [place as u64, 1];
            }
            assert!((0..).zip(&*table).all(|(place, slot)| slot[0] == place));
        }
        assert!(Table::empty().is_empty());
    }
}
