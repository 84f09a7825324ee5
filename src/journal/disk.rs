//! What the journal asks of a disk: few calls, so that a faulty twin can stand
//! in for the real one (see [`super::memory`]).

use std::any::Any;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

/// A file system, with the promises of POSIX and not one more: bytes are on
/// stable storage after [`File::sync`], names after
/// [`Disk::sync_directory`].
pub trait Disk: Send + Sync {
    /// The names in a directory, in any order.
    ///
    /// # Errors
    /// What the system says.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;

    /// Makes a directory; one that exists is fine.
    ///
    /// # Errors
    /// What the system says.
    fn make_directory(&self, path: &Path) -> io::Result<()>;

    /// Removes a directory and everything in it.
    ///
    /// # Errors
    /// What the system says.
    fn remove_directory(&self, path: &Path) -> io::Result<()>;

    /// Puts on stable storage which names stand in a directory.
    ///
    /// # Errors
    /// What the system says. Never to be tried again.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;

    /// Opens a file to read it.
    ///
    /// # Errors
    /// What the system says.
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>>;

    /// Opens a file to write blocks to it, past the system's cache.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::Unsupported`] where the file
    /// system cannot do without a cache.
    fn open_to_write(&self, path: &Path) -> io::Result<Box<dyn File>>;

    /// Makes an empty file (one of that name loses its content) and opens it
    /// like [`Disk::open_to_write`].
    ///
    /// # Errors
    /// What the system says.
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>>;

    /// Makes a small file with this content and syncs it.
    ///
    /// # Errors
    /// What the system says.
    fn put(&self, path: &Path, content: &[u8]) -> io::Result<()>;

    /// Gives a file another name, in place of the one that had it, at once.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file a second name, which no file has yet.
    ///
    /// # Errors
    /// What the system says.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Locks a file for as long as the result lives; makes it if it is not
    /// there and `how` is exclusive. `None`: somebody else holds it.
    ///
    /// # Errors
    /// What the system says.
    fn lock(&self, path: &Path, how: Lock) -> io::Result<Option<Held>>;

    /// How many bytes are free for us on the file system of a directory.
    ///
    /// # Errors
    /// What the system says.
    fn free_bytes(&self, directory: &Path) -> io::Result<u64>;
}

/// A lock that is held; dropping it lets go.
pub type Held = Box<dyn Any + Send + Sync>;

/// Who else may hold a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Nobody.
    Exclusive,
    /// Others that share it.
    Shared,
}

/// An open file.
pub trait File: Send + Sync {
    /// Its length in bytes.
    ///
    /// # Errors
    /// What the system says.
    fn len(&self) -> io::Result<u64>;

    /// Whether it has no bytes.
    ///
    /// # Errors
    /// What the system says.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `bytes` from `offset` on and says how many there were: fewer only
    /// at the end of the file.
    ///
    /// # Errors
    /// What the system says.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes`, which are aligned blocks.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::WriteZero`] when it wrote less.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Reserves room up to `len` bytes.
    ///
    /// # Errors
    /// What the system says.
    fn allocate(&self, len: u64) -> io::Result<()>;

    /// Cuts the file, or lengthens it with zeros.
    ///
    /// # Errors
    /// What the system says.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Puts everything that was written on stable storage.
    ///
    /// # Errors
    /// What the system says. What is on the disk is not known then, and asking
    /// again must not be believed: stop.
    fn sync(&self) -> io::Result<()>;

    /// The descriptor, for those who do their own writing; `None` where no
    /// system stands behind the file.
    fn fd(&self) -> Option<BorrowedFd<'_>>;
}
