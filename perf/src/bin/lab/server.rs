//! A server under measurement: a process on chosen cores, and its processor
//! time.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::thread::{CpuSet, sched_setaffinity};

use crate::responder::Wait;

/// How to start a server.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// What the tables call it.
    pub(crate) name: String,
    /// How many shards it has.
    pub(crate) shards: u16,
    program: PathBuf,
    args: Vec<String>,
    cpus: Vec<usize>,
}

impl Recipe {
    /// The floor, on one core.
    pub(crate) fn floor(wait: Wait) -> Result<Self> {
        Ok(Self {
            name: "floor".to_owned(),
            shards: 1,
            program: std::env::current_exe()?,
            args: vec![
                "respond".to_owned(),
                format!("--wait={wait:?}").to_lowercase(),
            ],
            cpus: cores(1).server,
        })
    }

    /// Ringside: the program at `path`, or the one that is part of the lab.
    pub(crate) fn ringside(
        name: &str,
        path: Option<&Path>,
        shards: u16,
        more: &[String],
    ) -> Result<Self> {
        let cpus = cores(shards).server;
        let list: Vec<String> = cpus.iter().map(ToString::to_string).collect();
        let mut args = Vec::new();
        let program = if let Some(path) = path {
            path.to_owned()
        } else {
            args.push("serve".to_owned());
            std::env::current_exe()?
        };
        let ports = ["--seat-port=0", "--source-port=0", "--listener-port=0"];
        args.extend(ports.map(str::to_owned));
        args.extend(["--bind=127.0.0.1", "--log-level=warn"].map(str::to_owned));
        args.push(format!("--shards={shards}"));
        args.push(format!("--cpus={}", list.join(",")));
        args.extend_from_slice(more);
        Ok(Self {
            name: name.to_owned(),
            shards,
            program,
            args,
            cpus,
        })
    }

    /// Starts it and waits until it says where it listens.
    pub(crate) fn start(&self) -> Result<Server> {
        let child = {
            // Children inherit the affinity of the thread that starts them.
            let _back = Pinned::to(&self.cpus)?;
            Command::new(&self.program)
                .args(&self.args)
                // Older builds have no such port, and no such flag.
                .env("RINGSIDE_HTTP_PORT", "0")
                .stdout(Stdio::piped())
                .spawn()
                .with_context(|| format!("cannot start {}", self.program.display()))?
        };
        let mut server = Server {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let stdout = server.child.stdout.take().context("a pipe")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let Some(address) = line
            .split([' ', ';'])
            .find_map(|word| word.trim().parse().ok())
        else {
            bail!("{} did not say where it listens, but {line:?}", self.name);
        };
        server.address = address;
        Ok(server)
    }
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Processor time of all its threads so far, in nanoseconds.
    pub(crate) fn cpu(&self) -> u64 {
        self.threads().iter().map(|(_, nanos)| nanos).sum()
    }

    /// Processor time of each shard, by the number in its thread's name.
    pub(crate) fn cpu_by_shard(&self, shards: u16) -> Vec<u64> {
        let mut times = vec![0; usize::from(shards)];
        for (name, nanos) in self.threads() {
            let number = name.strip_prefix("shard-").and_then(|n| n.parse().ok());
            if let Some(time) = number.and_then(|n: usize| times.get_mut(n)) {
                // Its runtime has helper threads of the same name.
                *time += nanos;
            }
        }
        times
    }

    fn threads(&self) -> Vec<(String, u64)> {
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{}/task", self.child.id())) else {
            return Vec::new();
        };
        // A thread may end while it is looked at.
        let read = |path: PathBuf| std::fs::read_to_string(path).unwrap_or_default();
        tasks
            .flatten()
            .map(|task| {
                let nanos = read(task.path().join("schedstat"));
                let nanos = nanos.split(' ').next().and_then(|n| n.parse().ok());
                let name = read(task.path().join("comm")).trim().to_owned();
                (name, nanos.unwrap_or(0))
            })
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Which cores the server has, and which the load.
pub(crate) struct Cores {
    pub(crate) server: Vec<usize>,
    pub(crate) load: Vec<usize>,
    /// They have none in common.
    pub(crate) apart: bool,
}

/// The first cores are for the shards, the rest for the load; where there is
/// no rest, the load may use all of them.
pub(crate) fn cores(shards: u16) -> Cores {
    let usable = ringside::host::usable_cpus();
    let (server, rest) = usable.split_at(usable.len().min(usize::from(shards)));
    Cores {
        server: server.to_vec(),
        load: if rest.is_empty() { &usable } else { rest }.to_vec(),
        apart: !rest.is_empty(),
    }
}

/// Keeps the calling thread on some cores; lets it go back when dropped.
pub(crate) struct Pinned(CpuSet);

impl Pinned {
    pub(crate) fn to(cpus: &[usize]) -> Result<Self> {
        let before = rustix::thread::sched_getaffinity(None)?;
        let mut set = CpuSet::new();
        for &cpu in cpus {
            set.set(cpu);
        }
        sched_setaffinity(None, &set).context("cannot choose the cores to run on")?;
        Ok(Self(before))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let _ = sched_setaffinity(None, &self.0);
    }
}
