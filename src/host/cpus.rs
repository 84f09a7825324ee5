//! Which CPUs this process may use.

use rustix::thread::{CpuSet, sched_getaffinity};

/// The CPUs that this process's affinity allows, in order.
pub fn usable_cpus() -> Vec<usize> {
    match sched_getaffinity(None) {
        Ok(set) => (0..CpuSet::MAX_CPU)
            .filter(|&cpu| set.is_set(cpu))
            .collect(),
        // A machine with more CPUs than the set holds: trust the quota.
        Err(_) => (0..quota()).collect(),
    }
}

/// How many CPUs are worth a thread: the affinity, and the cgroup's quota
/// rounded down, but at least one.
pub(super) fn quota() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The CPU for each of `shards` shards (0: as many as make sense), taken from
/// `allowed`, or from all usable ones when it is empty. More shards than CPUs
/// share them.
pub fn placement(shards: u16, allowed: &[usize]) -> Vec<usize> {
    let usable;
    let (cpus, sensible) = if allowed.is_empty() {
        usable = usable_cpus();
        (&usable[..], quota())
    } else {
        (allowed, allowed.len())
    };
    let count = if shards == 0 {
        sensible.min(crate::limits::MAX_SHARDS)
    } else {
        usize::from(shards)
    };
    cpus.iter().copied().cycle().take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_go_round_the_allowed_cpus() {
        assert_eq!(placement(0, &[2, 5]), [2, 5]);
        assert_eq!(placement(5, &[2, 5]), [2, 5, 2, 5, 2]);
        assert_eq!(placement(1, &[2, 5]), [2]);
    }

    #[test]
    fn without_a_list_the_usable_cpus_are_used() {
        let usable = usable_cpus();
        assert!(!usable.is_empty());
        let placed = placement(0, &[]);
        assert!(!placed.is_empty() && placed.len() <= usable.len());
        assert!(placed.iter().all(|cpu| usable.contains(cpu)));
    }
}
