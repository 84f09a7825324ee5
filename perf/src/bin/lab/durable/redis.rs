//! Redis as it is compared with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::server::Recipe;

/// A Redis that can be started.
pub(super) struct Redis {
    program: PathBuf,
    version: String,
}

impl Redis {
    /// The program that was named, which then must be there; or that of the
    /// search path, if there is one.
    pub(super) fn find(named: Option<&Path>) -> Result<Option<Self>> {
        let program = named.unwrap_or(Path::new("redis-server"));
        match Self::ask(program) {
            Err(_) if named.is_none() => {
                eprintln!(
                    "no redis-server: its rows are left out, and ratios to it. Install it \
                     (Debian and Ubuntu: apt install redis-server; Fedora: dnf install redis) or \
                     name it with --redis PROGRAM"
                );
                Ok(None)
            }
            found => found.map(Some),
        }
    }

    fn ask(program: &Path) -> Result<Self> {
        let cannot = || format!("cannot run {}", program.display());
        let output = Command::new(program)
            .arg("--version")
            .output()
            .with_context(cannot)?;
        ensure!(output.status.success(), "{}: {}", cannot(), output.status);
        let said = String::from_utf8_lossy(&output.stdout);
        Ok(Self {
            program: program.to_owned(),
            version: version(&said).unwrap_or("of an unknown version").to_owned(),
        })
    }

    /// One line about it.
    pub(super) fn describe(&self) -> String {
        format!(
            "Redis {}: --appendonly yes --save \"\" --auto-aof-rewrite-percentage 0: no snapshot \
             and no rewriting meanwhile",
            self.version
        )
    }

    /// One that writes every change to its append-only file and syncs it as
    /// `fsync` says: `always` or `everysec`. No snapshots, and the file is not
    /// rewritten in the middle of a measurement.
    pub(super) fn recipe(&self, name: &str, fsync: &str, data: PathBuf) -> Recipe {
        let args = [
            "--bind",
            "127.0.0.1",
            "--appendonly",
            "yes",
            "--appendfsync",
            fsync,
            "--save",
            "",
            "--auto-aof-rewrite-percentage",
            "0",
        ];
        Recipe::other(name, &self.program, &args).with_data("--dir", data)
    }
}

/// `7.0.15` of `Redis server v=7.0.15 sha=…`.
fn version(said: &str) -> Option<&str> {
    said.split_whitespace()
        .find_map(|word| word.strip_prefix("v="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read() {
        let said = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64";
        assert_eq!(version(said), Some("7.0.15"));
        assert_eq!(version("something else"), None);
    }

    #[test]
    fn a_program_that_was_named_must_be_there() {
        let error = Redis::find(Some(Path::new("/no/such/redis"))).err();
        let error = error.expect("nothing there").to_string();
        assert!(error.contains("/no/such/redis"), "{error}");
    }
}
