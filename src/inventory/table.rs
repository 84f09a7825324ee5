//! The table behind the seats: from name to state in one cache miss.
//!
//! A look-up is all that a command does beside parsing, and with more seats
//! than the cache holds it is the dearest part of it. So an entry is 16 bytes
//! and holds a name of up to 14 bytes itself, four entries fill a cache line,
//! and a name is sought line by line from the one that its hash says. Seats
//! are never taken out, so a line with room ends the search.

/// What is known of a stored seat; never zero, which is an empty place.
pub(super) type State = u8;

/// A stored seat: its state in the lowest byte, how its name is stored in the
/// next, and the name.
type Entry = u128;

const STATE_BITS: u32 = 8;
const STATE_MASK: Entry = (1 << STATE_BITS) - 1;
const NAME_SHIFT: u32 = 16;
const INLINE_BYTES: usize = 14;
/// The name is in [`Names`]; anything less is an inline name's length and one.
const LONG: Entry = 0xff;

const LINE_ENTRIES: usize = 4;
/// The table grows when more than 13 of 16 places are taken: a search then
/// looks into 1.2 lines on average when it finds, and into 1.7 when not.
const FULL_OF_16: usize = 13;

/// A cache line of entries, the empty ones last.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Line([Entry; LINE_ENTRIES]);

/// Where an entry is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    line: usize,
    entry: usize,
}

/// Names and states. Callers give each name's hash, always the same.
#[derive(Default)]
pub(super) struct Table {
    /// A power of two of them, or none.
    lines: Vec<Line>,
    /// The hash's high bits are the number of a line.
    hash_shift: u32,
    len: usize,
    names: Names,
}

impl Table {
    /// How many names are stored.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Has the processor fetch what [`Table::find`] will look at. Unlike a
    /// read, nothing ever waits for it.
    #[inline]
    pub(super) fn fetch(&self, hash: u64) {
        if let Some(line) = self.lines.get(self.line_of(hash)) {
            #[cfg(target_arch = "x86_64")]
            safe_arch::prefetch_t0(line);
            #[cfg(not(target_arch = "x86_64"))]
            std::hint::black_box(line.0[0] as u8);
        }
    }

    /// Where a name is stored.
    pub(super) fn find(&self, hash: u64, name: &[u8]) -> Option<Place> {
        if self.lines.is_empty() {
            return None;
        }
        match pack(name) {
            Some(wanted) => self.seek(hash, |entry| entry & !STATE_MASK == wanted),
            None => self.seek(hash, |entry| {
                entry & LongName::FILTER == LongName::filter(hash, name.len())
                    && self.names.get(LongName::unpack(entry)) == name
            }),
        }
    }

    /// The state of a stored name.
    pub(super) fn state(&self, place: Place) -> State {
        self.lines[place.line].0[place.entry] as State
    }

    /// Changes the state of a stored name.
    pub(super) fn set_state(&mut self, place: Place, state: State) {
        debug_assert!(state != 0);
        let entry = &mut self.lines[place.line].0[place.entry];
        *entry = *entry & !STATE_MASK | Entry::from(state);
    }

    /// Stores a name that is not stored yet. `hash_of` says the hash of the
    /// others, should they have to move. `false`: the name is over 255 bytes
    /// long, or there is no room for more long names.
    pub(super) fn insert(
        &mut self,
        hash: u64,
        name: &[u8],
        state: State,
        hash_of: impl Fn(&[u8]) -> u64,
    ) -> bool {
        debug_assert!(state != 0);
        let Some(entry) = pack(name).or_else(|| {
            let stored = self.names.store(name)?;
            Some(stored.pack(hash))
        }) else {
            return false;
        };
        if lines_for(self.len + 1) > self.lines.len() {
            self.resize(lines_for(self.len + 1), hash_of);
        }
        self.put(hash, entry | Entry::from(state));
        self.len += 1;
        true
    }

    /// Makes room for so many more names at once.
    pub(super) fn reserve(&mut self, more: usize, hash_of: impl Fn(&[u8]) -> u64) {
        let lines = lines_for(self.len + more);
        if lines > self.lines.len() {
            self.resize(lines, hash_of);
        }
    }

    /// Shows every name and its state, until the first error.
    pub(super) fn try_for_each<E>(
        &self,
        mut each: impl FnMut(&[u8], State) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut room = [0; INLINE_BYTES];
        let entries = self.lines.iter().flat_map(|line| line.0);
        entries
            .filter(|entry| *entry != 0)
            .try_for_each(|entry| each(self.name(entry, &mut room), entry as State))
    }

    fn line_of(&self, hash: u64) -> usize {
        (hash >> self.hash_shift) as usize & self.lines.len().wrapping_sub(1)
    }

    fn seek(&self, hash: u64, is_wanted: impl Fn(Entry) -> bool) -> Option<Place> {
        let mut at = self.line_of(hash);
        loop {
            let line = &self.lines[at].0;
            // All four at once: which of them it is cannot be foretold.
            let mut found = 0u32;
            for (entry, &stored) in line.iter().enumerate() {
                found |= u32::from(is_wanted(stored)) << entry;
            }
            if found != 0 {
                let entry = found.trailing_zeros() as usize;
                return Some(Place { line: at, entry });
            }
            if line[LINE_ENTRIES - 1] == 0 {
                return None;
            }
            at = (at + 1) & (self.lines.len() - 1);
        }
    }

    /// Puts an entry into the first empty place that a search would see.
    fn put(&mut self, hash: u64, entry: Entry) {
        let mut at = self.line_of(hash);
        loop {
            if let Some(empty) = self.lines[at].0.iter_mut().find(|stored| **stored == 0) {
                *empty = entry;
                return;
            }
            at = (at + 1) & (self.lines.len() - 1);
        }
    }

    #[cold]
    fn resize(&mut self, lines: usize, hash_of: impl Fn(&[u8]) -> u64) {
        let before = std::mem::replace(&mut self.lines, vec![Line::default(); lines]);
        self.hash_shift = (64 - lines.trailing_zeros()) & 63;
        let mut name = [0; INLINE_BYTES];
        for entry in before.into_iter().flat_map(|line| line.0) {
            if entry != 0 {
                let hash = hash_of(self.name(entry, &mut name));
                self.put(hash, entry);
            }
        }
    }

    /// The name of an entry; `room` is for one that the entry itself holds.
    fn name<'a>(&'a self, entry: Entry, room: &'a mut [u8; INLINE_BYTES]) -> &'a [u8] {
        let kind = entry >> STATE_BITS & 0xff;
        if kind == LONG {
            return self.names.get(LongName::unpack(entry));
        }
        let bytes = entry.to_le_bytes();
        room.copy_from_slice(&bytes[NAME_SHIFT as usize / 8..]);
        &room[..kind as usize - 1]
    }
}

/// How many lines hold so many names: a power of two.
fn lines_for(names: usize) -> usize {
    (names * 16)
        .div_ceil(LINE_ENTRIES * FULL_OF_16)
        .next_power_of_two()
}

/// An entry without a state for a name that fits into one.
fn pack(name: &[u8]) -> Option<Entry> {
    let len = name.len();
    let word = |at: usize| Some(u64::from_le_bytes(*name.get(at..)?.first_chunk()?));
    let half = |at: usize| Some(u32::from_le_bytes(*name.get(at..)?.first_chunk()?));
    // Two loads that overlap, instead of a loop.
    let bytes: Entry = match len {
        0 => 0,
        1..=3 => {
            let byte = |at: usize| Entry::from(name[at]) << (8 * at);
            byte(0) | byte(len / 2) | byte(len - 1)
        }
        4..=7 => {
            let last = half(len - 4)?;
            Entry::from(half(0)?) | Entry::from(last) << (8 * (len - 4))
        }
        8..=INLINE_BYTES => {
            let last = word(len - 8)?;
            Entry::from(word(0)?) | Entry::from(last) << (8 * (len - 8))
        }
        _ => return None,
    };
    Some(bytes << NAME_SHIFT | (len as Entry + 1) << STATE_BITS)
}

/// Where the bytes of a name over 14 bytes are. In an entry stand besides its
/// length and some bits of its hash, so that another name is hardly ever read.
#[derive(Clone, Copy)]
struct LongName {
    chunk: u32,
    start: u32,
    len: u8,
}

impl LongName {
    const CHUNK_SHIFT: u32 = NAME_SHIFT;
    const START_SHIFT: u32 = Self::CHUNK_SHIFT + 32;
    const LEN_SHIFT: u32 = Self::START_SHIFT + 32;
    const HASH_SHIFT: u32 = Self::LEN_SHIFT + 8;
    /// What of an entry can be told from a name alone.
    const FILTER: Entry = !(STATE_MASK | 0xffff_ffff_ffff_ffff << Self::CHUNK_SHIFT);

    /// The low bits of the hash: the high ones have chosen the line.
    fn filter(hash: u64, len: usize) -> Entry {
        LONG << STATE_BITS
            | (len as Entry) << Self::LEN_SHIFT
            | Entry::from(hash) << Self::HASH_SHIFT
    }

    fn pack(self, hash: u64) -> Entry {
        Self::filter(hash, usize::from(self.len))
            | Entry::from(self.chunk) << Self::CHUNK_SHIFT
            | Entry::from(self.start) << Self::START_SHIFT
    }

    fn unpack(entry: Entry) -> Self {
        Self {
            chunk: (entry >> Self::CHUNK_SHIFT) as u32,
            start: (entry >> Self::START_SHIFT) as u32,
            len: (entry >> Self::LEN_SHIFT) as u8,
        }
    }
}

/// The bytes of long names, packed into large chunks that never move or grow,
/// so that no insert ever copies the names of the others.
#[derive(Default)]
struct Names {
    chunks: Vec<Vec<u8>>,
}

impl Names {
    const CHUNK_BYTES: usize = 256 * 1024;

    fn get(&self, name: LongName) -> &[u8] {
        let start = name.start as usize;
        &self.chunks[name.chunk as usize][start..start + usize::from(name.len)]
    }

    /// Stores `name`; `None` if it is too long, or there are too many.
    fn store(&mut self, name: &[u8]) -> Option<LongName> {
        let len = u8::try_from(name.len()).ok()?;
        let full = self
            .chunks
            .last()
            .is_none_or(|chunk| chunk.len() + name.len() > Self::CHUNK_BYTES);
        if full {
            u32::try_from(self.chunks.len()).ok()?;
            self.chunks.push(Vec::with_capacity(Self::CHUNK_BYTES));
        }
        let index = self.chunks.len() - 1;
        let chunk = &mut self.chunks[index];
        let start = chunk.len() as u32;
        chunk.extend_from_slice(name);
        Some(LongName {
            chunk: index as u32,
            start,
            len,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_of_entries_is_a_cache_line() {
        assert_eq!((size_of::<Line>(), align_of::<Line>()), (64, 64));
    }

    #[test]
    fn short_names_of_every_length_are_told_apart_and_come_back() {
        let table = Table::default();
        let text = b"ABCDEFGHIJKLMNO";
        for len in 0..=INLINE_BYTES {
            let entry = pack(&text[..len]).expect("it fits");
            assert_eq!(table.name(entry, &mut [0; 14]), &text[..len]);
            for other in 0..len {
                assert_ne!(pack(&text[..other]), Some(entry));
            }
        }
        assert_eq!(pack(text), None);
    }

    /// A hash that fills lines unevenly, so that searches go on and wrap.
    fn bad_hash(name: &[u8]) -> u64 {
        ahash::RandomState::with_seeds(1, 2, 3, 4).hash_one(name) | 0x7fff << 48
    }

    proptest! {
        #[test]
        fn it_holds_what_a_map_holds(
            names in prop::collection::vec("[A-B]{0,3}|[A-C]{12,17}", 0..300),
        ) {
            let mut table = Table::default();
            let mut map = HashMap::new();
            for (number, name) in names.iter().enumerate() {
                let name = name.as_bytes();
                let hash = bad_hash(name);
                table.fetch(hash);
                let state = (number % 200 + 1) as State;
                match table.find(hash, name) {
                    Some(place) => {
                        prop_assert_eq!(Some(&table.state(place)), map.get(name));
                        table.set_state(place, state);
                    }
                    None => prop_assert!(table.insert(hash, name, state, bad_hash)),
                }
                map.insert(name.to_vec(), state);
                prop_assert_eq!(table.len(), map.len());
            }
            for (name, state) in map {
                let place = table.find(bad_hash(&name), &name);
                prop_assert_eq!(place.map(|place| table.state(place)), Some(state));
            }
        }
    }
}
