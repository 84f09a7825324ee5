//! All bytes that the source sends, and where in them what ends.

use super::{likes::Like, noise::Noise};

/// The first line.
const BEGIN: &[u8] = b"EVENT BEGIN\n";
/// The last line.
const END: &[u8] = b"EVENT END\n";
/// About the length of an event's line.
const LINE: usize = 32;

/// What the source sends.
#[derive(Debug)]
pub(crate) struct Script {
    /// Every byte, from the first line to the last.
    pub bytes: Vec<u8>,
    /// By event in sequence order: where its line ends in `bytes`.
    ends: Vec<usize>,
}

impl Script {
    /// Writes `likes` in `order`, with `noise` before each but the first.
    pub(crate) fn new(likes: &[Like], order: &[u32], noise: &mut Noise) -> Self {
        let mut bytes = Vec::with_capacity(BEGIN.len() + likes.len() * LINE + END.len());
        let mut ends = vec![0; likes.len()];
        bytes.extend_from_slice(BEGIN);
        for (place, &number) in order.iter().enumerate() {
            let like = &likes[number as usize];
            noise.write(&order[..place], like, likes, &mut bytes);
            like.write(&mut bytes);
            ends[number as usize] = bytes.len();
        }
        bytes.extend_from_slice(END);
        Self { bytes, ends }
    }

    /// For each of the sequence numbers `wanted`, ascending: how many bytes a
    /// server must have seen to know all events up to it. Behind the first hole
    /// in `likes` that is everything, for only the last line says that nothing
    /// will fill it.
    pub(crate) fn needed(&self, likes: &[Like], wanted: &[u32]) -> Vec<usize> {
        let mut needed = Vec::with_capacity(wanted.len());
        let mut wanted = wanted.iter().peekable();
        let mut reached = 0;
        for ((like, &end), unbroken) in likes.iter().zip(&self.ends).zip(1..) {
            reached = if like.seq == unbroken {
                end.max(reached)
            } else {
                self.bytes.len()
            };
            if wanted.next_if(|&&seq| seq == like.seq).is_some() {
                needed.push(reached);
            }
        }
        needed
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{likes, shuffle::Shuffle},
        *,
    };
    use proptest::prelude::*;

    #[test]
    fn needed_bytes_end_with_the_last_line_of_the_prefix() {
        let line = |script: &Script, n: usize| {
            let newline = memchr::memchr_iter(b'\n', &script.bytes).nth(n);
            newline.unwrap() + 1
        };
        let mut likes = likes::draw(4, 9, 0, 1);
        let script = Script::new(&likes, &[1, 3, 0, 2], &mut Noise::new(0, 9, 0));
        // Event 1 is sent third, behind 2; event 3 last, behind 4.
        let [third, fourth] = [line(&script, 3), line(&script, 4)];
        let needed = script.needed(&likes, &[1, 2, 3, 4]);
        assert_eq!(needed, [third, third, fourth, fourth]);
        assert_eq!(script.needed(&likes, &[2, 4]), [third, fourth]);

        likes.remove(2);
        let script = Script::new(&likes, &[0, 1, 2], &mut Noise::new(0, 9, 0));
        let needed = script.needed(&likes, &[2, 4]);
        assert_eq!(needed, [line(&script, 2), script.bytes.len()]);
    }

    proptest! {
        #[test]
        fn the_first_event_of_each_number_is_the_planned_one(
            events in 1_u32..300,
            noise in 0_u32..1_000_000,
            seed: u64,
        ) {
            let likes = likes::draw(events, 5, 0, seed);
            let order = Shuffle::Full.order(events, seed);
            let mut noise = Noise::new(noise, 5, seed);
            let script = Script::new(&likes, &order, &mut noise);
            let inner = script.bytes.strip_prefix(BEGIN).unwrap().strip_suffix(END).unwrap();
            let mut found = vec![None; likes.len()];
            let (mut malformed, mut duplicates) = (0, 0);
            for line in inner.split_inclusive(|&byte| byte == b'\n') {
                match Like::parse(line.strip_suffix(b"\n").unwrap()) {
                    None => malformed += 1,
                    Some(like) if found[like.seq as usize - 1].is_some() => duplicates += 1,
                    Some(like) => found[like.seq as usize - 1] = Some(like),
                }
            }
            prop_assert!(found.into_iter().flatten().eq(likes));
            prop_assert_eq!((malformed, duplicates), (noise.malformed, noise.duplicates));
        }

        #[test]
        fn needed_bytes_hold_the_prefix_and_not_one_byte_less(
            events in 1_u32..100,
            seed: u64,
        ) {
            let likes = likes::draw(events, 5, 0, seed);
            let order = Shuffle::Full.order(events, seed);
            let script = Script::new(&likes, &order, &mut Noise::new(0, 5, seed));
            let seqs: Vec<u32> = (1..=events).collect();
            for (seq, needed) in seqs.iter().zip(script.needed(&likes, &seqs)) {
                let known = |bytes: &[u8]| {
                    let whole = bytes.split_inclusive(|&byte| byte == b'\n');
                    let lines = whole.filter_map(|line| line.strip_suffix(b"\n"));
                    lines.filter_map(Like::parse).filter(|like| like.seq <= *seq).count()
                };
                prop_assert_eq!(known(&script.bytes[..needed]), *seq as usize);
                prop_assert!(known(&script.bytes[..needed - 1]) < *seq as usize);
            }
        }
    }
}
