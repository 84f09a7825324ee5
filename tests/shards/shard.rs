//! One shard and its connections: what the network loop does, a piece at a
//! time, without sockets.

use fastrand::Rng;
use ringside::limits::JOURNAL_PENDING_BYTES;
use ringside::mesh::Batch;
use ringside::net::session::{Blocked, Session, SessionLimits};
use ringside::route::ShardId;
use ringside::shard::{Gate, Held, Shard};
use ringside::wire::seat::LineLimits;

use super::clients::Clients;
use super::tally::Tally;

const LINES: LineLimits = LineLimits {
    max_line: 300,
    max_seat: 255,
};

/// A way to break the gate: the simulation must notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Replies leave before what they have seen is durable.
    Replies,
    /// Answers to other shards do.
    Batches,
    /// Answers to operations do.
    Operations,
}

/// Why a shard cannot go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The disk has no room for the next frame.
    Full,
    /// A write, a sync, or the keeper failed.
    Failed(String),
}

pub(crate) struct Member {
    pub(crate) shard: Shard,
    broken: Option<Broken>,
    connections: Vec<Connection>,
    step: Step,
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Idle,
    Started,
    Written,
}

struct Connection {
    client: usize,
    session: Session,
    /// Sent by the client and not received yet.
    incoming: Vec<u8>,
    outgoing: Option<Outgoing>,
}

struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
    observed: u64,
}

impl Member {
    pub(crate) fn new(shard: Shard, broken: Option<Broken>) -> Self {
        Self {
            shard,
            broken,
            connections: Vec::new(),
            step: Step::Idle,
        }
    }

    pub(crate) fn connect(&mut self, client: usize, pipeline_bytes: usize) {
        let number = self.connections.len() as u32;
        let limits = SessionLimits {
            line: LINES,
            pipeline_bytes,
        };
        self.connections.push(Connection {
            client,
            session: Session::new(number, &limits),
            incoming: Vec::new(),
            outgoing: None,
        });
    }

    /// Puts bytes on a client's way to its shard, if it is this one.
    pub(crate) fn send_from(&mut self, client: usize, bytes: &[u8]) {
        for connection in &mut self.connections {
            if connection.client == client {
                connection.incoming.extend_from_slice(bytes);
            }
        }
    }

    /// Receives some bytes of one connection.
    pub(crate) fn receive(&mut self, rng: &mut Rng, tally: &mut Tally) {
        if self.connections.is_empty() {
            return;
        }
        let chosen = rng.usize(..self.connections.len());
        let connection = &mut self.connections[chosen];
        if connection.incoming.is_empty() || connection.session.is_full() {
            return;
        }
        let len = rng.usize(1..=connection.incoming.len());
        let bytes: Vec<u8> = connection.incoming.drain(..len).collect();
        connection.session.on_bytes(&bytes, &mut self.shard);
        match connection.session.blocked() {
            Some(Blocked::OnClient) => tally.count("blocked on the client"),
            Some(Blocked::OnCredit) => tally.count("blocked on credit"),
            None => {}
        }
    }

    /// Goes on with what waited for room, and lets replies leave that may.
    pub(crate) fn settle(&mut self, rng: &mut Rng, clients: &mut Clients, tally: &mut Tally) {
        for connection in &mut self.connections {
            let session = &mut connection.session;
            if session.blocked() == Some(Blocked::OnClient) && session.may_resume() {
                session.resume(&mut self.shard);
            }
            if connection.outgoing.is_none() && session.has_output() {
                let observed = if self.broken == Some(Broken::Batches) {
                    self.shard.gate().map_or(0, |gate| gate.journal().newest())
                } else {
                    session.observed()
                };
                connection.outgoing = Some(Outgoing {
                    bytes: session.take_output(),
                    sent: 0,
                    observed,
                });
            }
            let Some(outgoing) = &mut connection.outgoing else {
                continue;
            };
            if !self.shard.is_durable(outgoing.observed) {
                tally.count("replies waited");
                if self.broken != Some(Broken::Replies) {
                    continue;
                }
            }
            // The socket may take less than there is.
            let end = rng.usize(outgoing.sent + 1..=outgoing.bytes.len());
            let leaving = &outgoing.bytes[outgoing.sent..end];
            clients.hear(connection.client, leaving);
            session.on_sent(leaving.len());
            outgoing.sent = end;
            if end == outgoing.bytes.len() {
                connection.outgoing = None;
            }
        }
    }

    /// Takes the answers to a batch of its own.
    pub(crate) fn take_answers(&mut self, from: ShardId, batch: Batch) {
        for (slot, outcome) in batch.outcomes() {
            let connection = &mut self.connections[slot.connection as usize];
            connection.session.on_outcome(slot.index, outcome);
        }
        self.shard.outbox().recycle(from, batch);
        self.resume_credit_waiters();
    }

    /// Takes the journal one step on: start a frame, write it, sync it.
    /// Gives the batches of other shards that may go home then.
    pub(crate) fn step(
        &mut self,
        now_micros: u64,
        tally: &mut Tally,
    ) -> Result<Vec<(ShardId, Batch)>, Stop> {
        if self.shard.may_go_on() {
            tally.count("waits for the keeper");
            self.resume_credit_waiters();
        }
        let journal = self.shard.gate().expect("it is durable").journal();
        let failed = |error: std::io::Error| Stop::Failed(error.to_string());
        match self.step {
            Step::Idle => {
                if journal.needs_segment() && journal.disk_is_low() {
                    return Err(Stop::Full);
                }
                match journal.start(now_micros) {
                    Ok(None) => {}
                    Ok(Some(_)) => self.step = Step::Started,
                    Err(failure) => return Err(Stop::Failed(failure.to_string())),
                }
            }
            Step::Started => {
                if let Some(frame) = journal.under_way() {
                    let written = frame.file.write_at(frame.bytes, frame.offset);
                    written.map_err(failed)?;
                }
                self.step = Step::Written;
            }
            Step::Written => {
                if let Some(frame) = journal.under_way() {
                    frame.file.sync().map_err(failed)?;
                }
                journal.finished();
                self.step = Step::Idle;
                tally.count("frames");
                let home: Vec<_> = std::iter::from_fn(|| self.gate().release())
                    .filter_map(|held| match held {
                        Held::Seats(to, batch) => Some((to, batch)),
                        Held::Answers(..) | Held::Outside(_) => None,
                    })
                    .collect();
                tally.add("batches waited", home.len() as u64);
                self.resume_credit_waiters();
                return Ok(home);
            }
        }
        Ok(Vec::new())
    }

    /// Whether everything that was received is answered.
    pub(crate) fn is_idle(&self) -> bool {
        let mut connections = self.connections.iter();
        connections.all(|connection| connection.session.is_done() && connection.outgoing.is_none())
    }

    /// Whether nothing that was decided waits for the disk.
    pub(crate) fn is_written(&mut self) -> bool {
        let journal = self.gate().journal();
        journal.durable() == journal.newest()
    }

    /// Receives everything that clients have sent.
    pub(crate) fn receive_all(&mut self) {
        for connection in &mut self.connections {
            if !connection.session.is_full() {
                let bytes = std::mem::take(&mut connection.incoming);
                connection.session.on_bytes(&bytes, &mut self.shard);
            }
        }
    }

    /// Clients, and how many of their lines have not wholly arrived.
    pub(crate) fn unreceived(&self) -> impl Iterator<Item = (usize, usize)> {
        self.connections.iter().map(|connection| {
            let lines = connection.incoming.split(|&byte| byte == b'\n').count() - 1;
            (connection.client, lines)
        })
    }

    pub(crate) fn gate(&mut self) -> &mut Gate {
        self.shard.gate().expect("it is durable")
    }

    fn resume_credit_waiters(&mut self) {
        for connection in &mut self.connections {
            if connection.session.blocked() == Some(Blocked::OnCredit) {
                connection.session.resume(&mut self.shard);
            }
        }
        let pending = self.gate().journal().pending_bytes();
        assert!(pending < 2 * JOURNAL_PENDING_BYTES, "{pending} bytes wait");
    }
}
