//! One connection as the ring sees it: its socket, its session, and what is
//! under way for it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::Shutdown;

use super::buffers::Group;
use super::http::Client;
use crate::http::Output;
use crate::journal::Sequence;
use crate::net::matches::{RunKey, Side};
use crate::net::session::Session;

/// Whether bytes are being received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receiving {
    /// No: paused, ended, or not yet started.
    Off,
    /// Yes, until cancelled.
    On,
    /// A cancel is under way; bytes may still come.
    Cancelling,
}

/// How far a connection has come towards its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Not at all.
    Open,
    /// No more messages will be taken: answer those that were, then close.
    Finishing,
    /// Told its last bytes; what still comes is thrown away until the peer
    /// closes too. Closing with bytes unread would take back what was told.
    Lingering,
    /// Broken or thrown out: nothing more is sent, close when the last
    /// operation completed.
    Broken,
}

/// What a connection is for.
pub(super) enum Role {
    /// A client of the seat protocol.
    Seats(Session),
    /// A client that speaks HTTP. In a box: seats need less.
    Http(Box<Client>),
    /// One of the peers of a match run.
    Match(RunKey, Side),
    /// A peer of a run that has ended: it is told these last bytes.
    Leaving(Vec<u8>),
}

// An idle client of the seat protocol costs what its session needs.
const _: () = assert!(size_of::<Role>() <= size_of::<Session>() + size_of::<u64>());

/// A client's connection.
pub(super) struct Connection {
    socket: OwnedFd,
    /// Where its bytes arrive. It must not change while receiving.
    pub(super) buffers: Group,
    pub(super) role: Role,
    pub(super) receiving: Receiving,
    pub(super) ending: Ending,
    /// A send is on the ring.
    pub(super) send_under_way: bool,
    /// Replies that are on their way, and how much of them has left.
    sending: Option<Outgoing>,
    /// Operations on the ring that will still complete.
    pub(super) operations: u8,
    /// It is in the loop's list of connections to look after this turn.
    pub(super) touched: bool,
    /// It is in the loop's list of connections whose replies wait for a frame.
    pub(super) gated: bool,
    /// Ticks since anything was heard.
    pub(super) silent_ticks: u16,
    /// Ticks since any of the replies under way left.
    pub(super) stalled_ticks: u16,
}

struct Outgoing {
    bytes: Output,
    sent: usize,
    observed: Sequence,
}

impl Connection {
    pub(super) fn new(socket: OwnedFd, role: Role) -> Self {
        Self {
            socket,
            buffers: Group::Small,
            role,
            receiving: Receiving::Off,
            ending: Ending::Open,
            send_under_way: false,
            sending: None,
            operations: 0,
            touched: false,
            gated: false,
            silent_ticks: 0,
            stalled_ticks: 0,
        }
    }

    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// The conversation of a client of the seat protocol.
    pub(super) fn session(&mut self) -> Option<&mut Session> {
        match &mut self.role {
            Role::Seats(session) => Some(session),
            Role::Http(_) | Role::Match(..) | Role::Leaving(_) => None,
        }
    }

    /// The conversation of a client that speaks HTTP.
    pub(super) fn client(&mut self) -> Option<&mut Client> {
        match &mut self.role {
            Role::Http(client) => Some(client),
            Role::Seats(_) | Role::Match(..) | Role::Leaving(_) => None,
        }
    }

    /// Whether replies are on their way to the client.
    pub(super) fn is_sending(&self) -> bool {
        self.sending.is_some()
    }

    /// Makes `bytes` the replies under way.
    /// They may leave when the journal's frame `observed` is durable.
    pub(super) fn start_sending(&mut self, bytes: Output, observed: Sequence) {
        debug_assert!(self.sending.is_none());
        self.stalled_ticks = 0;
        self.sending = Some(Outgoing {
            bytes,
            sent: 0,
            observed,
        });
    }

    /// The journal's frame that the replies under way have seen.
    pub(super) fn observed(&self) -> Sequence {
        self.sending
            .as_ref()
            .map_or(0, |outgoing| outgoing.observed)
    }

    /// The replies that still have to leave.
    pub(super) fn outgoing(&self) -> &[u8] {
        self.sending
            .as_ref()
            .map_or(&[], |outgoing| &outgoing.bytes[outgoing.sent..])
    }

    /// Notes that `bytes` have left. `Some`: all have, and this is the buffer.
    pub(super) fn on_sent(&mut self, bytes: usize) -> Option<Output> {
        self.send_under_way = false;
        let outgoing = self.sending.as_mut()?;
        outgoing.sent += bytes;
        self.stalled_ticks = 0;
        match &mut self.role {
            Role::Seats(session) => session.on_sent(bytes),
            Role::Http(client) => client.conversation.on_sent(bytes),
            Role::Match(..) | Role::Leaving(_) => {}
        }
        if outgoing.sent < outgoing.bytes.len() {
            return None;
        }
        self.sending.take().map(|outgoing| outgoing.bytes)
    }

    /// Says that nothing more will be sent.
    pub(super) fn shut(&self) {
        // It fails only if the peer was faster.
        let _ = rustix::net::shutdown(&self.socket, Shutdown::Write);
    }

    /// Whether nothing is left to do but to forget it.
    pub(super) fn is_over(&self) -> bool {
        let settled = match (&self.role, self.ending) {
            // The run of a peer lets go of it first.
            (_, Ending::Open | Ending::Lingering) | (Role::Match(..), _) => false,
            (Role::Seats(session), Ending::Finishing) => session.is_done() && !self.is_sending(),
            // Outcomes from other shards name this connection by number.
            (Role::Seats(session), Ending::Broken) => !session.is_waiting(),
            (Role::Http(client), Ending::Finishing) => {
                let conversation = &client.conversation;
                conversation.is_over() && !conversation.has_output() && !self.is_sending()
            }
            // What it has asked for is finished, so that keys are settled.
            (Role::Http(client), Ending::Broken) => !client.conversation.is_waiting(),
            (Role::Leaving(farewell), Ending::Finishing) => {
                farewell.is_empty() && !self.is_sending()
            }
            (Role::Leaving(_), Ending::Broken) => true,
        };
        settled && self.operations == 0
    }

    /// Ends the connection without sending what is left. Its operations
    /// complete at once; it stays until they have.
    pub(super) fn break_off(&mut self) {
        self.ending = Ending::Broken;
        // It fails only if the peer was faster.
        let _ = rustix::net::shutdown(&self.socket, Shutdown::Both);
    }

    /// Has the kernel drop what the client never read, too.
    pub(super) fn forget_unread(&self) {
        use rustix::net::sockopt::set_socket_linger;
        let _ = set_socket_linger(&self.socket, Some(std::time::Duration::ZERO));
    }
}
