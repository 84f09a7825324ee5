//! Records read back from their files.

use std::{fs, io, path::Path};

use serde::Deserialize;
use thiserror::Error;

use super::{PURCHASES_SCHEMA, RunRecord, SCHEMA, SCHEMA_VERSION};

/// Why a file is no record to work with.
#[derive(Debug, Error)]
pub(crate) enum BadRecord {
    /// It cannot be read.
    #[error("cannot read {path} ({source})")]
    File { path: String, source: io::Error },
    /// It is no JSON, or not such an object.
    #[error(
        "{path} is no report of a load ({source}); make one with `ringside-bench seats --json {path}`"
    )]
    Json {
        path: String,
        source: serde_json::Error,
    },
    /// It is of another kind or version.
    #[error(
        "{path} has the schema {schema} {version}, this client reads {SCHEMA} {SCHEMA_VERSION} \
         and {PURCHASES_SCHEMA} {SCHEMA_VERSION}; \
         make it anew with this client"
    )]
    Schema {
        path: String,
        schema: String,
        version: u32,
    },
    /// It holds no run.
    #[error("{path} holds no run")]
    Empty { path: String },
}

/// What every version has.
#[derive(Deserialize)]
struct Head {
    schema: String,
    schema_version: u32,
}

impl RunRecord {
    /// Reads a record that `seats --json` wrote.
    ///
    /// # Errors
    /// If the file is not such a record, or not of this version.
    pub(crate) fn read(path: &Path) -> Result<Self, BadRecord> {
        let name = || path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| BadRecord::File {
            path: name(),
            source,
        })?;
        Self::parse(&text, &name())
    }

    fn parse(text: &str, path: &str) -> Result<Self, BadRecord> {
        let json = |source| BadRecord::Json {
            path: path.to_owned(),
            source,
        };
        let head: Head = serde_json::from_str(text).map_err(json)?;
        let is_known = [SCHEMA, PURCHASES_SCHEMA].contains(&head.schema.as_str());
        if !is_known || head.schema_version != SCHEMA_VERSION {
            return Err(BadRecord::Schema {
                path: path.to_owned(),
                schema: head.schema,
                version: head.schema_version,
            });
        }
        let record: Self = serde_json::from_str(text).map_err(json)?;
        if record.runs.is_empty() {
            return Err(BadRecord::Empty {
                path: path.to_owned(),
            });
        }
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};

    fn said(text: &str) -> String {
        RunRecord::parse(text, "a.json").unwrap_err().to_string()
    }

    #[test]
    fn what_was_written_is_read() {
        let record = sample::open_record();
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(RunRecord::parse(&text, "a.json").unwrap(), record);
    }

    #[test]
    fn what_is_no_record_is_told_with_what_to_do() {
        let missing = RunRecord::read(Path::new("/nowhere/a.json")).unwrap_err();
        assert!(missing.to_string().contains("cannot read /nowhere/a.json"));
        assert!(said("[]").contains("seats --json a.json"), "{}", said("[]"));
        assert!(said("{\"events\": 5}").contains("missing field `schema`"));
        let mut record = sample::record(&[]);
        assert!(said(&serde_json::to_string(&record).unwrap()).contains("no run"));
        record.schema_version += 1;
        let text = said(&serde_json::to_string(&record).unwrap());
        assert!(
            text.contains("ringside-bench/seats 2, this client reads"),
            "{text}"
        );
    }
}
