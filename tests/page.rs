//! The page in a browser: `web/tests` against a real server. Buyers who want
//! one seat, a basket that runs out, a queue, a purchase by keys alone, on a
//! phone, and what axe-core finds.
//!
//! Needs node, the packages of `web/tests` (`npm ci --prefix web/tests`) and
//! Chromium; `.ci/browser` gets them where it can. Without them it says so and
//! tests nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::process::Command;

use ringside::Config;

const TOKEN: &str = "a-token-for-the-page-tests";

/// Why the tests cannot run here, if they cannot.
fn missing(folder: &Path) -> Option<String> {
    match Command::new("node").arg(folder.join("ready.mjs")).output() {
        Err(error) => Some(format!("the page's tests need node: {error}")),
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

#[test]
fn people_can_buy_in_a_browser() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/tests");
    if let Some(reason) = missing(&folder) {
        eprintln!("SKIPPED, nothing was tested: {reason}");
        return;
    }
    // The stories wait for real seconds, in a browser that a busy machine may
    // hold up: one that fails is told again, and must not fail twice.
    let Err(first) = drive(&folder) else {
        return;
    };
    eprintln!("a story has failed, they are told once more: {first}");
    if let Err(told) = drive(&folder) {
        panic!("{told}");
    }
}

/// Tells all stories to a new server; what was said if one fails.
fn drive(folder: &Path) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    let token = directory.path().join("token");
    std::fs::write(&token, TOKEN).unwrap();
    let server = support::start(&Config {
        api_token_file: token.to_string_lossy().into_owned(),
        ..support::config(2)
    });
    let address = server.http_addresses()[0];
    let output = Command::new("node")
        .args(["--test", "--test-concurrency=2", "--test-reporter=spec"])
        .current_dir(folder)
        .env("BASE_URL", format!("http://{address}"))
        .env("API_TOKEN", TOKEN)
        .env_remove("NODE_TEST_CONTEXT")
        .output()
        .unwrap();
    server.stop().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let mistakes = String::from_utf8_lossy(&output.stderr);
    // That something was tested at all.
    let is_whole = told.contains("keyboard only") && told.contains("axe");
    if output.status.success() && is_whole {
        return Ok(());
    }
    Err(format!("{told}\n{mistakes}"))
}
