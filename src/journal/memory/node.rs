//! Files and directories: as they are now, and what a power loss leaves.

use std::collections::BTreeMap;
use std::io;

use rustix::io::Errno;

use super::SECTOR;

#[derive(Clone)]
pub(super) enum Node {
    File(File),
    Directory(Directory),
}

#[derive(Clone, Default)]
pub(super) struct File {
    now: Vec<u8>,
    /// Allocated, at least.
    reserved: u64,
    synced: Vec<u8>,
    /// Since the last sync, in order.
    changes: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

#[derive(Clone, Default)]
pub(super) struct Directory {
    now: BTreeMap<String, usize>,
    synced: BTreeMap<String, usize>,
    /// Since the last sync, in order; each survives whole or not at all.
    changes: Vec<NameChange>,
}

#[derive(Clone)]
enum NameChange {
    Set(String, Option<usize>),
    Rename {
        from: String,
        to: String,
        node: usize,
    },
}

impl Node {
    pub(super) fn file(&mut self) -> io::Result<&mut File> {
        match self {
            Self::File(file) => Ok(file),
            Self::Directory(_) => Err(Errno::ISDIR.into()),
        }
    }

    pub(super) fn directory(&mut self) -> io::Result<&mut Directory> {
        match self {
            Self::Directory(directory) => Ok(directory),
            Self::File(_) => Err(Errno::NOTDIR.into()),
        }
    }

    pub(super) fn sync(&mut self) {
        match self {
            Self::File(file) => {
                for change in file.changes.drain(..) {
                    change.apply(&mut file.synced);
                }
            }
            Self::Directory(directory) => {
                for change in directory.changes.drain(..) {
                    change.apply(&mut directory.synced);
                }
            }
        }
    }

    pub(super) fn after_power_loss(&self, survives: &mut dyn FnMut() -> bool) -> Self {
        match self {
            Self::File(file) => {
                let mut left = file.synced.clone();
                for change in &file.changes {
                    change.apply_in_part(&mut left, survives);
                }
                Self::File(File {
                    now: left.clone(),
                    reserved: 0,
                    synced: left,
                    changes: Vec::new(),
                })
            }
            Self::Directory(directory) => {
                let mut left = directory.synced.clone();
                for change in &directory.changes {
                    if survives() {
                        change.clone().apply(&mut left);
                    }
                }
                Self::Directory(Directory {
                    now: left.clone(),
                    synced: left,
                    changes: Vec::new(),
                })
            }
        }
    }
}

impl File {
    pub(super) fn len(&self) -> u64 {
        self.now.len() as u64
    }

    /// Bytes that it takes on the disk.
    pub(super) fn room(&self) -> u64 {
        self.len().max(self.reserved)
    }

    pub(super) fn read(&self, bytes: &mut [u8], offset: u64) -> usize {
        let rest = self.now.get(offset as usize..).unwrap_or(&[]);
        let len = rest.len().min(bytes.len());
        bytes[..len].copy_from_slice(&rest[..len]);
        len
    }

    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) {
        self.make(Change::Write {
            offset: offset as usize,
            bytes: bytes.to_vec(),
        });
    }

    pub(super) fn set_len(&mut self, len: u64) {
        self.reserved = 0;
        self.make(Change::Length(len as usize));
    }

    pub(super) fn reserve(&mut self, len: u64) {
        self.reserved = self.reserved.max(len);
    }

    pub(super) fn flip(&mut self, offset: u64, mask: u8) -> Option<()> {
        *self.now.get_mut(offset as usize)? ^= mask;
        if let Some(byte) = self.synced.get_mut(offset as usize) {
            *byte ^= mask;
        }
        Some(())
    }

    fn make(&mut self, change: Change) {
        change.clone().apply(&mut self.now);
        self.changes.push(change);
    }
}

impl Change {
    fn apply(self, to: &mut Vec<u8>) {
        self.apply_in_part(to, &mut || true);
    }

    fn apply_in_part(&self, to: &mut Vec<u8>, survives: &mut dyn FnMut() -> bool) {
        match self {
            Self::Length(len) => {
                if survives() {
                    to.resize(*len, 0);
                }
            }
            Self::Write { offset, bytes } => {
                for (number, sector) in bytes.chunks(SECTOR).enumerate() {
                    if survives() {
                        let from = offset + number * SECTOR;
                        let end = from + sector.len();
                        if to.len() < end {
                            to.resize(end, 0);
                        }
                        to[from..end].copy_from_slice(sector);
                    }
                }
            }
        }
    }
}

impl Directory {
    pub(super) fn get(&self, name: &str) -> Option<usize> {
        self.now.get(name).copied()
    }

    pub(super) fn entries(&self) -> Vec<(String, usize)> {
        let entries = self.now.iter();
        entries.map(|(name, &node)| (name.clone(), node)).collect()
    }

    pub(super) fn set(&mut self, name: String, node: Option<usize>) {
        self.make(NameChange::Set(name, node));
    }

    pub(super) fn rename(&mut self, from: String, to: String, node: usize) {
        self.make(NameChange::Rename { from, to, node });
    }

    fn make(&mut self, change: NameChange) {
        change.clone().apply(&mut self.now);
        self.changes.push(change);
    }
}

impl NameChange {
    fn apply(self, to: &mut BTreeMap<String, usize>) {
        match self {
            Self::Set(name, Some(node)) => {
                to.insert(name, node);
            }
            Self::Set(name, None) => {
                to.remove(&name);
            }
            Self::Rename {
                from,
                to: new,
                node,
            } => {
                to.remove(&from);
                to.insert(new, node);
            }
        }
    }
}
