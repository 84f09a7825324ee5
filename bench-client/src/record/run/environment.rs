//! Where and by what a run was measured.

use std::{fs, thread::available_parallelism, time::SystemTime};

use rustix::system::uname;
use serde::{Deserialize, Serialize};

/// Where and by what a run was measured; `null` is what the system did not tell.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Environment {
    /// When the record was begun, UTC, as RFC 3339.
    pub(crate) time: String,
    /// Name and version of the kernel.
    pub(crate) kernel: Option<String>,
    /// Processor model.
    pub(crate) cpu_model: Option<String>,
    /// Logical processors that the client may use.
    pub(crate) cores: u32,
    /// Frequency governor of the first processor; `null` where there is none.
    pub(crate) governor: Option<String>,
    /// Memory of the machine, in bytes.
    pub(crate) memory_bytes: Option<u64>,
    /// Version of this client.
    pub(crate) client_version: String,
    /// `release`, or `debug`: figures of a debug build mean nothing.
    pub(crate) build_profile: String,
    /// Commit of the client; ends in `-dirty` if the sources were changed.
    pub(crate) commit: Option<String>,
    /// Compiler of the client.
    pub(crate) rustc: Option<String>,
    /// The server's command line, if its process was named.
    pub(crate) server_command: Option<String>,
}

impl Environment {
    /// Asks the machine, and the build.
    pub(crate) fn read(server_pid: Option<u32>) -> Self {
        Self {
            time: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            kernel: Some(kernel()),
            cpu_model: text("/proc/cpuinfo").and_then(|text| field(&text, "model name")),
            cores: available_parallelism().map_or(0, |cores| cores.get() as u32),
            governor: text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
                .map(|text| text.trim().to_owned()),
            memory_bytes: text("/proc/meminfo").and_then(|text| memory(&text)),
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
            build_profile: profile().to_owned(),
            commit: option_env!("RINGSIDE_BENCH_COMMIT").map(str::to_owned),
            rustc: option_env!("RINGSIDE_BENCH_RUSTC").map(str::to_owned),
            server_command: server_pid.and_then(command_of),
        }
    }
}

fn profile() -> &'static str {
    if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    }
}

fn kernel() -> String {
    let system = uname();
    let [name, release] = [system.sysname(), system.release()].map(|text| text.to_string_lossy());
    format!("{name} {release}")
}

fn text(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// The value behind the first `name :` of a file such as `/proc/cpuinfo`.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.trim() == name).then(|| value.trim().to_owned())
    })
}

fn memory(meminfo: &str) -> Option<u64> {
    let total = field(meminfo, "MemTotal")?;
    let kilobytes: u64 = total.strip_suffix(" kB")?.parse().ok()?;
    kilobytes.checked_mul(1_024)
}

fn command_of(pid: u32) -> Option<String> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let words: Vec<&str> = text.split('\0').filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_told() {
        let here = Environment::read(Some(std::process::id()));
        assert!(here.kernel.unwrap().starts_with("Linux "));
        assert!(here.memory_bytes.unwrap() > 1 << 20);
        assert!(here.cores > 0);
        assert!(
            here.time.starts_with("20") && here.time.ends_with('Z'),
            "{}",
            here.time
        );
        assert!(here.server_command.unwrap().contains("ringside_bench"));
        // No process has this number.
        assert_eq!(Environment::read(Some(u32::MAX)).server_command, None);
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "model\t\t: 1\nmodel name\t: AMD EPYC\nmodel name\t: other\n";
        assert_eq!(field(text, "model name").as_deref(), Some("AMD EPYC"));
        assert_eq!(field(text, "name"), None);
        assert_eq!(memory("MemTotal:       2 kB\n"), Some(2_048));
        assert_eq!(memory("MemTotal:       much\n"), None);
    }
}
