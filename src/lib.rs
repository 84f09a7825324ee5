//! Ringside.
pub mod boot;
pub mod cli;
pub mod clock;
pub mod config;
pub mod host;
pub mod inventory;
pub mod limits;
pub mod logging;
pub mod mesh;
pub mod net;
pub mod route;
pub mod shard;
pub mod wire;

pub use boot::Server;
pub use config::Config;
