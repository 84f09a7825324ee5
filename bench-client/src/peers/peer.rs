//! The servers that can be compared: where they are, and how they are started.

use std::{
    env,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use clap::ValueEnum;

use super::args::PeersArgs;
use crate::{cpus::CpuList, protocol::Dialect};

/// A server that holds seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// This project's.
    Ringside,
    /// redis-server, 7 or newer.
    Redis,
    /// memcached.
    Memcached,
}

impl Peer {
    /// The protocol it speaks.
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::Ringside => Dialect::Ringside,
            Self::Redis => Dialect::Redis,
            Self::Memcached => Dialect::Memcached,
        }
    }

    /// The name of its program.
    pub(crate) fn program_name(self) -> &'static str {
        match self {
            Self::Ringside => "ringside",
            Self::Redis => "redis-server",
            Self::Memcached => "memcached",
        }
    }

    /// What to do if it is not there.
    pub(crate) fn how_to_get(self) -> &'static str {
        match self {
            Self::Ringside => "build it with `cargo build --release`, or give --ringside FILE",
            Self::Redis => "install it, such as with `apt-get install redis-server`",
            Self::Memcached => "install it, such as with `apt-get install memcached`",
        }
    }

    /// Its program, if it is installed.
    pub(crate) fn program(self, args: &PeersArgs) -> Option<PathBuf> {
        if self == Self::Ringside {
            if let Some(given) = &args.ringside {
                return given.is_file().then(|| given.clone());
            }
            let own = env::current_exe().unwrap_or_default();
            let beside = own.with_file_name(self.program_name());
            if beside.is_file() {
                return Some(beside);
            }
        }
        find(self.program_name(), &env::var_os("PATH")?)
    }

    /// The arguments that make it listen on `port` of 127.0.0.1, in memory,
    /// with a thread for each of `cpus`, and more flags as given.
    pub(crate) fn arguments(
        self,
        port: u16,
        cpus: &CpuList,
        dir: &Path,
        args: &PeersArgs,
    ) -> Vec<String> {
        let (threads, port) = (cpus.len().to_string(), port.to_string());
        let (own, more) = match self {
            Self::Ringside => {
                let text = format!(
                    "--bind 127.0.0.1 --seat-port {port} --source-port 0 --listener-port 0 --http-port 0 \
                     --log-level warn --shards {threads} --cpus {cpus}"
                );
                (text, &args.ringside_flags)
            }
            // Redis carries out commands in one thread, however many cores.
            Self::Redis => {
                let text = format!(
                    "--bind 127.0.0.1 --port {port} --appendonly no --dir {{dir}} \
                     --loglevel warning"
                );
                (text, &args.redis_flags)
            }
            Self::Memcached => {
                let root = rustix::process::geteuid().is_root();
                let user = if root { " -u root" } else { "" };
                let text =
                    format!("-l 127.0.0.1 -p {port} -U 0 -t {threads} -m 8192 -M -c 20000{user}");
                (text, &args.memcached_flags)
            }
        };
        let mut arguments: Vec<String> = own.split_whitespace().map(str::to_owned).collect();
        if self == Self::Redis {
            // No snapshots: an empty word.
            arguments.extend(["--save".to_owned(), String::new()]);
        }
        arguments.extend(more.split_whitespace().map(str::to_owned));
        for argument in &mut arguments {
            *argument = argument.replace("{dir}", &dir.to_string_lossy());
        }
        arguments
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.dialect().name())
    }
}

fn find(program: &str, path: &OsString) -> Option<PathBuf> {
    env::split_paths(path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn args(more: &[&str]) -> PeersArgs {
        let words = ["ringside-bench", "peers"].iter().chain(more);
        let Command::Peers(args) = Cli::parse_from(words).command else {
            panic!("`peers` was asked for");
        };
        args
    }

    #[test]
    fn more_flags_come_last_with_a_directory_of_their_own() {
        let args = args(&["--redis-flags", "--appendonly yes --dir {dir}"]);
        let cpus = "0".parse().unwrap();
        let line = Peer::Redis.arguments(7_000, &cpus, Path::new("/t/x"), &args);
        assert_eq!(
            line[line.len() - 4..],
            ["--appendonly", "yes", "--dir", "/t/x"]
        );
        let line = line.join(" ");
        assert!(
            line.contains("--port 7000") && line.contains("--save  --"),
            "{line}"
        );
    }

    #[test]
    fn each_core_is_a_shard_or_a_thread() {
        let cpus = "0-2".parse().unwrap();
        let line = |peer: Peer| {
            peer.arguments(1, &cpus, Path::new("/"), &args(&[]))
                .join(" ")
        };
        assert!(line(Peer::Ringside).contains("--shards 3 --cpus 0-2"));
        assert!(line(Peer::Memcached).contains("-t 3"));
    }

    #[test]
    fn what_is_not_installed_is_not_found() {
        assert_eq!(find("no-such-program", &"/bin:/usr/bin".into()), None);
        assert!(find("sh", &"/nowhere:/bin".into()).is_some());
        assert_eq!(
            Peer::Ringside.program(&args(&["--ringside", "/nowhere"])),
            None
        );
    }
}
