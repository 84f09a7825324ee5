//! House rules, checked: who may use whom, how long files are, what may not
//! appear.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which modules of `src/` each module may use; the table in `src/lib.rs`.
const ARROWS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("lib", &["boot", "config", "engine"]),
    (
        "cli",
        &[
            "api",
            "boot",
            "clock",
            "config",
            "engine",
            "host",
            "inventory",
            "journal",
            "logging",
            "net",
            "shard",
        ],
    ),
    (
        "engine",
        &[
            "api",
            "boot",
            "clock",
            "config",
            "inventory",
            "limits",
            "net",
            "route",
        ],
    ),
    (
        "boot",
        &[
            "api",
            "config",
            "host",
            "http",
            "inventory",
            "journal",
            "limits",
            "matching",
            "mesh",
            "net",
            "outward",
            "payment",
            "route",
            "shard",
            "webhooks",
            "wire",
        ],
    ),
    (
        "net",
        &[
            "api",
            "clock",
            "http",
            "inventory",
            "journal",
            "limits",
            "matching",
            "mesh",
            "route",
            "shard",
            "wire",
        ],
    ),
    (
        "shard",
        &[
            "inventory",
            "journal",
            "limits",
            "matching",
            "mesh",
            "route",
        ],
    ),
    ("http", &["api", "inventory", "limits", "payment", "shard"]),
    (
        "payment",
        &["api", "inventory", "limits", "outward", "route"],
    ),
    (
        "webhooks",
        &["api", "inventory", "limits", "outward", "payment", "route"],
    ),
    ("outward", &[]),
    ("api", &["inventory", "limits", "route"]),
    ("mesh", &["inventory", "limits", "matching", "route"]),
    ("matching", &["limits", "route", "wire"]),
    ("wire", &["inventory", "limits", "matching"]),
    ("route", &[]),
    ("inventory", &["limits"]),
    ("config", &["inventory", "limits", "matching", "wire"]),
    ("host", &["limits", "net"]),
    ("logging", &["config"]),
    ("clock", &[]),
    ("journal", &["limits"]),
    ("limits", &["inventory", "wire"]),
];

/// Must compile without a runtime, a socket or a clock.
const PURE: &[&str] = &[
    "src/api/",
    "src/http/",
    "src/inventory/",
    "src/matching/",
    "src/payment/backoff.rs",
    "src/payment/hosted/form.rs",
    "src/payment/hosted/reading.rs",
    "src/payment/hosted/signature.rs",
    "src/payment/provider.rs",
    "src/payment/settling.rs",
    "src/payment/watch.rs",
    "src/webhooks/message.rs",
    "src/webhooks/secret.rs",
    "src/wire/",
    "src/route.rs",
    "src/mesh/batch.rs",
    "src/mesh/outbox.rs",
    "src/journal/frame.rs",
    "src/journal/header.rs",
    "src/journal/record.rs",
    "src/journal/writer.rs",
    "src/net/replies.rs",
    "src/net/session.rs",
    "bench-client/src/plan/",
    "bench-client/src/check/",
];

const IMPURE_WORDS: &[&str] = &[
    "glommio",
    "io_uring::",
    "std::net",
    "std::fs",
    "std::thread",
    "Instant",
    "SystemTime",
    "tracing",
    "mio::",
];

/// Where `unsafe` may stand: memory shared with the kernel, tables in memory of
/// their own, and registers of which only the running program knows whether the processor
/// has them.
const UNSAFE: &[&str] = &[
    "src/matching/pairs/pages.rs",
    "src/net/ring/",
    "src/wire/like/avx2.rs",
    "src/wire/like/lanes.rs",
];

const LONGEST_FILE: usize = 500;
const LONGEST_MEDIAN: usize = 180;

struct Source {
    path: String,
    /// Without what follows `#[cfg(test)]`, which stands last by convention.
    code: String,
    whole: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in ["src", "bench-client/src", "perf"] {
        collect(&root.join(folder), &mut paths);
    }
    assert!(paths.len() > 30, "the sources were found");
    paths
        .into_iter()
        .map(|path| {
            let whole = std::fs::read_to_string(&path).unwrap();
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            let is_test = name.ends_with("/tests.rs");
            let code = whole.split("#[cfg(test)]").next().unwrap_or_default();
            Source {
                code: if is_test {
                    String::new()
                } else {
                    code.to_owned()
                },
                path: name,
                whole,
            }
        })
        .collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|end| end == "rs") {
            paths.push(path);
        }
    }
}

fn report(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

/// The modules of this crate that a source names.
fn used(code: &str) -> Vec<String> {
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| {
            line.split("crate::")
                .skip(1)
                .chain(line.split("ringside::").skip(1))
        })
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
        .filter(|name: &String| !name.is_empty())
        .collect()
}

#[test]
fn arrows_point_one_way() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut broken = Vec::new();
    for source in sources() {
        let Some(path) = source.path.strip_prefix("src/") else {
            continue;
        };
        let module = path.split(['/', '.']).next().unwrap();
        let Some(allowed) = arrows.get(module) else {
            broken.push(format!(
                "{}: the module is in no row of ARROWS",
                source.path
            ));
            continue;
        };
        for name in used(&source.code) {
            if name != module && !allowed.contains(&name.as_str()) {
                broken.push(format!("{}: uses {name}", source.path));
            }
        }
    }
    report("who may use whom (see src/lib.rs)", &broken);
}

#[test]
fn pure_code_stays_pure() {
    let mut broken = Vec::new();
    for source in sources() {
        if !PURE.iter().any(|pure| source.path.starts_with(pure)) {
            continue;
        }
        for word in IMPURE_WORDS {
            let found = source
                .code
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            if found {
                broken.push(format!("{}: {word}", source.path));
            }
        }
    }
    report("pure modules do no I/O and know no time", &broken);
}

#[test]
fn unsafe_code_and_time_are_in_their_places() {
    let mut broken = Vec::new();
    for source in sources() {
        if !source.path.starts_with("src/") {
            continue;
        }
        let may_be_unsafe = UNSAFE.iter().any(|path| source.path.starts_with(path));
        if source.code.contains("unsafe {") && !may_be_unsafe {
            broken.push(format!("{}: unsafe", source.path));
        }
        let reads_time = source.code.contains("Instant::now") || source.code.contains("SystemTime");
        if reads_time && source.path != "src/clock.rs" {
            broken.push(format!("{}: reads the time", source.path));
        }
    }
    report(
        "unsafe only in its places, time only in src/clock.rs",
        &broken,
    );
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut broken = Vec::new();
    let mut lengths = Vec::new();
    for source in sources() {
        let length = source.whole.lines().count();
        lengths.push(length);
        if length > LONGEST_FILE {
            broken.push(format!("{}: {length} lines", source.path));
        }
        let is_test = source.path.ends_with("tests.rs");
        if !is_test && !source.whole.starts_with("//!") {
            broken.push(format!("{}: no module documentation", source.path));
        }
        for word in ["TODO", "FIXME", "XXX"] {
            if source.whole.contains(word) {
                broken.push(format!("{}: {word}", source.path));
            }
        }
        for folder in ["utils", "common", "manager", "helpers"] {
            if source.path.contains(folder) {
                broken.push(format!("{}: says nothing", source.path));
            }
        }
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    if median > LONGEST_MEDIAN {
        broken.push(format!("the median file has {median} lines"));
    }
    report("files", &broken);
}
