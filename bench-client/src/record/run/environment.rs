//! Where and by what a run was measured.

use serde::{Deserialize, Serialize};

/// Where and by what a run was measured; `null` is what the system did not tell.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Environment {
    /// When the record was begun, UTC, as RFC 3339.
    pub(crate) time: String,
    /// Name and version of the kernel.
    pub(crate) kernel: Option<String>,
    /// Processor model.
    pub(crate) cpu_model: Option<String>,
    /// Logical processors that the client may use.
    pub(crate) cores: u32,
    /// Frequency governor of the first processor; `null` where there is none.
    pub(crate) governor: Option<String>,
    /// Memory of the machine, in bytes.
    pub(crate) memory_bytes: Option<u64>,
    /// Version of this client.
    pub(crate) client_version: String,
    /// `release`, or `debug`: figures of a debug build mean nothing.
    pub(crate) build_profile: String,
    /// Commit of the client; ends in `-dirty` if the sources were changed.
    pub(crate) commit: Option<String>,
    /// Compiler of the client.
    pub(crate) rustc: Option<String>,
    /// The server's command line, if its process was named.
    pub(crate) server_command: Option<String>,
}
