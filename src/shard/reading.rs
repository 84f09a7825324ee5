//! What a counter may be: a number, a table of numbers, a histogram. Each is
//! plain on the shard that writes it, and atomic where others read it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Something that a shard counts.
pub trait Reading: Clone + Default {
    /// Its published copy. One shard writes it, anyone reads it.
    type Shared: Default;

    /// The sum of two shards' readings.
    #[must_use]
    fn plus(&self, other: &Self) -> Self;

    /// Publishes it. Plain stores: one writer, no ordering needed.
    fn publish(&self, to: &Self::Shared);

    /// The latest that was published.
    fn read(from: &Self::Shared) -> Self;
}

impl Reading for u64 {
    type Shared = AtomicU64;

    fn plus(&self, other: &Self) -> Self {
        self.saturating_add(*other)
    }

    fn publish(&self, to: &AtomicU64) {
        to.store(*self, Ordering::Relaxed);
    }

    fn read(from: &AtomicU64) -> Self {
        from.load(Ordering::Relaxed)
    }
}

/// Numbers in rows and columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<const ROWS: usize, const COLUMNS: usize>([[u64; COLUMNS]; ROWS]);

impl<const ROWS: usize, const COLUMNS: usize> Table<ROWS, COLUMNS> {
    /// Counts one more.
    ///
    /// # Panics
    /// If there is no such row or column.
    pub fn add(&mut self, row: usize, column: usize) {
        self.0[row][column] += 1;
    }

    /// How many there were.
    ///
    /// # Panics
    /// If there is no such row or column.
    pub fn get(&self, row: usize, column: usize) -> u64 {
        self.0[row][column]
    }

    /// How many there were in all.
    pub fn sum(&self) -> u64 {
        self.0.iter().flatten().sum()
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Default for Table<ROWS, COLUMNS> {
    fn default() -> Self {
        Self([[0; COLUMNS]; ROWS])
    }
}

/// The published copy of a [`Table`].
#[derive(Debug)]
pub struct SharedTable<const ROWS: usize, const COLUMNS: usize>([[AtomicU64; COLUMNS]; ROWS]);

impl<const ROWS: usize, const COLUMNS: usize> Default for SharedTable<ROWS, COLUMNS> {
    fn default() -> Self {
        Self([const { [const { AtomicU64::new(0) }; COLUMNS] }; ROWS])
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Reading for Table<ROWS, COLUMNS> {
    type Shared = SharedTable<ROWS, COLUMNS>;

    fn plus(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        for (mine, theirs) in sum.0.iter_mut().flatten().zip(other.0.iter().flatten()) {
            *mine = mine.plus(theirs);
        }
        sum
    }

    fn publish(&self, to: &Self::Shared) {
        for (mine, shared) in self.0.iter().flatten().zip(to.0.iter().flatten()) {
            mine.publish(shared);
        }
    }

    fn read(from: &Self::Shared) -> Self {
        let mut read = Self::default();
        for (mine, shared) in read.0.iter_mut().flatten().zip(from.0.iter().flatten()) {
            *mine = u64::read(shared);
        }
        read
    }
}

/// How often something took how long, in buckets that double from 25 µs to
/// 3.3 s.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    buckets: Table<1, { Histogram::BUCKETS }>,
    sum_micros: u64,
}

/// The published copy of a [`Histogram`].
#[derive(Debug, Default)]
pub struct SharedHistogram {
    buckets: SharedTable<1, { Histogram::BUCKETS }>,
    sum_micros: AtomicU64,
}

impl Histogram {
    const FIRST_MICROS: u64 = 25;

    /// Buckets with a bound, and one for what took longer.
    pub const BUCKETS: usize = 19;

    /// The upper bounds of all buckets but the last, in seconds.
    pub fn bounds() -> impl Iterator<Item = f64> {
        (0..Self::BUCKETS - 1).map(|bucket| (Self::FIRST_MICROS << bucket) as f64 / 1e6)
    }

    /// Counts something that took so long.
    pub fn add(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = micros
            .div_ceil(Self::FIRST_MICROS)
            .max(1)
            .checked_next_power_of_two()
            .map_or(u32::MAX, u64::trailing_zeros);
        self.buckets
            .add(0, (bucket as usize).min(Self::BUCKETS - 1));
        self.sum_micros = self.sum_micros.saturating_add(micros);
    }

    /// How often it was in each bucket, not summed up.
    pub fn counts(&self) -> impl Iterator<Item = u64> {
        (0..Self::BUCKETS).map(|bucket| self.buckets.get(0, bucket))
    }

    /// How often, in all.
    pub fn count(&self) -> u64 {
        self.buckets.sum()
    }

    /// How long, in all, in seconds.
    pub fn sum(&self) -> f64 {
        self.sum_micros as f64 / 1e6
    }
}

impl Reading for Histogram {
    type Shared = SharedHistogram;

    fn plus(&self, other: &Self) -> Self {
        Self {
            buckets: self.buckets.plus(&other.buckets),
            sum_micros: self.sum_micros.plus(&other.sum_micros),
        }
    }

    fn publish(&self, to: &SharedHistogram) {
        self.buckets.publish(&to.buckets);
        self.sum_micros.publish(&to.sum_micros);
    }

    fn read(from: &SharedHistogram) -> Self {
        Self {
            buckets: Reading::read(&from.buckets),
            sum_micros: Reading::read(&from.sum_micros),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_just_so_long_is_in_the_bucket_of_that_bound() {
        for (bucket, bound) in Histogram::bounds().enumerate() {
            let mut histogram = Histogram::default();
            let bound = Duration::from_secs_f64(bound);
            histogram.add(bound);
            histogram.add(bound + Duration::from_micros(1));
            let counts: Vec<u64> = histogram.counts().collect();
            assert_eq!((counts[bucket], counts[bucket + 1]), (1, 1), "{bound:?}");
        }
        let mut histogram = Histogram::default();
        histogram.add(Duration::ZERO);
        histogram.add(Duration::MAX);
        assert_eq!(histogram.counts().next(), Some(1));
        assert_eq!(histogram.counts().last(), Some(1));
        assert_eq!(histogram.count(), 2);
    }

    #[test]
    fn what_is_published_is_read_and_sums_up() {
        let mut table = Table::<2, 3>::default();
        table.add(1, 2);
        let shared = SharedTable::default();
        table.publish(&shared);
        assert_eq!(Table::read(&shared), table);
        assert_eq!(table.plus(&table).get(1, 2), 2);

        let mut histogram = Histogram::default();
        histogram.add(Duration::from_secs(2));
        let shared = SharedHistogram::default();
        histogram.publish(&shared);
        let read = Histogram::read(&shared).plus(&histogram);
        assert_eq!(read.count(), 2);
        assert!((read.sum() - 4.0).abs() < 1e-9);
    }
}
