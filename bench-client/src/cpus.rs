//! Lists of cores, written as the kernel writes them: `0-3,8`.

use std::{collections::BTreeSet, fmt, str::FromStr};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use thiserror::Error;

/// Cores beyond this number cannot be named in an affinity mask.
const MOST: u32 = CpuSet::MAX_CPU as u32;

/// Some cores, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpuList(BTreeSet<u32>);

/// Why a text is no list of cores.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("cores are numbers and ranges below {MOST}, such as 1, 0-3 or 0,2,4-7")]
pub(crate) struct BadCpus;

impl CpuList {
    /// The cores that this thread may run on.
    pub(crate) fn own() -> Self {
        let Ok(set) = sched_getaffinity(None) else {
            return Self::default();
        };
        (0..MOST).filter(|&cpu| set.is_set(cpu as usize)).collect()
    }

    /// Pins the calling thread to these cores.
    ///
    /// # Errors
    /// If the system does not have them, or does not lend them.
    pub(crate) fn pin_thread(&self) -> std::io::Result<()> {
        let mut set = CpuSet::new();
        for cpu in self.iter() {
            set.set(cpu as usize);
        }
        Ok(sched_setaffinity(None, &set)?)
    }

    /// These cores without `others`.
    pub(crate) fn without(&self, others: &Self) -> Self {
        Self(&self.0 - &others.0)
    }

    /// The cores that are in both.
    pub(crate) fn shared_with(&self, others: &Self) -> Self {
        Self(&self.0 & &others.0)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The cores, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied()
    }

    /// The core for thread number `thread`, each in turn; `None` if there are
    /// none.
    pub(crate) fn of_thread(&self, thread: usize) -> Option<Self> {
        let cpu = self.iter().nth(thread % self.len().max(1))?;
        Some(Self(BTreeSet::from([cpu])))
    }
}

impl FromIterator<u32> for CpuList {
    fn from_iter<I: IntoIterator<Item = u32>>(cpus: I) -> Self {
        Self(cpus.into_iter().collect())
    }
}

impl FromStr for CpuList {
    type Err = BadCpus;

    fn from_str(text: &str) -> Result<Self, BadCpus> {
        let mut cpus = BTreeSet::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| text.parse().ok().filter(|&cpu| cpu < MOST).ok_or(BadCpus);
            let (first, last): (u32, u32) = (number(first)?, number(last)?);
            if first > last {
                return Err(BadCpus);
            }
            cpus.extend(first..=last);
        }
        Ok(Self(cpus))
    }
}

impl fmt::Display for CpuList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cpus = self.iter().peekable();
        let mut comma = "";
        while let Some(first) = cpus.next() {
            let mut last = first;
            while cpus.next_if_eq(&(last + 1)).is_some() {
                last += 1;
            }
            write!(f, "{comma}{first}")?;
            if last > first {
                write!(f, "-{last}")?;
            }
            comma = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> CpuList {
        text.parse().unwrap()
    }

    #[test]
    fn lists_are_read_and_written_as_the_kernel_does() {
        for text in ["0", "0-3", "0,2,4-7"] {
            assert_eq!(list(text).to_string(), text);
        }
        assert_eq!(list("3,1,2").to_string(), "1-3");
        for wrong in ["", "a", "1-", "3-1", "-1", "1,,2", "99999"] {
            assert_eq!(wrong.parse::<CpuList>(), Err(BadCpus), "{wrong}");
        }
    }

    #[test]
    fn threads_take_cores_in_turn() {
        let cores = list("2,5");
        let of = |thread| cores.of_thread(thread).unwrap().to_string();
        assert_eq!([of(0), of(1), of(2)], ["2", "5", "2"]);
        assert_eq!(CpuList::default().of_thread(0), None);
    }

    #[test]
    fn what_is_shared_and_what_is_left() {
        assert_eq!(list("0-3").without(&list("1,2")), list("0,3"));
        assert_eq!(list("0-3").shared_with(&list("3-5")), list("3"));
    }

    #[test]
    fn a_thread_can_be_pinned_to_a_core_it_has() {
        std::thread::spawn(|| {
            let one = CpuList::own().of_thread(0).unwrap();
            one.pin_thread().unwrap();
            assert_eq!(CpuList::own(), one);
        })
        .join()
        .unwrap();
    }
}
