//! Another process as the system sees it: its processor time, memory, cores
//! and open files.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{cpu, cpus::CpuList};

/// Access mode of an open file, in `fdinfo`: reading only.
const READ_ONLY: u32 = 0;
const ACCESS_MODES: u32 = 0o3;

/// A process of this machine, the server as a rule.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pid: u32,
    root: PathBuf,
}

/// Whether what a server granted survives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// It keeps this file open for writing.
    File(PathBuf),
    /// It keeps none open.
    Memory,
    /// The system does not let us look.
    Unknown,
}

impl Process {
    /// The running process `pid`.
    ///
    /// # Errors
    /// If there is none, or its tasks cannot be read.
    pub(crate) fn new(pid: u32) -> io::Result<Self> {
        let root = PathBuf::from(format!("/proc/{pid}"));
        fs::read_dir(root.join("task"))?;
        Ok(Self { pid, root })
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Processor time of all its threads so far; `None` once it has ended.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        let mut sum = Duration::ZERO;
        for task in fs::read_dir(self.root.join("task")).ok()? {
            let schedstat = task.ok()?.path().join("schedstat");
            // A thread may end between the two looks.
            let text = fs::read_to_string(schedstat).unwrap_or_default();
            sum += cpu::parse(&text).unwrap_or_default().ran;
        }
        (!sum.is_zero()).then_some(sum)
    }

    /// Its resident memory in bytes.
    pub(crate) fn rss_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(self.root.join("status")).ok()?;
        let kib: u64 = field(&status, "VmRSS:")?
            .strip_suffix(" kB")?
            .parse()
            .ok()?;
        Some(kib * 1024)
    }

    /// The cores that its threads run on. Where some threads are pinned to
    /// fewer cores than others, those do the work, and theirs count.
    pub(crate) fn cpus(&self) -> CpuList {
        let mut sets: Vec<CpuList> = Vec::new();
        for task in fs::read_dir(self.root.join("task"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            let set = field(&status, "Cpus_allowed_list:").and_then(|list| list.parse().ok());
            sets.extend(set);
        }
        let widest = sets.iter().map(CpuList::len).max().unwrap_or(0);
        let pinned: CpuList = sets
            .iter()
            .filter(|set| set.len() < widest)
            .flat_map(CpuList::iter)
            .collect();
        if pinned.is_empty() {
            sets.iter().flat_map(CpuList::iter).collect()
        } else {
            pinned
        }
    }

    /// Whether it keeps files open for writing, its standard streams aside.
    pub(crate) fn storage(&self) -> Storage {
        let Ok(open) = fs::read_dir(self.root.join("fd")) else {
            return Storage::Unknown;
        };
        for file in open.flatten() {
            let name = file.file_name();
            let number = name.to_str().and_then(|name| name.parse::<u32>().ok());
            if number.is_some_and(|number| number > 2)
                && let Some(path) = self.written(&file.path(), &name.to_string_lossy())
            {
                return Storage::File(path);
            }
        }
        Storage::Memory
    }

    /// The regular file behind a descriptor that is open for writing.
    fn written(&self, link: &Path, descriptor: &str) -> Option<PathBuf> {
        let path = fs::read_link(link).ok()?;
        if !fs::metadata(link).ok()?.is_file() {
            return None;
        }
        let info = fs::read_to_string(self.root.join("fdinfo").join(descriptor)).ok()?;
        let flags = u32::from_str_radix(field(&info, "flags:")?, 8).ok()?;
        (flags & ACCESS_MODES != READ_ONLY).then_some(path)
    }
}

/// The value behind `name` at the start of a line.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Process {
        Process::new(std::process::id()).unwrap()
    }

    #[test]
    fn this_process_runs_and_has_memory_and_cores() {
        let own = own();
        assert!(own.cpu().unwrap() > Duration::ZERO);
        assert!(own.rss_bytes().unwrap() > 100_000);
        assert!(!own.cpus().is_empty());
        assert_eq!(own.pid(), std::process::id());
    }

    #[test]
    fn a_file_open_for_writing_is_storage() {
        let path = std::env::temp_dir().join(format!("ringside-bench-{}", std::process::id()));
        let file = fs::File::create(&path).unwrap();
        let found = own().storage();
        drop(file);
        fs::remove_file(&path).unwrap();
        assert!(matches!(found, Storage::File(_)), "{found:?}");
    }

    #[test]
    fn nobody_has_the_highest_number() {
        assert!(Process::new(u32::MAX).is_err());
    }

    #[test]
    fn fields_are_found_at_the_start_of_a_line() {
        let text = "Name:\tx\nVmRSS:\t  1204 kB\n";
        assert_eq!(field(text, "VmRSS:"), Some("1204 kB"));
        assert_eq!(field(text, "RSS:"), None);
    }
}
