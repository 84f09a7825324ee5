//! The reply order of one connection.
//!
//! Replies leave in the order of the requests, though some outcomes come back
//! later from other shards. Outcomes that are known at once go straight into
//! the output; behind one that is still waiting, they queue up.

use std::collections::VecDeque;

use crate::inventory::Outcome;
use crate::wire::seat::{MAX_REPLY_BYTES, padded_reply};

/// Outcomes on their way to one client, in request order.
#[derive(Debug, Default)]
pub struct Replies {
    /// Everything not yet in the output; `None` is still waiting. Empty when
    /// nothing is waiting.
    queue: VecDeque<Option<Outcome>>,
    /// The number of the queue's first entry within the connection, wrapping.
    first: u32,
    /// How many of the queue are waiting.
    waiting: u32,
    /// Entries of the queue that are let go together, as one send ...
    held: u32,
    /// ... and how many of those are waiting.
    held_waiting: u32,
}

/// Adds a reply line. All are written equally long, and what is too much cut
/// off: how long it is cannot be foreseen.
#[inline]
fn put(outcome: Outcome, output: &mut Vec<u8>) {
    let (line, len) = padded_reply(outcome);
    let end = output.len() + len;
    output.extend_from_slice(line);
    output.truncate(end);
}

impl Replies {
    /// An idle connection keeps room for this many replies, one byte each.
    const KEPT_REPLIES: usize = 64;

    /// The number that the next reply will have.
    pub fn next_index(&self) -> u32 {
        self.first.wrapping_add(self.queue.len() as u32)
    }

    /// How many replies are not in the output yet.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Whether outcomes are still to come back from other shards.
    pub fn is_waiting(&self) -> bool {
        self.waiting > 0
    }

    /// An upper bound of what the queue will add to the output, in bytes.
    pub fn queued_bytes(&self) -> usize {
        self.queue.len() * MAX_REPLY_BYTES
    }

    /// Adds a reply whose outcome is known.
    pub fn push(&mut self, outcome: Outcome, output: &mut Vec<u8>) {
        if self.queue.is_empty() {
            put(outcome, output);
            self.first = self.first.wrapping_add(1);
        } else {
            self.queue.push_back(Some(outcome));
        }
    }

    /// Adds a reply whose outcome comes later by [`Replies::fill`].
    pub fn push_waiting(&mut self) {
        self.queue.push_back(None);
        self.waiting += 1;
    }

    /// Marks the end of what one read brought. Replies to one read are held
    /// until all are known and leave in one send: a pipelined chunk that is
    /// half remote would otherwise leave in shreds.
    pub fn end_of_read(&mut self) {
        if self.held_waiting == 0 {
            self.held = self.queue.len() as u32;
            self.held_waiting = self.waiting;
        }
    }

    /// Sets the outcome of reply number `index`. `true`: replies moved into
    /// the output and should be sent.
    ///
    /// # Panics
    /// If no reply of that number is waiting: the mesh brought an answer
    /// twice, or to the wrong connection.
    pub fn fill(&mut self, index: u32, outcome: Outcome, output: &mut Vec<u8>) -> bool {
        let position = index.wrapping_sub(self.first);
        let place = self.queue.get_mut(position as usize);
        let Some(place @ None) = place else {
            panic!("no reply {index} is waiting (first is {})", self.first);
        };
        *place = Some(outcome);
        self.waiting -= 1;
        if position >= self.held {
            return false;
        }
        self.held_waiting -= 1;
        if self.held_waiting > 0 {
            return false;
        }
        while let Some(Some(outcome)) = self.queue.front() {
            put(*outcome, output);
            self.queue.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        self.held = self.queue.len() as u32;
        self.held_waiting = self.waiting;
        if self.queue.is_empty() && self.queue.capacity() > Self::KEPT_REPLIES {
            self.queue = VecDeque::new();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::wire::seat::reply;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_outcomes_leave_at_once() {
        let (mut replies, mut output) = (Replies::default(), Vec::new());
        replies.push(Outcome::Ok, &mut output);
        replies.push(Outcome::Sold, &mut output);
        replies.end_of_read();
        assert_eq!(output, b"OK\nSOLD\n");
        assert!(!replies.is_waiting());
    }

    #[test]
    fn a_chunk_leaves_when_its_last_outcome_is_known_and_in_order() {
        let (mut replies, mut output) = (Replies::default(), Vec::new());
        let (a, b) = (replies.next_index(), 2);
        replies.push_waiting();
        replies.push(Outcome::Fail, &mut output);
        replies.push_waiting();
        replies.end_of_read();
        assert!(output.is_empty());
        assert!(!replies.fill(b, Outcome::Free, &mut output));
        assert!(replies.fill(a, Outcome::Ok, &mut output));
        assert_eq!(output, b"OK\nFAIL\nFREE\n");
        assert_eq!(replies.queued(), 0);
    }

    #[test]
    fn a_later_chunk_does_not_hold_back_an_earlier_one() {
        let (mut replies, mut output) = (Replies::default(), Vec::new());
        replies.push_waiting();
        replies.end_of_read();
        replies.push_waiting();
        replies.end_of_read();
        assert!(replies.fill(0, Outcome::Ok, &mut output));
        assert_eq!(output, b"OK\n");
        assert!(replies.fill(1, Outcome::Free, &mut output));
        assert_eq!(output, b"OK\nFREE\n");
    }

    proptest! {
        /// Whatever waits, in whatever order answers come, the bytes are those
        /// of the outcomes in request order and nothing stays behind.
        #[test]
        fn replies_leave_in_request_order(
            reads in prop::collection::vec(
                prop::collection::vec((0..5usize, any::<bool>()), 0..8), 0..8),
            order in any::<u64>(),
        ) {
            let (mut replies, mut output) = (Replies::default(), Vec::new());
            let mut expected = Vec::new();
            let mut answers = Vec::new();
            for read in reads {
                for (outcome, remote) in read {
                    let outcome = Outcome::ALL[outcome];
                    expected.extend_from_slice(reply(outcome));
                    if remote {
                        answers.push((replies.next_index(), outcome));
                        replies.push_waiting();
                    } else {
                        replies.push(outcome, &mut output);
                    }
                }
                replies.end_of_read();
            }
            fastrand::Rng::with_seed(order).shuffle(&mut answers);
            for (index, outcome) in answers {
                replies.fill(index, outcome, &mut output);
                prop_assert!(expected.starts_with(&output));
            }
            prop_assert_eq!(output, expected);
            prop_assert_eq!(replies.queued(), 0);
            prop_assert!(!replies.is_waiting());
        }
    }
}
