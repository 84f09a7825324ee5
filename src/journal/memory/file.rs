//! An open file of a disk in memory.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use super::{MemoryDisk, SECTOR};
use crate::journal::disk::File;

pub(super) struct MemoryFile {
    pub(super) disk: MemoryDisk,
    pub(super) node: usize,
}

impl File for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        let mut inner = self.disk.inner();
        inner.up()?;
        Ok(inner.nodes[self.node].file()?.len())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut inner = self.disk.inner();
        inner.up()?;
        Ok(inner.nodes[self.node].file()?.read(bytes, offset))
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.disk.inner().change(|inner| {
            let end = offset + bytes.len() as u64;
            let room = inner.nodes[self.node].file()?.room();
            if end > room && inner.used() + (end - room) > inner.capacity {
                return Err(Errno::NOSPC.into());
            }
            let file = inner.nodes[self.node].file()?;
            if std::mem::take(&mut inner.shorten_write) {
                file.write(&bytes[..bytes.len() / 2 / SECTOR * SECTOR], offset);
                return Err(io::ErrorKind::WriteZero.into());
            }
            file.write(bytes, offset);
            Ok(())
        })
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.disk.inner().change(|inner| {
            let room = inner.nodes[self.node].file()?.room();
            if len > room && inner.used() + (len - room) > inner.capacity {
                return Err(Errno::NOSPC.into());
            }
            inner.nodes[self.node].file()?.reserve(len);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.inner().change(|inner| {
            inner.nodes[self.node].file()?.set_len(len);
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.inner().sync(self.node)
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}
