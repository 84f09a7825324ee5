//! Tries io_uring out, and finds out who forbids it.

use std::io;

use rustix::io::Errno;

/// Why a ring could not be made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// `kernel.io_uring_disabled` has this value.
    Sysctl(u8),
    /// This process runs under a seccomp filter.
    Seccomp,
    /// The kernel does not know what was asked for.
    TooOld,
    /// Anything else.
    Other(String),
}

/// Makes a ring of the kind that shards use, and lets it go.
pub(super) fn io_uring() -> Result<(), Refusal> {
    // On a thread of its own: a ring of this kind belongs to its thread.
    let made = std::thread::spawn(|| crate::net::ring::builder().build(8).map(drop));
    let made = made
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the probe failed")));
    made.map_err(|error| why(&error, sysctl(), under_seccomp()))
}

fn why(error: &io::Error, sysctl: u8, under_seccomp: bool) -> Refusal {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::PERM | Errno::ACCESS | Errno::NOSYS) if sysctl > 0 => Refusal::Sysctl(sysctl),
        Some(Errno::PERM | Errno::ACCESS | Errno::NOSYS) if under_seccomp => Refusal::Seccomp,
        Some(Errno::INVAL | Errno::NOSYS) => Refusal::TooOld,
        _ => Refusal::Other(error.to_string()),
    }
}

fn sysctl() -> u8 {
    std::fs::read_to_string("/proc/sys/kernel/io_uring_disabled")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0)
}

fn under_seccomp() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        status
            .lines()
            .any(|line| line.starts_with("Seccomp:") && !line.trim_end().ends_with('0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_told_apart() {
        let error = |errno: Errno| io::Error::from(errno);
        assert_eq!(why(&error(Errno::PERM), 2, true), Refusal::Sysctl(2));
        assert_eq!(why(&error(Errno::PERM), 0, true), Refusal::Seccomp);
        assert_eq!(why(&error(Errno::NOSYS), 0, true), Refusal::Seccomp);
        assert_eq!(why(&error(Errno::NOSYS), 0, false), Refusal::TooOld);
        assert_eq!(why(&error(Errno::INVAL), 0, true), Refusal::TooOld);
        assert!(matches!(
            why(&error(Errno::NOMEM), 0, false),
            Refusal::Other(_)
        ));
    }
}
