//! Lines that must not change the answer: malformed ones, and sequence numbers
//! that were there before.

use super::likes::Like;

/// What a malformed line is like, given a number that is still to come.
type Malformed = fn(u32) -> String;

/// One of a kind each. Where a line holds a sequence number it is one that is
/// still to come, so that a server that takes half of the line as an event
/// gives a wrong answer later.
const MALFORMED: [Malformed; 14] = [
    |_| String::new(),
    |_| "   ".to_owned(),
    |_| "hello".to_owned(),
    |_| "|||".to_owned(),
    |_| "🎟️|LIKE_LIKED|1|2".to_owned(),
    |_| "|LIKE_LIKED|1|2".to_owned(),
    |seq| format!("{seq}"),
    |seq| format!("{seq}|LIKE_LIKED|1"),
    |seq| format!("{seq}|LIKE_LIKED|1|2|3"),
    |seq| format!("{seq}|LIKE_LIKED||2"),
    |seq| format!("{seq}|LIKE_LOVED|1|2"),
    |seq| format!("{seq}|like_liked|1|2"),
    |seq| format!("-{seq}|LIKE_LIKED|1|2"),
    |seq| format!("{seq}|LIKE_LIKED|one|two"),
];

/// Draws noise between the events.
#[derive(Debug)]
pub(crate) struct Noise {
    per_million: u32,
    users: u32,
    rng: fastrand::Rng,
    /// Malformed lines drawn so far.
    pub malformed: u32,
    /// Duplicates drawn so far.
    pub duplicates: u32,
}

impl Noise {
    /// Noise of `per_million` lines to a million events, about one half of them
    /// malformed, the other duplicates that speak of `users` users.
    pub(crate) fn new(per_million: u32, users: u32, seed: u64) -> Self {
        Self {
            per_million,
            users,
            rng: fastrand::Rng::with_seed(seed),
            malformed: 0,
            duplicates: 0,
        }
    }

    /// Appends to `out` what stands between the last of the events `sent` and
    /// the `next` one: mostly nothing.
    pub(crate) fn write(&mut self, sent: &[u32], next: &Like, likes: &[Like], out: &mut Vec<u8>) {
        if self.per_million == 0 || self.rng.u32(..1_000_000) >= self.per_million {
            return;
        }
        match self.rng.choice(sent) {
            Some(&first) if self.rng.bool() => {
                self.duplicates += 1;
                self.contradiction(&likes[first as usize]).write(out);
            }
            _ => {
                self.malformed += 1;
                let line = MALFORMED[self.rng.usize(..MALFORMED.len())];
                out.extend_from_slice(line(next.seq).as_bytes());
                out.push(b'\n');
            }
        }
    }

    /// Another event of the same number.
    fn contradiction(&mut self, first: &Like) -> Like {
        loop {
            // Two users and three kinds make six events: soon there is another.
            let other = Like::draw(first.seq, self.users, &mut self.rng);
            if other != *first {
                return other;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::likes, *};

    #[test]
    fn no_malformed_line_is_an_event() {
        for malformed in MALFORMED {
            let line = malformed(5);
            assert_eq!(Like::parse(line.as_bytes()), None, "{line}");
            assert!(!line.contains('\n'), "{line}");
        }
        assert!(Like::parse(b"5|LIKE_LIKED|1|2").is_some());
    }

    #[test]
    fn noise_comes_as_often_as_asked_and_contradicts_what_was_sent() {
        let likes = likes::draw(20_000, 2, 0, 1);
        let order: Vec<u32> = (0..20_000).rev().collect();
        let mut noise = Noise::new(100_000, 2, 1);
        let mut out = Vec::new();
        for at in 0..order.len() {
            let next = &likes[order[at] as usize];
            out.clear();
            noise.write(&order[..at], next, &likes, &mut out);
            if let Some(double) = out.strip_suffix(b"\n").and_then(Like::parse) {
                assert!(double.seq > next.seq, "{double} was not sent before {next}");
                assert_ne!(likes[double.seq as usize - 1], double);
            }
        }
        assert!(noise.malformed.abs_diff(1_000) < 150, "{noise:?}");
        assert!(noise.duplicates.abs_diff(1_000) < 150, "{noise:?}");
    }

    #[test]
    fn before_the_first_event_nothing_can_be_a_duplicate() {
        let likes = likes::draw(1, 2, 0, 1);
        let mut noise = Noise::new(1_000_000, 2, 1);
        for _ in 0..50 {
            noise.write(&[], &likes[0], &likes, &mut Vec::new());
        }
        assert_eq!((noise.malformed, noise.duplicates), (50, 0));
    }
}
