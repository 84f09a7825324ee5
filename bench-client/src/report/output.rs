//! Where the report of a load goes besides the terminal.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Args, value_parser};

use super::{hgrm, hlog, page, seats};
use crate::{failure::Failure, record::run::RunRecord};

/// What `--json` takes for standard output.
const STDOUT: &str = "-";

/// Options of `seats` about its report.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Report")]
pub(crate) struct OutputArgs {
    /// Run so often, each time on new seats; with 5 or more, medians have an interval and `compare` can judge.
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u32).range(1..=50), value_name = "N")]
    pub(crate) repeat: u32,
    /// Write all figures and histograms to this file, - for standard output; docs/bench-json.md explains it.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write a self-contained HTML page with plots, `index.html`, to this directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Write the latency by percentile, in ms, as HdrHistogram plotters read it.
    #[arg(long, value_name = "FILE")]
    pub(crate) hgrm: Option<PathBuf>,
    /// Write the histogram of each second as an HdrHistogram interval log, version 2.
    #[arg(long, value_name = "FILE")]
    pub(crate) hlog: Option<PathBuf>,
}

impl OutputArgs {
    /// Finds out before the load whether what is asked for can be written.
    ///
    /// # Errors
    /// If a file cannot be opened or the directory not be made.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let files = [
            ("--json", self.json_file()),
            ("--hgrm", self.hgrm.as_deref()),
            ("--hlog", self.hlog.as_deref()),
        ];
        for (flag, path) in files {
            let Some(path) = path else { continue };
            // What the file holds stays until there is something better.
            let opened = OpenOptions::new().append(true).create(true).open(path);
            opened.map_err(|source| unwritable(flag, path, source))?;
        }
        if let Some(folder) = &self.report {
            fs::create_dir_all(folder).map_err(|source| unwritable("--report", folder, source))?;
        }
        Ok(())
    }

    /// Prints the report and writes the files. With `--json -` the text goes to
    /// `err`, so that `out` holds nothing but JSON.
    ///
    /// # Errors
    /// If something cannot be written.
    pub(crate) fn deliver(
        &self,
        record: &RunRecord,
        out: &mut dyn Write,
        err: &mut dyn Write,
    ) -> Result<(), Failure> {
        seats::print(if self.takes_stdout() { err } else { out }, record)?;
        if let Some(path) = &self.json {
            let mut text = serde_json::to_string_pretty(record).map_err(io::Error::from)?;
            text.push('\n');
            match self.json_file() {
                None => out.write_all(text.as_bytes())?,
                Some(_) => write("--json", path, &text)?,
            }
        }
        if let Some(path) = &self.hgrm {
            for (path, text) in hgrm::files(path, record)? {
                write("--hgrm", &path, &text)?;
            }
        }
        if let Some(path) = &self.hlog {
            write("--hlog", path, &hlog::text(record)?)?;
        }
        if let Some(folder) = &self.report {
            write("--report", &folder.join("index.html"), &page::html(record)?)?;
        }
        Ok(())
    }

    /// Whether standard output is for JSON alone.
    pub(crate) fn takes_stdout(&self) -> bool {
        self.json.is_some() && self.json_file().is_none()
    }

    fn json_file(&self) -> Option<&Path> {
        self.json
            .as_deref()
            .filter(|path| *path != Path::new(STDOUT))
    }
}

fn write(flag: &'static str, path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|source| unwritable(flag, path, source))
}

fn unwritable(flag: &'static str, path: &Path, source: io::Error) -> Failure {
    Failure::Output {
        flag,
        path: path.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::run::sample;

    #[test]
    fn what_cannot_be_written_is_told_before_the_load() {
        let output = OutputArgs {
            json: Some("/nowhere/at/all.json".into()),
            ..OutputArgs::default()
        };
        let said = output.check().unwrap_err().to_string();
        assert!(
            said.contains("/nowhere/at/all.json") && said.contains("--json"),
            "{said}"
        );
    }

    #[test]
    fn json_on_standard_output_stands_alone() {
        let output = OutputArgs {
            json: Some(STDOUT.into()),
            ..OutputArgs::default()
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let record = sample::record(&[100.0]);
        output.check().unwrap();
        output.deliver(&record, &mut out, &mut err).unwrap();
        let read: RunRecord = serde_json::from_slice(&out).unwrap();
        assert_eq!(read, record);
        assert!(String::from_utf8(err).unwrap().starts_with("closed loop"));
    }
}
