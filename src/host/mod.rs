//! What the server needs of the machine it runs on, and what to do when it
//! does not get it. Start-up and `ringside doctor` ask the same questions.

mod cpus;
mod probe;

pub use cpus::{placement, usable_cpus};

use std::fmt;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::limits::{DESCRIPTORS_PER_SHARD, LOCKED_BYTES_PER_SHARD};
use probe::Refusal;

/// The oldest kernel with all that a shard's ring uses: deferred task work.
pub const LEAST_KERNEL: (u32, u32) = (6, 1);

/// What the server will ask of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Shards to run.
    pub shards: u16,
    /// Connections that must be possible.
    pub max_connections: usize,
}

/// Something without which the server cannot run. The message says the cause
/// and the mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostProblem {
    /// The kernel is older than [`LEAST_KERNEL`].
    #[error(
        "the kernel {release} is too old: io_uring with deferred task work needs Linux {}.{}. \
         Run Ringside on a newer kernel",
        LEAST_KERNEL.0, LEAST_KERNEL.1
    )]
    KernelTooOld {
        /// What `uname -r` says.
        release: String,
    },
    /// `kernel.io_uring_disabled` forbids it.
    #[error(
        "io_uring is switched off on this host (kernel.io_uring_disabled = {value}). \
         As root on the host: sysctl kernel.io_uring_disabled=0"
    )]
    DisabledBySysctl {
        /// 1: for processes without privilege; 2: for all.
        value: u8,
    },
    /// A seccomp filter forbids it: what Docker does by default.
    #[error(
        "io_uring is forbidden by a seccomp filter, as containers have by default. Allow \
         io_uring_setup, io_uring_enter and io_uring_register: for Docker, \
         --security-opt seccomp=FILE with a profile that does (or seccomp=unconfined to try it)"
    )]
    ForbiddenBySeccomp,
    /// Something else forbids it.
    #[error("io_uring is not available: {reason}. Ask who runs this host to allow it")]
    Unavailable {
        /// What the kernel said.
        reason: String,
    },
    /// Too little memory may be locked.
    #[error(
        "only {limit} bytes of memory may be locked, {shards} shards need {needed}. \
         Raise it: ulimit -l {kib} (or LimitMEMLOCK= in systemd, --ulimit memlock= in \
         Docker), or run fewer --shards", kib = .needed.div_ceil(1024)
    )]
    LockedMemory {
        /// What may be locked, in bytes.
        limit: u64,
        /// What must be, in bytes.
        needed: u64,
        /// For so many shards.
        shards: u16,
    },
    /// Too few files may be open.
    #[error(
        "only {limit} files may be open, {needed} are needed for --max-connections. \
         Raise it: ulimit -n {needed} (or LimitNOFILE= in systemd, --ulimit nofile= in \
         Docker), or allow fewer --max-connections"
    )]
    Descriptors {
        /// What may be open.
        limit: u64,
        /// What must be.
        needed: u64,
    },
}

/// The result of one question.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was asked about.
    pub name: &'static str,
    /// What was found to be fine, or what is wrong.
    pub result: Result<String, HostProblem>,
}

impl fmt::Display for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(found) => write!(formatter, "ok    {}: {found}", self.name),
            Err(problem) => write!(formatter, "WRONG {}: {problem}", self.name),
        }
    }
}

/// Asks everything. Raises this process's own limits as far as it may first.
pub fn check(needs: Needs) -> Vec<Check> {
    let release = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    let descriptors = raise(Resource::Nofile);
    let locked = raise(Resource::Memlock);
    vec![
        Check {
            name: "kernel",
            result: kernel(&release),
        },
        Check {
            name: "locked memory",
            result: locked_memory(locked, needs.shards),
        },
        Check {
            name: "open files",
            result: open_files(descriptors, needs),
        },
        Check {
            name: "io_uring",
            result: probe::io_uring()
                .map(|()| "a ring of the kind that shards use was made".to_owned())
                .map_err(|refusal| explain(refusal, &release)),
        },
        Check {
            name: "CPUs",
            result: Ok(format!(
                "this process may use {:?}, or {} by its quota",
                usable_cpus(),
                cpus::quota()
            )),
        },
    ]
}

/// The first problem, if there is one.
///
/// # Errors
/// That problem.
pub fn require(needs: Needs) -> Result<(), HostProblem> {
    check(needs)
        .into_iter()
        .try_for_each(|check| check.result.map(drop))
}

fn kernel(release: &str) -> Result<String, HostProblem> {
    match version(release) {
        Some(version) if version < LEAST_KERNEL => Err(HostProblem::KernelTooOld {
            release: release.to_owned(),
        }),
        // An unknown format is no reason to refuse: the probe will tell.
        _ => Ok(release.to_owned()),
    }
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn locked_memory(limit: Option<u64>, shards: u16) -> Result<String, HostProblem> {
    let needed = LOCKED_BYTES_PER_SHARD * u64::from(shards);
    match limit {
        None => Ok("unlimited".to_owned()),
        Some(limit) if limit < needed => Err(HostProblem::LockedMemory {
            limit,
            needed,
            shards,
        }),
        Some(limit) => Ok(format!("{limit} bytes, {needed} needed")),
    }
}

fn open_files(limit: Option<u64>, needs: Needs) -> Result<String, HostProblem> {
    let needed =
        needs.max_connections as u64 + DESCRIPTORS_PER_SHARD * (u64::from(needs.shards) + 1);
    match limit {
        None => Ok("unlimited".to_owned()),
        Some(limit) if limit < needed => Err(HostProblem::Descriptors { limit, needed }),
        Some(limit) => Ok(format!("{limit}, {needed} needed")),
    }
}

fn explain(refusal: Refusal, release: &str) -> HostProblem {
    match refusal {
        Refusal::Sysctl(value) => HostProblem::DisabledBySysctl { value },
        Refusal::Seccomp => HostProblem::ForbiddenBySeccomp,
        Refusal::TooOld => HostProblem::KernelTooOld {
            release: release.to_owned(),
        },
        Refusal::Other(reason) => HostProblem::Unavailable { reason },
    }
}

/// Raises a soft limit to its hard limit and says what it is then.
fn raise(resource: Resource) -> Option<u64> {
    let limit = getrlimit(resource);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // Where it may not be raised it stays what it was.
    let _ = setrlimit(resource, raised);
    getrlimit(resource).current
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: Needs = Needs {
        shards: 2,
        max_connections: 1_000,
    };

    #[test]
    fn an_old_kernel_is_named_and_an_unknown_one_is_tried() {
        for (release, fine) in [
            ("6.1.0-13-amd64", true),
            ("6.18.44", true),
            ("10.0", true),
            ("5.15.0-91-generic", false),
            ("6.0.9", false),
            ("weird", true),
        ] {
            assert_eq!(kernel(release).is_ok(), fine, "{release}");
        }
        let message = kernel("5.15.0-91-generic").unwrap_err().to_string();
        assert!(message.contains("5.15.0-91-generic") && message.contains("6.1"));
    }

    #[test]
    fn limits_are_compared_with_what_is_needed() {
        assert!(locked_memory(None, 64).is_ok());
        assert!(locked_memory(Some(1024 * 1024), 2).is_ok());
        let message = locked_memory(Some(65_536), 2).unwrap_err().to_string();
        assert!(message.contains("ulimit -l 1024"), "{message}");

        assert!(open_files(None, NEEDS).is_ok());
        assert!(open_files(Some(2_000), NEEDS).is_ok());
        let message = open_files(Some(1_024), NEEDS).unwrap_err().to_string();
        assert!(message.contains("ulimit -n 1096"), "{message}");
    }

    #[test]
    fn each_refusal_of_io_uring_has_its_own_mend() {
        let of = |refusal| explain(refusal, "6.18.0").to_string();
        assert!(of(Refusal::Sysctl(2)).contains("sysctl kernel.io_uring_disabled=0"));
        assert!(of(Refusal::Seccomp).contains("--security-opt"));
        assert!(of(Refusal::TooOld).contains("6.18.0"));
        assert!(of(Refusal::Other("EIO".into())).contains("EIO"));
    }
}
