//! Stamps the client with the commit and the compiler it was built from, so
//! that a report can say them. What is not known is left out.

use std::{env, path::Path, process::Command};

fn main() {
    // A new commit, and a change that makes the tree dirty.
    for watched in [
        "../.git/HEAD",
        "../.git/logs/HEAD",
        "src",
        "Cargo.toml",
        "build.rs",
    ] {
        // Cargo takes a missing file for a changed one, every time.
        if Path::new(watched).exists() {
            println!("cargo::rerun-if-changed={watched}");
        }
    }
    println!("cargo::rerun-if-env-changed=RINGSIDE_COMMIT");
    let commit = env::var("RINGSIDE_COMMIT").ok().or_else(|| {
        // The sources may lie unpacked inside some other repository.
        Path::new("../.git").exists().then_some(())?;
        said(
            "git",
            &[
                "describe",
                "--always",
                "--dirty",
                "--abbrev=12",
                "--exclude=*",
            ],
        )
    });
    if let Some(commit) = commit {
        println!("cargo::rustc-env=RINGSIDE_BENCH_COMMIT={commit}");
    }
    let compiler = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    if let Some(version) = said(&compiler, &["--version"]) {
        println!("cargo::rustc-env=RINGSIDE_BENCH_RUSTC={version}");
    }
}

/// What a program said, if it ran and said anything.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}
