//! A server under measurement: a process on chosen cores, and its processor
//! time.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::cores::{Pinned, cores};
use crate::metrics::Journal;
use crate::responder::Wait;

/// How to start a server.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// What the tables call it.
    pub(crate) name: String,
    /// How many shards it has.
    pub(crate) shards: u16,
    program: PathBuf,
    args: Vec<OsString>,
    cpus: Vec<usize>,
    tells: Tells,
    /// Emptied at each start.
    data: Option<PathBuf>,
}

/// How it is known where a server listens.
#[derive(Clone, Copy, Debug)]
enum Tells {
    /// Its first line says so.
    FirstLine,
    /// It listens where `--port` tells it to.
    Nothing,
}

impl Recipe {
    /// The floor, on one core.
    pub(crate) fn floor(wait: Wait) -> Result<Self> {
        Ok(Self {
            name: "floor".to_owned(),
            shards: 1,
            program: std::env::current_exe()?,
            args: vec![
                "respond".into(),
                format!("--wait={wait:?}").to_lowercase().into(),
            ],
            cpus: cores(1).server,
            tells: Tells::FirstLine,
            data: None,
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
        let mut args: Vec<OsString> = Vec::new();
        let program = if let Some(path) = path {
            path.to_owned()
        } else {
            args.push("serve".into());
            std::env::current_exe()?
        };
        let ports = ["--seat-port=0", "--source-port=0", "--listener-port=0"];
        args.extend(ports.map(Into::into));
        args.extend(["--bind=127.0.0.1", "--log-level=warn"].map(Into::into));
        args.push(format!("--shards={shards}").into());
        args.push(format!("--cpus={}", list.join(",")).into());
        args.extend(more.iter().map(Into::into));
        Ok(Self {
            name: name.to_owned(),
            shards,
            program,
            args,
            cpus,
            tells: Tells::FirstLine,
            data: None,
        })
    }

    /// Another server that does all its work in one thread, and takes the port
    /// to listen on as `--port`.
    pub(crate) fn other(name: &str, program: &Path, args: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            shards: 1,
            program: program.to_owned(),
            args: args.iter().map(Into::into).collect(),
            cpus: cores(1).server,
            tells: Tells::Nothing,
            data: None,
        }
    }

    /// The same with a directory for its data, named by `flag`; each start
    /// begins with nothing in it.
    pub(crate) fn with_data(mut self, flag: &str, directory: PathBuf) -> Self {
        self.args.extend([flag.into(), directory.clone().into()]);
        self.data = Some(directory);
        self
    }

    /// Starts it and waits until it listens.
    pub(crate) fn start(&self) -> Result<Server> {
        if let Some(data) = &self.data {
            if data.exists() {
                std::fs::remove_dir_all(data)?;
            }
            std::fs::create_dir(data)
                .with_context(|| format!("cannot create {}", data.display()))?;
        }
        let mut command = Command::new(&self.program);
        // Older builds have no such port, and no such flag.
        command.args(&self.args).env("RINGSIDE_HTTP_PORT", "0");
        match self.tells {
            Tells::FirstLine => {
                let mut server = self.spawn(command.stdout(Stdio::piped()))?;
                server.listen_to_first_line(&self.name)?;
                Ok(server)
            }
            Tells::Nothing => {
                let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
                command.arg("--port").arg(port.to_string());
                let mut server = self.spawn(command.stdout(Stdio::null()))?;
                server.address.set_port(port);
                server.wait_until_connected().with_context(|| {
                    format!("{} does not start; try it: {command:?}", self.name)
                })?;
                Ok(server)
            }
        }
    }

    fn spawn(&self, command: &mut Command) -> Result<Server> {
        // Children inherit the affinity of the thread that starts them.
        let _back = Pinned::to(&self.cpus)?;
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        Ok(Server {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            http: None,
            data: self.data.clone(),
        })
    }
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    http: Option<SocketAddr>,
    data: Option<PathBuf>,
}

impl Server {
    /// Longest time until a server that says nothing accepts connections.
    const START: Duration = Duration::from_secs(10);
    /// Longest time until all is on the disk.
    const SETTLE: Duration = Duration::from_secs(10);
    const LOOK: Duration = Duration::from_millis(10);

    fn listen_to_first_line(&mut self, name: &str) -> Result<()> {
        let stdout = self.child.stdout.take().context("a pipe")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let Some(address) = first_address(&line) else {
            bail!("{name} did not say where it listens, but {line:?}");
        };
        self.address = address;
        let http = line.split_once("HTTP on ");
        self.http = http.and_then(|(_, rest)| first_address(rest));
        Ok(())
    }

    fn wait_until_connected(&mut self) -> Result<()> {
        for _ in 0..Self::START.as_millis() / Self::LOOK.as_millis() {
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it has ended: {status}");
            }
            std::thread::sleep(Self::LOOK);
        }
        bail!("it accepts no connection")
    }

    /// What its journal has done so far; nothing of a server without one.
    pub(crate) fn journal(&self) -> Result<Option<Journal>> {
        let address = self.data.as_ref().and(self.http);
        address.map(Journal::read).transpose()
    }

    /// Waits until what it has changed is on the disk, so that nothing of it
    /// falls into the next server's time.
    pub(crate) fn settle(&self) -> Result<()> {
        let Some(data) = &self.data else {
            return Ok(());
        };
        let mut looks = Self::SETTLE.as_millis() / Self::LOOK.as_millis();
        while self.journal()?.is_some_and(|journal| journal.pending > 0) {
            ensure!(looks > 0, "changes still wait for the disk");
            looks -= 1;
            std::thread::sleep(Self::LOOK);
        }
        rustix::fs::syncfs(File::open(data)?).context("cannot sync the file system")?;
        Ok(())
    }

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

fn first_address(text: &str) -> Option<SocketAddr> {
    text.split([' ', ';'])
        .find_map(|word| word.trim().parse().ok())
}
