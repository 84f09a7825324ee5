//! Which shard has a connection, and which shard owns what.
//!
//! The kernel gives a new connection to any of the shards, and the order in
//! which shards join the mesh is not that of their threads. Both can be seen
//! from outside: a line that is no message is answered by the shard that has
//! the connection, a query by that shard and the seat's owner, and the
//! kernel's accounts say which thread has worked.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use ringside::route::ShardId;

use crate::keys;
use crate::server::Server;

/// A connection, and the shard that has it.
pub(crate) struct Placed {
    pub(crate) stream: TcpStream,
    pub(crate) home: ShardId,
}

/// A server's shards, told apart.
pub(crate) struct Places<'a> {
    server: &'a Server,
    shards: u16,
    /// For each shard thread, which shard of the mesh it is.
    shard_of_thread: Vec<ShardId>,
}

/// Questions asked to see who answers.
const ASKED: usize = 24;

impl<'a> Places<'a> {
    /// Finds out which thread is which shard.
    pub(crate) fn explore(server: &'a Server, shards: u16) -> Result<Self> {
        let mut places = Self {
            server,
            shards,
            shard_of_thread: vec![ShardId(0)],
        };
        if shards == 1 {
            return Ok(places);
        }
        places.wait_for_quiet();
        let mut known = vec![None; usize::from(shards)];
        for shard in (0..shards).map(ShardId) {
            let seat = (0..keys::SEATS)
                .map(keys::seat)
                .find(|seat| keys::owner(seat, shards) == shard)
                .unwrap_or_default();
            let question = format!("QUERY: {seat}\n");
            // As often as it takes: other programs may disturb.
            for _ in 0..8 {
                let mut stream = places.connect()?;
                let (home, _) = places.most_busy(&mut stream, b"\n", None)?;
                let (other, work) =
                    places.most_busy(&mut stream, question.as_bytes(), Some(home))?;
                let owner = if work > 100_000 { other } else { home };
                if known[owner].is_none() {
                    known[owner] = Some(shard);
                    break;
                }
            }
        }
        let Some(known) = known.into_iter().collect() else {
            bail!("cannot tell the shards apart: is the machine busy with something else?");
        };
        places.shard_of_thread = known;
        Ok(places)
    }

    /// Whose shards they are.
    pub(crate) fn server(&self) -> &Server {
        self.server
    }

    /// How many there are.
    pub(crate) fn shards(&self) -> u16 {
        self.shards
    }

    /// Opens connections, as many for each shard.
    pub(crate) fn open(&self, count: usize) -> Result<Vec<Placed>> {
        self.wait_for_quiet();
        let shards = usize::from(self.shards);
        let mut wanted = vec![count / shards; shards];
        wanted[..count % shards].fill(count / shards + 1);
        let mut placed = Vec::with_capacity(count);
        for _ in 0..64 * (count + shards) {
            if placed.len() == count {
                return Ok(placed);
            }
            let mut stream = self.connect()?;
            let thread = if shards == 1 {
                0
            } else {
                self.most_busy(&mut stream, b"\n", None)?.0
            };
            if wanted[thread] > 0 {
                wanted[thread] -= 1;
                let home = self.shard_of_thread[thread];
                placed.push(Placed { stream, home });
            }
        }
        ensure!(
            placed.len() == count,
            "the kernel gives no connection to some shards"
        );
        Ok(placed)
    }

    /// Waits until the server has forgotten the connections of the last
    /// measurement; not for ever, for another program may disturb.
    fn wait_for_quiet(&self) {
        let mut before = self.server.cpu();
        for _ in 0..50 {
            std::thread::sleep(Duration::from_millis(10));
            let now = self.server.cpu();
            if now - before < 20_000 {
                return;
            }
            before = now;
        }
    }

    fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(self.server.address)?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// The thread that has most to do with answering a question, and how long
    /// it takes for it; one may be left out of account.
    fn most_busy(
        &self,
        stream: &mut TcpStream,
        question: &[u8],
        but: Option<usize>,
    ) -> Result<(usize, u64)> {
        let before = self.server.cpu_by_shard(self.shards);
        let mut answer = [0; 16];
        for _ in 0..ASKED {
            stream.write_all(question)?;
            let mut len = 0;
            while len == 0 || answer[len - 1] != b'\n' {
                let read = stream.read(&mut answer[len..])?;
                ensure!(read > 0, "the server closed a connection");
                len += read;
            }
        }
        let after = self.server.cpu_by_shard(self.shards);
        let worked = after
            .iter()
            .zip(&before)
            .map(|(after, before)| after - before);
        let busiest = worked
            .enumerate()
            .filter(|(thread, _)| Some(*thread) != but)
            .max_by_key(|(_, work)| *work);
        let Some(busiest) = busiest else {
            bail!("the server has no shards");
        };
        Ok(busiest)
    }
}
