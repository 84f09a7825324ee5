//! What was told lately to those who watch one event.

use std::collections::VecDeque;

use hyper::body::Bytes;

use crate::limits::{LIVE_LOG_BYTES, LIVE_LOG_FRAMES};

/// The last frames, each with the version of the map after it. Frames are
/// numbered from 0; watchers remember which one is next for them, so a slow one
/// costs no more than a fast one.
#[derive(Debug)]
pub(super) struct Log {
    frames: VecDeque<(u64, Bytes)>,
    /// The number of the first frame that is kept.
    first: u64,
    bytes: usize,
    /// The version before the first frame that is kept.
    base: u64,
    version: u64,
}

impl Log {
    /// Nothing was told yet of a map of this version.
    pub(super) fn new(version: u64) -> Self {
        Self {
            frames: VecDeque::new(),
            first: 0,
            bytes: 0,
            base: version,
            version,
        }
    }

    /// The map's version after the last frame.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// The number of the frame to come.
    pub(super) fn end(&self) -> u64 {
        self.first + self.frames.len() as u64
    }

    pub(super) fn push(&mut self, version: u64, frame: Bytes) {
        self.version = version;
        self.bytes += frame.len();
        self.frames.push_back((version, frame));
        while self.frames.len() > LIVE_LOG_FRAMES || self.bytes > LIVE_LOG_BYTES {
            let Some((version, frame)) = self.frames.pop_front() else {
                return;
            };
            self.base = version;
            self.first += 1;
            self.bytes -= frame.len();
        }
    }

    /// The frame of a number; `None`: it is not kept any more.
    pub(super) fn get(&self, number: u64) -> Option<&Bytes> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.frames.get(at).map(|(_, frame)| frame)
    }

    /// The first frame for whoever knows a version; `None`: there is more to
    /// know than is kept, or the version is from another life.
    pub(super) fn after(&self, version: u64) -> Option<u64> {
        if !(self.base..=self.version).contains(&version) {
            return None;
        }
        let known = self.frames.partition_point(|(after, _)| *after <= version);
        Some(self.first + known as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_by_number_and_by_what_is_known() {
        let mut log = Log::new(10);
        assert_eq!((log.end(), log.after(10)), (0, Some(0)));
        log.push(12, Bytes::from_static(b"to 12"));
        log.push(12, Bytes::from_static(b"beat"));
        log.push(15, Bytes::from_static(b"to 15"));
        assert_eq!(log.version(), 15);
        assert_eq!(log.after(9), None, "before its time");
        assert_eq!(log.after(10), Some(0));
        assert_eq!(log.after(11), Some(0));
        assert_eq!(log.after(12), Some(2));
        assert_eq!(log.after(15), Some(3));
        assert_eq!(log.after(16), None, "from another life");
        assert_eq!(log.get(2).unwrap(), "to 15");
        assert_eq!(log.get(3), None);
    }

    #[test]
    fn it_is_bounded_by_frames_and_by_bytes() {
        let mut log = Log::new(0);
        for version in 1..=LIVE_LOG_FRAMES as u64 + 5 {
            log.push(version, Bytes::from_static(b"x"));
        }
        assert_eq!((log.get(4), log.after(4)), (None, None));
        assert!(log.get(5).is_some() && log.after(5) == Some(5));
        log.push(1_000, vec![0; LIVE_LOG_BYTES].into());
        assert_eq!(log.end(), LIVE_LOG_FRAMES as u64 + 6);
        assert_eq!(log.get(log.end() - 2), None);
        assert!(log.get(log.end() - 1).is_some());
    }
}
