//! The real disk: the system's files, past its cache where they are written.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{Advice, FallocateFlags, FlockOperation, OFlags};
use rustix::io::Errno;

use super::disk::{Disk, File, Held, Lock};

/// The system's files.
///
/// Everything but small files is written with `O_DIRECT`: what a sync could
/// not write is then never read back from the cache as if it had been.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileDisk;

struct SystemFile(fs::File);

impl Disk for FileDisk {
    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(directory)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn make_directory(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            other => other,
        }
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        fs::File::open(path)?.sync_all()
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let file = fs::File::open(path)?;
        // Advice only: read well ahead.
        let _ = rustix::fs::fadvise(&file, 0, None, Advice::Sequential);
        Ok(Box::new(SystemFile(file)))
    }

    fn open_to_write(&self, path: &Path) -> io::Result<Box<dyn File>> {
        direct(OpenOptions::new().read(true).write(true), path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        direct(&mut options, path)
    }

    fn put(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let file = fs::File::create(path)?;
        file.write_all_at(content, 0)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn lock(&self, path: &Path, how: Lock) -> io::Result<Option<Held>> {
        let (file, operation) = match how {
            Lock::Exclusive => (
                OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .open(path)?,
                FlockOperation::NonBlockingLockExclusive,
            ),
            Lock::Shared => (fs::File::open(path)?, FlockOperation::NonBlockingLockShared),
        };
        match rustix::fs::flock(&file, operation) {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn free_bytes(&self, directory: &Path) -> io::Result<u64> {
        let system = rustix::fs::statvfs(directory)?;
        Ok(system.f_bavail.saturating_mul(system.f_frsize))
    }
}

fn direct(options: &mut OpenOptions, path: &Path) -> io::Result<Box<dyn File>> {
    options.custom_flags(OFlags::DIRECT.bits() as i32);
    match options.open(path) {
        Ok(file) => Ok(Box::new(SystemFile(file))),
        Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => {
            Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "it cannot be opened with O_DIRECT",
            ))
        }
        Err(error) => Err(error),
    }
}

impl File for SystemFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < bytes.len() {
            match self.0.read_at(&mut bytes[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        match rustix::fs::fallocate(&self.0, FallocateFlags::empty(), 0, len) {
            // Then writing the zeros allocates.
            Ok(()) | Err(Errno::OPNOTSUPP) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.0.as_fd())
    }
}
