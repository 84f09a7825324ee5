//! What can be wrong with a data directory, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a data directory was not opened. Nothing that it held was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The system refused something.
    #[error("cannot {what} {}: {error}{}", .path.display(), hint(.error))]
    Io {
        /// What was tried, as a verb.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Another process has the directory open.
    #[error(
        "{} is in use by another process: stop that one first, or give this one \
         another directory (--data-dir)", .0.display()
    )]
    InUse(PathBuf),
    /// The directory holds other things.
    #[error(
        "{} is no data directory of Ringside, and not empty (it holds {found}): \
         give an empty or new directory (--data-dir)", .path.display()
    )]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// One of the things.
        found: String,
    },
    /// There is no data directory, and none may be made.
    #[error("{} holds no data of Ringside: check --data-dir", .0.display())]
    NoData(PathBuf),
    /// A newer version has written the file.
    #[error(
        "{} at byte {offset}: {what}, which this version ({}) cannot read: start the newer \
         Ringside that wrote it; the data was left as it is",
        .path.display(), env!("CARGO_PKG_VERSION")
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is not known here.
        what: String,
    },
    /// The data is not what was written.
    #[error(
        "{} at byte {offset} is damaged: {what}. Nothing was changed. Do not delete \
         anything: copy the directory away, list all that is wrong with `ringside verify`, \
         look after the disk, and restore a backup (docs/durability.md, Damage)",
        .path.display()
    )]
    Damaged {
        /// The file, or the directory in which one is missing.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What was found.
        what: String,
    },
    /// A setting is out of its bounds.
    #[error("{0}")]
    Setting(String),
    /// The work was broken off, as asked.
    #[error("stopped")]
    Stopped,
}

impl OpenError {
    pub(super) fn io(what: &'static str, path: &Path, error: io::Error) -> Self {
        Self::Io {
            what,
            path: path.to_owned(),
            error,
        }
    }

    pub(super) fn damaged(path: &Path, offset: u64, what: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            offset,
            what: what.into(),
        }
    }
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => ": give this user access to it",
        io::ErrorKind::StorageFull => ": make room on the disk",
        io::ErrorKind::CrossesDevices => {
            ": a copy must be on the same file system first; carry it elsewhere from there"
        }
        io::ErrorKind::Unsupported => {
            ": the file system must support direct I/O (O_DIRECT), as ext4, XFS and btrfs do"
        }
        _ => "",
    }
}

/// Why the journal cannot go on while the server runs: what is on the disk is
/// not known any more. Stop the process, and start it again.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the journal of shard {shard} cannot go on: {error}")]
pub struct Failure {
    /// Whose journal.
    pub shard: usize,
    /// What went wrong.
    pub error: Arc<OpenError>,
}
