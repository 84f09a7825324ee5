//! A disk in memory that fails as real ones do. For tests and simulations; it
//! stands below the journal that ships.
//!
//! What it may do, and nothing else:
//!
//! - **Power loss** ([`MemoryDisk::power_loss`]): of what was not synced, each
//!   512-byte sector of a write, each change of a length and each change of a
//!   name survives or not, in any combination; what was synced survives.
//! - **Death of the process** ([`MemoryDisk::restart`]): everything survives,
//!   synced or not.
//! - **Stop at an operation** ([`MemoryDisk::stop_after`]): after so many
//!   changes every call fails; the last change is begun and not confirmed.
//! - **A failed sync** ([`MemoryDisk::fail_sync`]): the sync and every call
//!   after it fail; nothing is known of what was not synced before.
//! - **A short write** ([`MemoryDisk::shorten_write`]): half of it, rounded
//!   down to sectors, is written, and an error comes back.
//! - **A full disk** ([`MemoryDisk::set_capacity`]): what needs more room
//!   fails and changes nothing.
//! - **Flipped bits** ([`MemoryDisk::flip`]): in what is stored.

mod file;
mod node;

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use self::file::MemoryFile;
use self::node::{Directory, Node};
use super::disk::{Disk, File, Held, Lock};

/// The unit that a disk writes whole or not at all, in bytes.
pub const SECTOR: usize = 512;

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Clone)]
struct Inner {
    nodes: Vec<Node>,
    /// Who holds which lock: `None` exclusively, else how many share it.
    locks: BTreeMap<PathBuf, Option<usize>>,
    capacity: u64,
    changes: u64,
    stop_after: Option<u64>,
    fail_sync: bool,
    shorten_write: bool,
    /// Every call fails from now on.
    down: bool,
}

const ROOT: usize = 0;

impl Default for Inner {
    fn default() -> Self {
        Self {
            nodes: vec![Node::Directory(Directory::default())],
            locks: BTreeMap::new(),
            capacity: u64::MAX,
            changes: 0,
            stop_after: None,
            fail_sync: false,
            shorten_write: false,
            down: false,
        }
    }
}

impl MemoryDisk {
    /// An empty disk without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is there after a power loss. `survives` decides for every sector,
    /// length and name that was changed and not synced.
    #[must_use]
    pub fn power_loss(&self, survives: &mut dyn FnMut() -> bool) -> Self {
        let inner = self.inner();
        let nodes = inner.nodes.iter();
        Self::of(nodes.map(|node| node.after_power_loss(survives)).collect())
    }

    /// What the next process finds when this one has died.
    #[must_use]
    pub fn restart(&self) -> Self {
        Self::of(self.inner().nodes.clone())
    }

    fn of(nodes: Vec<Node>) -> Self {
        let inner = Inner {
            nodes,
            ..Inner::default()
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Stops the disk within the change after so many more.
    pub fn stop_after(&self, changes: u64) {
        let mut inner = self.inner();
        inner.stop_after = Some(inner.changes + changes);
    }

    /// Makes the next sync fail, and everything after it.
    pub fn fail_sync(&self) {
        self.inner().fail_sync = true;
    }

    /// Makes the next write a short one.
    pub fn shorten_write(&self) {
        self.inner().shorten_write = true;
    }

    /// Says how many bytes all files together may take.
    pub fn set_capacity(&self, bytes: u64) {
        self.inner().capacity = bytes;
    }

    /// How many bytes all files take.
    pub fn used_bytes(&self) -> u64 {
        self.inner().used()
    }

    /// Changes made so far: writes, syncs, names, lengths.
    pub fn changes(&self) -> u64 {
        self.inner().changes
    }

    /// Whether the disk has stopped.
    pub fn is_down(&self) -> bool {
        self.inner().down
    }

    /// Flips the bits of `mask` in one byte of a file.
    ///
    /// # Errors
    /// When there is no such byte.
    pub fn flip(&self, path: &Path, offset: u64, mask: u8) -> io::Result<()> {
        let mut inner = self.inner();
        let node = inner.find(path)?;
        let file = inner.nodes[node].file()?;
        file.flip(offset, mask).ok_or_else(|| Errno::INVAL.into())
    }

    /// All files below a directory, with their lengths.
    ///
    /// # Errors
    /// When there is no such directory.
    pub fn files(&self, directory: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
        let mut inner = self.inner();
        let mut files = Vec::new();
        let mut open = vec![(directory.to_owned(), inner.find(directory)?)];
        while let Some((path, node)) = open.pop() {
            for (name, node) in inner.nodes[node].directory()?.entries() {
                let path = path.join(name);
                match &inner.nodes[node] {
                    Node::File(file) => files.push((path, file.len())),
                    Node::Directory(_) => open.push((path, node)),
                }
            }
        }
        files.sort();
        Ok(files)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, node: usize) -> Box<dyn File> {
        Box::new(MemoryFile {
            disk: self.clone(),
            node,
        })
    }
}

impl Inner {
    fn up(&self) -> io::Result<()> {
        if self.down {
            return Err(Errno::IO.into());
        }
        Ok(())
    }

    /// Counts a change, and does it. The one at which the disk stops is done
    /// and not confirmed: being unsynced, it may be lost.
    fn change<T>(&mut self, change: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        self.up()?;
        self.changes += 1;
        let done = change(self);
        if self.stop_after.is_some_and(|last| self.changes > last) {
            self.down = true;
            return Err(Errno::IO.into());
        }
        done
    }

    /// Counts a sync, and does it unless the disk stops at it.
    fn sync(&mut self, node: usize) -> io::Result<()> {
        self.up()?;
        self.changes += 1;
        if self.fail_sync || self.stop_after.is_some_and(|last| self.changes > last) {
            self.down = true;
            return Err(Errno::IO.into());
        }
        self.nodes[node].sync();
        Ok(())
    }

    fn find(&mut self, path: &Path) -> io::Result<usize> {
        let mut node = ROOT;
        for part in path.components() {
            if let Component::Normal(name) = part {
                let directory = self.nodes[node].directory()?;
                node = directory.get(&name.to_string_lossy()).ok_or(Errno::NOENT)?;
            }
        }
        Ok(node)
    }

    /// The directory that a path's last part stands in, and that part.
    fn parent(&mut self, path: &Path) -> io::Result<(usize, String)> {
        let name = path.file_name().ok_or(Errno::INVAL)?;
        let directory = self.find(path.parent().unwrap_or(Path::new("/")))?;
        self.nodes[directory].directory()?;
        Ok((directory, name.to_string_lossy().into_owned()))
    }

    fn add(&mut self, path: &Path, node: Node) -> io::Result<usize> {
        let (directory, name) = self.parent(path)?;
        let number = self.nodes.len();
        self.nodes.push(node);
        self.nodes[directory].directory()?.set(name, Some(number));
        Ok(number)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        let (directory, name) = self.parent(path)?;
        self.nodes[directory].directory()?.set(name, None);
        Ok(())
    }

    /// Of everything that a name leads to.
    fn used(&self) -> u64 {
        let mut open = vec![ROOT];
        let mut used = 0;
        while let Some(node) = open.pop() {
            match &self.nodes[node] {
                Node::File(file) => used += file.room(),
                Node::Directory(directory) => {
                    open.extend(directory.entries().into_iter().map(|(_, node)| node));
                }
            }
        }
        used
    }
}

impl Disk for MemoryDisk {
    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut inner = self.inner();
        inner.up()?;
        let node = inner.find(directory)?;
        let entries = inner.nodes[node].directory()?.entries();
        Ok(entries.into_iter().map(|(name, _)| name).collect())
    }

    fn make_directory(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.inner();
        match inner.find(path) {
            Ok(node) => inner.nodes[node].directory().map(drop),
            Err(_) => inner.change(|inner| {
                let directory = Node::Directory(Directory::default());
                inner.add(path, directory).map(drop)
            }),
        }
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        for name in self.list(path)? {
            let path = path.join(name);
            let is_file = {
                let mut inner = self.inner();
                let node = inner.find(&path)?;
                inner.nodes[node].file().is_ok()
            };
            if is_file {
                self.remove(&path)?;
            } else {
                self.remove_directory(&path)?;
            }
        }
        self.inner().change(|inner| inner.remove(path))
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.inner();
        let node = inner.find(path)?;
        inner.nodes[node].directory()?;
        inner.sync(node)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut inner = self.inner();
        inner.up()?;
        let node = inner.find(path)?;
        inner.nodes[node].file()?;
        Ok(self.file(node))
    }

    fn open_to_write(&self, path: &Path) -> io::Result<Box<dyn File>> {
        self.open(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut inner = self.inner();
        let node = inner.change(|inner| inner.add(path, Node::File(node::File::default())))?;
        Ok(self.file(node))
    }

    fn put(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let file = self.create(path)?;
        file.write_at(content, 0)?;
        file.sync()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner().change(|inner| {
            let node = inner.find(from)?;
            let (source, old) = inner.parent(from)?;
            let (target, new) = inner.parent(to)?;
            if source != target {
                return Err(Errno::XDEV.into());
            }
            inner.nodes[source].directory()?.rename(old, new, node);
            Ok(())
        })
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner().change(|inner| {
            let node = inner.find(from)?;
            let (target, name) = inner.parent(to)?;
            inner.nodes[target].directory()?.set(name, Some(node));
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.inner().change(|inner| {
            inner.find(path)?;
            inner.remove(path)
        })
    }

    fn lock(&self, path: &Path, how: Lock) -> io::Result<Option<Held>> {
        let mut inner = self.inner();
        inner.up()?;
        if inner.find(path).is_err() {
            if how == Lock::Shared {
                return Err(Errno::NOENT.into());
            }
            inner.change(|inner| inner.add(path, Node::File(node::File::default())))?;
        }
        let holders = match (inner.locks.get(path), how) {
            (None, Lock::Exclusive) => None,
            (None, Lock::Shared) => Some(1),
            (Some(Some(sharing)), Lock::Shared) => Some(sharing + 1),
            (Some(_), _) => return Ok(None),
        };
        inner.locks.insert(path.to_owned(), holders);
        Ok(Some(Box::new(HeldLock {
            disk: self.clone(),
            path: path.to_owned(),
        })))
    }

    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        let inner = self.inner();
        inner.up()?;
        Ok(inner.capacity.saturating_sub(inner.used()))
    }
}

struct HeldLock {
    disk: MemoryDisk,
    path: PathBuf,
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        let mut inner = self.disk.inner();
        match inner.locks.remove(&self.path) {
            Some(Some(sharing)) if sharing > 1 => {
                inner.locks.insert(self.path.clone(), Some(sharing - 1));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
