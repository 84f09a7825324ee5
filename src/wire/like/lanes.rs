//! Runs of lines, two of them side by side.

use super::{MAX_LINE_BYTES, digits, plain, swar};
use crate::matching::LikeEvent;

/// What an event is parsed from: a line that is not too long, and what follows.
pub(super) type Bytes = [u8; 80];

/// A run of lines that are parsed one after the other.
pub(super) struct Lane<'a> {
    input: &'a [u8],
    end: usize,
    events: &'a mut [LikeEvent],
    /// How far it has come.
    pub(super) at: usize,
    /// How many events there were.
    pub(super) count: usize,
}

impl<'a> Lane<'a> {
    /// The lines that start in `input[at..end]`, where the last of them ends,
    /// too.
    pub(super) fn new(input: &'a [u8], at: usize, end: usize, events: &'a mut [LikeEvent]) -> Self {
        Self {
            input,
            end,
            events,
            at,
            count: 0,
        }
    }

    /// Parses the next line, if `event` can.
    #[expect(
        clippy::inline_always,
        reason = "two lanes overlap only within one function"
    )]
    #[inline(always)]
    fn next(&mut self, event: impl Fn(&Bytes) -> Option<(LikeEvent, usize)>) -> bool {
        let bytes = self
            .input
            .get(self.at..)
            .and_then(|rest| rest.first_chunk());
        let Some((bytes, into)) = bytes.zip(self.events.get_mut(self.count)) else {
            return false;
        };
        let Some((event, len)) = event(bytes) else {
            return false;
        };
        *into = event;
        self.at += len;
        self.count += 1;
        true
    }

    /// Parses the next line, if it is an event.
    #[cold]
    fn next_slowly(&mut self) -> bool {
        let parsed = slow(&self.input[self.at..]);
        let Some(((event, len), into)) = parsed.zip(self.events.get_mut(self.count)) else {
            return false;
        };
        *into = event;
        self.at += len;
        self.count += 1;
        true
    }
}

/// Parses the lines of both lanes, in each up to the first that is no event.
/// The second lane may be left earlier, if the first one is not done.
pub(super) fn parse(lanes: &mut [Lane<'_>; 2]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
    {
        #[allow(unsafe_code, reason = "only now is it known what the processor can do")]
        // SAFETY: it can.
        return unsafe { parse_avx2(lanes) };
    }
    parse_with(lanes, |bytes| swar::event(bytes, digits::up_to_8));
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn parse_avx2(lanes: &mut [Lane<'_>; 2]) {
    parse_with(lanes, |bytes| super::avx2::event(bytes));
}

#[expect(
    clippy::inline_always,
    reason = "takes over what the caller knows of the processor"
)]
#[inline(always)]
fn parse_with(lanes: &mut [Lane<'_>; 2], event: impl Fn(&Bytes) -> Option<(LikeEvent, usize)>) {
    let [one, other] = lanes;
    while one.at < one.end && one.next(&event) && other.next(&event) {}
    for lane in lanes {
        while lane.at < lane.end {
            if !lane.next(&event) && !lane.next_slowly() {
                return;
            }
        }
    }
}

/// Parses the event that `input` starts with, however its numbers are written:
/// the event and the bytes it took, with the `\n`.
#[cold]
fn slow(input: &[u8]) -> Option<(LikeEvent, usize)> {
    let wide = |bytes| swar::event(bytes, digits::up_to_15);
    input.first_chunk().and_then(wide).or_else(|| {
        let end = memchr::memchr(b'\n', &input[..input.len().min(MAX_LINE_BYTES + 1)])?;
        Some((plain(&input[..end])?, end + 1))
    })
}
