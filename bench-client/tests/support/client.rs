//! Runs the client as a user does.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout, Command, Output, Stdio},
};

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

/// A client that still runs; dropped, it is ended.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    said: String,
}

/// Starts `ringside-bench`.
pub fn start(program: &str, arguments: &[&str]) -> Running {
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the client is built along with its tests");
    let stdout = child.stdout.take().expect("it is piped");
    Running {
        child,
        stdout: BufReader::new(stdout),
        said: String::new(),
    }
}

impl Running {
    /// Sends it a signal, such as Ctrl-C does.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("it runs");
    }

    /// The next line on its standard output.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("it prints text");
        self.said.push_str(&line);
        line
    }

    /// Waits for its end. It bounds itself by its timeouts.
    pub fn end(mut self) -> Run {
        let mut stdout = std::mem::take(&mut self.said);
        let mut stderr = String::new();
        self.stdout.read_to_string(&mut stdout).expect("text");
        let pipe = self.child.stderr.as_mut().expect("it is piped");
        pipe.read_to_string(&mut stderr).expect("text");
        Run {
            code: self.child.wait().expect("it was started").code(),
            stdout,
            stderr,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
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

    /// How many replies of this outcome the first table counts for `verb`.
    pub fn count(&self, verb: &str, outcome: &str) -> u64 {
        let table = self
            .stdout
            .lines()
            .skip_while(|line| !line.starts_with("verb"));
        let rows = table.take_while(|line| !line.is_empty());
        let mut cells = rows.map(|row| row.split_whitespace().collect::<Vec<_>>());
        let row = cells.find(|cells| cells.starts_with(&[verb, outcome]));
        row.map_or(0, |cells| number(cells[2]))
    }

    /// All replies to `verb`.
    pub fn replies(&self, verb: &str) -> u64 {
        let outcomes = ["OK", "FAIL", "FREE", "RESERVED", "SOLD"];
        outcomes
            .iter()
            .map(|outcome| self.count(verb, outcome))
            .sum()
    }

    /// The number behind `name` in the line of requests.
    pub fn requests(&self, name: &str) -> u64 {
        let mut lines = self.stdout.lines();
        let line = lines.find(|line| line.starts_with("requests  "));
        let rest = line.and_then(|line| line.split_once(&format!("{name} ")));
        let (_, rest) = rest.unwrap_or_else(|| panic!("no {name} in {self:#?}"));
        number(rest.split(", ").next().expect("a word"))
    }
}

fn number(text: &str) -> u64 {
    text.replace(',', "").parse().expect("a number")
}
