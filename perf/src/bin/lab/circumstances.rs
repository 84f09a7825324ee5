//! What a measurement depends on and its numbers do not show.

use std::fmt::Write;
use std::process::Command;

/// The machine and the build, without names: one fact on each line.
pub(crate) fn describe() -> String {
    let mut text = String::new();
    let mut fact = |name: &str, value: Option<String>| {
        let value = value.unwrap_or_else(|| "unknown".to_owned());
        let _ = writeln!(text, "{name}: {}", value.trim());
    };
    fact("kernel", read("/proc/sys/kernel/osrelease"));
    fact("processor", from_cpuinfo("model name"));
    fact(
        "cores usable",
        Some(ringside::host::usable_cpus().len().to_string()),
    );
    fact(
        "virtual machine",
        from_cpuinfo("flags").map(|flags| flags.split(' ').any(|f| f == "hypervisor").to_string()),
    );
    fact(
        "governor",
        read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
    );
    fact("isolated cores", read("/sys/devices/system/cpu/isolated"));
    fact("load before, 1 5 15 minutes", read("/proc/loadavg"));
    fact("commit", output("git", &["rev-parse", "--short", "HEAD"]));
    fact(
        "changes since",
        output("git", &["status", "--porcelain"]).map(|changes| {
            let changes = changes
                .lines()
                .filter(|line| !line.starts_with("??"))
                .count();
            format!("{changes} files")
        }),
    );
    fact("compiler", output("rustc", &["--version"]));
    text
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn from_cpuinfo(name: &str) -> Option<String> {
    let text = read("/proc/cpuinfo")?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.to_owned())
}

fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}
