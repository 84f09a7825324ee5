//! Runs the client as a user does.

use std::process::{Command, Output};

/// How a run of the client ended.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `ringside-bench` to its end. Each run bounds itself by its timeouts.
pub fn run(program: &str, arguments: &[&str]) -> Run {
    let output: Output = Command::new(program)
        .args(arguments)
        .output()
        .expect("the client is built along with its tests");
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Run {
    /// Asserts how the run ended and that it said why.
    #[track_caller]
    pub fn assert(&self, code: i32, says: &str) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        let said = self.stdout.contains(says) || self.stderr.contains(says);
        assert!(said, "nothing of {says:?} in {self:#?}");
    }
}
