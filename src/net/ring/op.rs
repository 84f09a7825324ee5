//! What a completion belongs to, packed into the ring's 64-bit user data.

/// An operation under way on a shard's ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// A listener takes connections, until cancelled.
    Accept(u32),
    /// A connection's bytes, until cancelled.
    Receive(u32),
    /// A connection's replies.
    Send(u32),
    /// The end of a [`Op::Receive`] was asked for.
    CancelReceive(u32),
    /// The end of an [`Op::Accept`] was asked for.
    CancelAccept(u32),
    /// The coarse clock behind the time limits.
    Tick,
    /// Another shard woke this one; or waking another one failed.
    Wake,
    /// A frame of the journal.
    Journal,
    /// The time to write the next frame, when replies do not wait for it.
    WriteTimer,
    /// Another thread has something for this shard.
    Doorbell,
    /// The time to end holds.
    Expiry,
    /// An earlier [`Op::Expiry`] was asked for.
    MoveExpiry,
    /// The time to ask what has changed about watched events.
    Live,
}

impl Op {
    pub(super) fn pack(self) -> u64 {
        let (kind, index) = match self {
            Self::Accept(listener) => (0, listener),
            Self::Receive(connection) => (1, connection),
            Self::Send(connection) => (2, connection),
            Self::CancelReceive(connection) => (3, connection),
            Self::CancelAccept(listener) => (4, listener),
            Self::Tick => (5, 0),
            Self::Wake => (6, 0),
            Self::Journal => (7, 0),
            Self::WriteTimer => (8, 0),
            Self::Doorbell => (9, 0),
            Self::Expiry => (10, 0),
            Self::MoveExpiry => (11, 0),
            Self::Live => (12, 0),
        };
        kind << 32 | u64::from(index)
    }

    /// The operation that [`Op::pack`] packed; `None` for anything else.
    pub(super) fn unpack(user_data: u64) -> Option<Self> {
        let index = user_data as u32;
        Some(match user_data >> 32 {
            0 => Self::Accept(index),
            1 => Self::Receive(index),
            2 => Self::Send(index),
            3 => Self::CancelReceive(index),
            4 => Self::CancelAccept(index),
            5 => Self::Tick,
            6 => Self::Wake,
            7 => Self::Journal,
            8 => Self::WriteTimer,
            9 => Self::Doorbell,
            10 => Self::Expiry,
            11 => Self::MoveExpiry,
            12 => Self::Live,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        for op in [
            Op::Accept(1),
            Op::Receive(u32::MAX),
            Op::Send(0),
            Op::CancelReceive(7),
            Op::CancelAccept(2),
            Op::Tick,
            Op::Wake,
            Op::Journal,
            Op::WriteTimer,
            Op::Doorbell,
            Op::Expiry,
            Op::MoveExpiry,
            Op::Live,
        ] {
            assert_eq!(Op::unpack(op.pack()), Some(op));
        }
        assert_eq!(Op::unpack(u64::MAX), None);
    }
}
