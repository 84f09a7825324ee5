//! Starting: what is said when it works, and when it cannot.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::process::Output;

use support::{Client, Program, program};

fn text(output: &Output) -> (Option<i32>, String) {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text += &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

/// Runs the program under a shell that first does `limits`, for the limits
/// that a shell can set.
fn under_limits(limits: &str, args: &[&str]) -> (Option<i32>, String) {
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("{limits} && exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_ringside"))
        .args([
            "--seat-port",
            "0",
            "--source-port",
            "0",
            "--listener-port",
            "0",
            "--http-port",
            "0",
            "--shards",
            "2",
        ])
        .args(args)
        .output()
        .expect("a shell");
    text(&output)
}

#[test]
fn one_line_says_where_it_listens_and_that_it_is_in_memory() {
    let server = Program::start(&["--shards", "2"]);
    let line = &server.first_line;
    assert!(
        line.contains("127.0.0.1:") && line.contains("2 shards"),
        "{line}"
    );
    assert!(line.contains("in memory"), "{line}");
    assert_eq!(Client::to(server.address).ask("QUERY: A1"), "FREE");
}

#[test]
fn the_line_is_an_object_in_json() {
    let server = Program::start(&["--log-format", "json", "--bind", "127.0.0.1"]);
    let line: serde_json::Value = serde_json::from_str(&server.first_line).unwrap();
    assert_eq!(line["message"], "ready");
    assert!(line["seats"][0].as_str().unwrap().starts_with("127.0.0.1:"));
}

#[test]
fn nothing_but_that_line_is_printed_at_the_default_level() {
    let mut server = Program::start(&["--shards", "3"]);
    assert_eq!(Client::to(server.address).ask("nonsense"), "FAIL");
    server.signal("KILL");
    let mut said = String::new();
    std::io::Read::read_to_string(&mut server.child.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(said, "");
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let first = Program::start(&[]);
    let port = first.address.port().to_string();
    let output = program(&["--seat-port", &port]).output().unwrap();
    let (code, said) = text(&output);
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("is in use") && said.contains("--seat-port"),
        "{said}"
    );
}

#[test]
fn too_little_locked_memory_is_named_with_what_to_do() {
    let (code, said) = under_limits("ulimit -l 512", &["--shards", "4"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("ulimit -l 2048"), "{said}");
}

#[test]
fn too_few_open_files_are_named_with_what_to_do() {
    let (code, said) = under_limits("ulimit -n 1000", &["--max-connections", "5000"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains("ulimit -n 5096") && said.contains("--max-connections"),
        "{said}"
    );
}

/// Runs the program under a seccomp filter that forbids io_uring, as Docker's
/// default does. A filter is inherited by what its thread starts.
fn without_io_uring(args: &'static [&str]) -> (Option<i32>, String) {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
    const IO_URING_SETUP: i64 = 425;
    std::thread::spawn(move || {
        let filter = SeccompFilter::new(
            [(IO_URING_SETUP, Vec::new())].into(),
            SeccompAction::Allow,
            SeccompAction::Errno(rustix::io::Errno::PERM.raw_os_error() as u32),
            std::env::consts::ARCH.try_into().expect("a known machine"),
        )
        .unwrap();
        apply_filter(&BpfProgram::try_from(filter).unwrap()).unwrap();
        text(&program(args).output().unwrap())
    })
    .join()
    .unwrap()
}

#[test]
fn forbidden_io_uring_is_named_with_what_to_do() {
    let (code, said) = without_io_uring(&[]);
    assert_eq!(code, Some(3), "{said}");
    let cause = said.contains("seccomp") || said.contains("kernel.io_uring_disabled");
    assert!(cause, "{said}");
}

#[test]
fn the_doctor_says_the_same_before_the_start() {
    let (code, said) = without_io_uring(&["doctor"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains("WRONG io_uring") && said.contains("ok    kernel"),
        "{said}"
    );

    let (code, said) = text(&program(&["doctor"]).output().unwrap());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("can run Ringside"), "{said}");
}

#[test]
fn a_wrong_setting_is_refused_with_its_name() {
    for (args, hint) in [
        (&["--max-seat-bytes", "300"][..], "--max-seat-bytes"),
        (
            &["--config", "/nowhere/ringside.toml"],
            "/nowhere/ringside.toml",
        ),
        (&["--idle-timeout", "soon"], "--idle-timeout"),
        (&["--cpus", "3-1"], "--cpus"),
    ] {
        let (code, said) = text(&program(args).output().unwrap());
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(hint), "{said}");
    }
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ringside.toml");
    std::fs::write(&path, "shards = 2\nmax-seats = 7\npipeline-bytes = 1234\n").unwrap();
    let output = program(&["config", "--shards", "4"])
        .env("RINGSIDE_CONFIG", &path)
        .env("RINGSIDE_SHARDS", "3")
        .env("RINGSIDE_MAX_SEATS", "8")
        .output()
        .unwrap();
    let (code, printed) = text(&output);
    assert_eq!(code, Some(0), "{printed}");
    for line in ["shards = 4", "max-seats = 8", "pipeline-bytes = 1234"] {
        assert!(
            printed.lines().any(|printed| printed == line),
            "{line} in {printed}"
        );
    }
    // What is printed can be used as it is.
    std::fs::write(&path, &printed).unwrap();
    let again = std::process::Command::new(env!("CARGO_BIN_EXE_ringside"))
        .args(["config", "--config"])
        .arg(&path)
        .output()
        .unwrap();
    assert_eq!(text(&again).1, printed);
}
