//! What may be there after a start, as plainly as it can be said.

use std::collections::BTreeMap;

use ringside::inventory::Seats;
use ringside::journal::SeatState;

/// Seats, and whether they are sold.
type Sold = BTreeMap<Vec<u8>, bool>;

/// The shard that owns a seat.
pub(crate) fn route(shards: u16, name: &[u8]) -> usize {
    let sum: usize = name
        .iter()
        .rev()
        .take(4)
        .map(|&byte| usize::from(byte))
        .sum();
    sum % usize::from(shards)
}

#[derive(Default)]
pub(crate) struct Model {
    /// By the number of shards that was served last.
    streams: Vec<Stream>,
}

#[derive(Default)]
struct Stream {
    acknowledged: Sold,
    /// Changes of frames that nobody was told of, with the frame's number.
    waiting: Vec<(u64, Vec<u8>, SeatState)>,
}

impl Model {
    pub(crate) fn appended(&mut self, stream: usize, name: &[u8], state: SeatState, frame: u64) {
        let waiting = &mut self.streams[stream].waiting;
        waiting.push((frame, name.to_vec(), state));
    }

    pub(crate) fn durable(&mut self, stream: usize, frame: u64) {
        let stream = &mut self.streams[stream];
        let still = stream.waiting.split_off(
            stream
                .waiting
                .partition_point(|&(number, ..)| number <= frame),
        );
        for (_, name, state) in std::mem::replace(&mut stream.waiting, still) {
            stream.acknowledged.insert(name, state == SeatState::Sold);
        }
    }

    /// Checks what a start has found, takes it for the truth from now on, and
    /// says in how many streams a frame was found that nobody was told of.
    pub(crate) fn settle<'s>(&mut self, all: impl Iterator<Item = &'s Seats>, shards: u16) -> u64 {
        let mut found = Sold::new();
        for (number, seats) in all.enumerate() {
            seats
                .try_for_each(|name, sold| {
                    assert_eq!(route(shards, name), number, "in a foreign stream");
                    let before = found.insert(name.to_vec(), sold);
                    assert_eq!(before, None, "a seat in two streams");
                    Ok::<(), ()>(())
                })
                .unwrap();
        }
        let streams = std::mem::take(&mut self.streams);
        let before = streams.len() as u16;
        let mut unacknowledged = 0;
        for (number, stream) in streams.into_iter().enumerate() {
            let part: Sold = found
                .iter()
                .filter(|(name, _)| route(before, name) == number)
                .map(|(name, &sold)| (name.clone(), sold))
                .collect();
            if part == stream.acknowledged {
                continue;
            }
            // At most one frame was under way: the first that waits.
            let mut with_frame = stream.acknowledged.clone();
            let under_way = stream.waiting.first().map(|&(frame, ..)| frame);
            for (frame, name, state) in &stream.waiting {
                if Some(*frame) == under_way {
                    with_frame.insert(name.clone(), *state == SeatState::Sold);
                }
            }
            assert!(
                part == with_frame,
                "stream {number} of {before}: found {part:?},\nacknowledged {:?},\nwaiting {:?}",
                stream.acknowledged,
                stream.waiting
            );
            unacknowledged += 1;
        }
        if before == 0 {
            assert_eq!(found, Sold::new());
        }
        self.streams = (0..usize::from(shards))
            .map(|number| Stream {
                acknowledged: found
                    .iter()
                    .filter(|(name, _)| route(shards, name) == number)
                    .map(|(name, &sold)| (name.clone(), sold))
                    .collect(),
                waiting: Vec::new(),
            })
            .collect();
        unacknowledged
    }
}
