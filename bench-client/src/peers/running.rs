//! A server that was started for a comparison, and ends with it.

use std::{
    io::{self, Read},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{args::PeersArgs, peer::Peer};
use crate::{cpus::CpuList, failure::Failure};

/// Longest time until a server accepts connections.
const START: Duration = Duration::from_secs(10);
/// How often it is asked.
const LOOK: Duration = Duration::from_millis(20);

/// A running server.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    /// Where it listens.
    pub(super) address: String,
    /// Removed when the server has ended.
    _dir: TempDir,
}

impl Running {
    /// Starts a server on a free port, on these cores only, and waits until it
    /// accepts connections.
    ///
    /// # Errors
    /// If it does not start: with what it said.
    pub(super) fn start(
        peer: Peer,
        program: &Path,
        cpus: &CpuList,
        args: &PeersArgs,
    ) -> Result<Self, Failure> {
        let dir = tempfile::Builder::new()
            .prefix("ringside-peers-")
            .tempdir()?;
        let port = free_port()?;
        let mut command = Command::new(program);
        command
            .args(peer.arguments(port, cpus, dir.path(), args))
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C is for the client, which then ends its servers.
            .process_group(0);
        let child = spawn_on(cpus, command)?;
        let address = format!("127.0.0.1:{port}");
        let mut running = Self {
            child,
            address,
            _dir: dir,
        };
        running.wait_until_ready(peer)?;
        Ok(running)
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait_until_ready(&mut self, peer: Peer) -> Result<(), Failure> {
        let begun = Instant::now();
        while TcpStream::connect(&self.address).is_err() {
            let ended = self.child.try_wait()?;
            if ended.is_some() || begun.elapsed() > START {
                return Err(Failure::Peer {
                    peer: peer.to_string(),
                    said: self.last_words(),
                });
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// What it wrote to its standard error, once it has ended.
    fn last_words(&mut self) -> String {
        let _ = self.child.kill();
        let mut said = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut said);
        }
        said.trim().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A child inherits the cores of the thread that makes it.
fn spawn_on(cpus: &CpuList, mut command: Command) -> io::Result<Child> {
    let on_cpus = move || {
        cpus.pin_thread()?;
        command.spawn()
    };
    thread::scope(|scope| match scope.spawn(on_cpus).join() {
        Ok(child) => child,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// A port that was free a moment ago.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
